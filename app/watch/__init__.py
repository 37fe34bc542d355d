"""The watch over legs on the road: check-ins, escalation of silence, the coordinators' list."""
