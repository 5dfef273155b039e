"""Snapshots of datasets: how their cases are listed, and how two of them differ."""
