"""Journeys to safety: plans, their legs, and the escorts of legs."""
