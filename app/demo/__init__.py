"""A fictional organisation in the middle of its work, built by calling the services.

Nothing here writes a row by itself. Every name, number and place is invented.
"""
