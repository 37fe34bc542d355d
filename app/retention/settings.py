"""The days of the schedule that leads chose: versions, proposed by one and agreed to by another.

- A version counts once a second lead agrees; where there is one lead, at once, and reports say so.
- No rule gets more days than its ``most``, nor fewer than none.

Knows rows of settings; reads no case.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.retention.models import RetentionSettings


def find_settings(session: Session) -> RetentionSettings | None:
    """Return the newest version that counts, None where the defaults do."""
    return session.scalars(
        select(RetentionSettings)
        .where(RetentionSettings.agreed_on.is_not(None))
        .order_by(RetentionSettings.number.desc())
        .limit(1)
    ).first()


def chosen_days(session: Session) -> Mapping[str, int]:
    """Return the days that leads chose, by rule; the defaults count for what is not in it."""
    found = find_settings(session)
    return {} if found is None else found.days
