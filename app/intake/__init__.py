"""Intake: logging a first contact, likely duplicates, and the decision of triage."""
