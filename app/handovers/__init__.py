"""Handing over a member's running work in one call, and seeing which cases nobody holds."""
