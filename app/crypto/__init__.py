"""Every use of cryptography: bytes in, bytes out. No other package imports the primitives.

Knows algorithms, formats and their limits. Knows no table, no request, no person and no case:
the caller says in an address or in ``info`` what a value is bound to. Every failure is a
``app.crypto.errors.CryptoError``; nothing of the libraries underneath is let through.
"""
