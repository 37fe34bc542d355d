"""Accounts: members, teams, and the credentials that hold their keys."""
