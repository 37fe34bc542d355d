"""What domains share about a case: moves, readiness, clearance, held cases, likely duplicates."""
