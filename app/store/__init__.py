"""Base classes, sealed columns, engines, the keystore. Knows no keys' owners."""
