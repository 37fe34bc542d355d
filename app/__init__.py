"""Padauk: secure case management. The packages are the rooms; docs/ has the map."""
