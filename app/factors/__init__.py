"""Second factors: codes of an authenticator, and recovery codes."""
