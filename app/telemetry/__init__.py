"""What operators see of a running process: logs and metrics, with nothing of any person in them."""
