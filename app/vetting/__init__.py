"""Vetting: two vetters check who a person is, decide separately, and clear a case for a time."""
