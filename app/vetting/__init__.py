"""Is a person who they say: two vetters check, decide apart, and clear a case for a time."""
