"""Tables of cases, pairs and names: rows, columns, filters, copying."""
