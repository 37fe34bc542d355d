"""Joining: invitations, how a newcomer comes in by one, and how leads certify them."""
