"""Founding an organisation: its root, teams, first leads, and the keys of the whole."""
