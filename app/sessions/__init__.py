"""Signing in, sessions, step-up, passphrases, and the delay after failed attempts."""
