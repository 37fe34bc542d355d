"""What the worker does for relocation: notices silence, and forgets old alerts. Holds no key."""

from __future__ import annotations

from app.relocation.ladder import climb_due
from app.relocation.watch import forget_alerts
from app.work import Work

__all__ = ["climb_ladder", "forget_alerts"]


def climb_ladder(work: Work) -> int:
    """Let silent legs climb; returns how many rungs were reached. To be run every minute."""
    return climb_due(work)
