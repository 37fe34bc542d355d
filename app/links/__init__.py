"""Links between cases that belong together."""
