"""Cases: what is known of a person, who works on it, and which state it is in."""
