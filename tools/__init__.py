"""Commands for those who build Padauk. Nothing here is imported by the program."""
