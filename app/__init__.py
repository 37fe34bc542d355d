"""Padauk: secure case management. One package a noun; docs/developing.md is the map."""
