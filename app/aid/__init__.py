"""Aid: what is asked for, approved, paid and confirmed, over a ledger that balances."""
