"""Consent by purpose: what a person agreed to, and when they ended it."""
