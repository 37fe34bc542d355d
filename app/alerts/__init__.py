"""Alerts for the leads: one sealed row per sign-in and check-in, nearly always of no kind."""
