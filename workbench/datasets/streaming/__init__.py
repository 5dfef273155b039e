"""Large datasets, read block by block: what is kept of each case is a digest, on disk."""
