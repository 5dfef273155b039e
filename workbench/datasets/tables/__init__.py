"""Readers of binary tables: Parquet and XLSX. Their packages are extras, imported on first use."""
