"""Large contents in runs.db: the cases of runs and of snapshots."""
