"""Backups that are proved before they are sealed, and restoring from them."""
