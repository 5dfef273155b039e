"""Whether the records hold: the ledger's chain, every pass derived again, signatures, history."""
