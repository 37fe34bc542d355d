"""Founding an organisation: its root, first leads, teams, and the keys it has as a whole."""
