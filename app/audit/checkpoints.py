"""The name that the log is signed under, and the verifier of its notes."""

from __future__ import annotations

from app.crypto.notes import Verifier

LOG_ORIGIN = "padauk.invalid/log"


def log_verifier(public: bytes) -> Verifier:
    """Return the verifier of this log's checkpoints; its ``vkey`` is what other tools read."""
    return Verifier(LOG_ORIGIN, public)
