"""Emergencies: letting work on a case begin before vetting has ended."""
