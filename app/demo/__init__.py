"""A fictional organisation in the middle of its work, played through the services of real ones.

Nothing here writes a row by itself. Every name, number and place is invented.
"""
