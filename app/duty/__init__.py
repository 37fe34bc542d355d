"""The watch of a team: which coordinator is on duty, takes alarms first and may act alone."""
