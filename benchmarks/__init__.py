"""What sealing costs: three sides of the same application, timed side by side in one run."""
