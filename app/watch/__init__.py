"""Watching legs on the road: check-ins, escalation of silence, what coordinators and leads see."""
