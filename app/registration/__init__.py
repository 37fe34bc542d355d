"""Registration codes: requested, issued, handed over, redeemed once, or revoked."""
