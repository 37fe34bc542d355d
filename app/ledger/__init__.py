"""The double-entry ledger: funds, and entries whose postings sum to zero."""
