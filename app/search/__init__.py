"""Searching for a person among the cases that the principal holds, counted and capped per day."""
