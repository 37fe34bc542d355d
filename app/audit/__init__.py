"""The audit log: what was done and read, written in the same transaction, verifiable later."""
