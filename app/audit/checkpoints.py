"""Under which name the log is signed, and the line by which others verify it."""

from __future__ import annotations

from app.crypto.notes import Verifier

LOG_ORIGIN = "padauk.invalid/log"


def log_verifier(public: bytes) -> Verifier:
    """Return the verifier of this log's checkpoints; its ``vkey`` is what other tools read."""
    return Verifier(LOG_ORIGIN, public)
