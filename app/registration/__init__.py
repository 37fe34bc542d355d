"""Registration codes: asked for, issued, handed over, redeemed once, or taken back."""
