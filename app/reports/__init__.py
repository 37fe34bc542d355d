"""Reports that identify nobody: redacted counts, openings, the ledger; and the log's state."""
