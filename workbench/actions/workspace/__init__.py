"""Create and maintain a workspace: init, doctor, suites, probes, forgetting."""
