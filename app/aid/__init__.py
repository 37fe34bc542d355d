"""Aid: requests, approvals, payments and confirmations."""
