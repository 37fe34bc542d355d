"""A person's copy of what is known of them."""
