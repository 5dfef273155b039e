"""What a prompt was asked, from logs: rows, and the spans of traces."""
