"""Few cases are active while one lead has the only share of custody.

Who loses that lead loses every case that nobody else holds; who has that lead has all of them. So
no case more than ten becomes active until a second lead has joined. Intakes are taken all the same.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from app.cases.models import Case, CaseStatus
from app.casework.errors import CustodyOfOne
from app.work import Work

MOST_ACTIVE: Final = 10


def require_room_to_activate(work: Work) -> None:
    """Raise ``CustodyOfOne`` where one lead has custody alone and ten cases are active."""
    if not work.custody.is_of_one():
        return
    active = select(Case.id).where(Case.status == CaseStatus.ACTIVE).limit(MOST_ACTIVE)
    if len(work.session.scalars(active).all()) >= MOST_ACTIVE:
        raise CustodyOfOne
