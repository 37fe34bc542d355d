"""What was done and what was read: written in the transaction that did it, verifiable later."""
