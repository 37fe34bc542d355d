"""What may be told of the work without telling of anyone: redacted reports, and the log's state."""
