"""Looking again at somebody whom vetters refused: two people, at half of the time they are kept.

- Who looks coordinates the case, or is a lead; nobody looks twice.
- Two who both think that it is needed no more let it go with the next pass. One who thinks that it
  is needed keeps it to its last day.

Knows plain rows; opens nothing.
"""

from __future__ import annotations

from uuid import UUID

from app.audit.events import EventKind
from app.cases import service as cases
from app.cases.errors import CaseNotFound
from app.cases.models import Case
from app.permissions import Role
from app.retention.due import read_facts, read_looks
from app.retention.errors import LookedAlready, NothingToLookAt
from app.retention.models import RetentionLook
from app.retention.schedule import TriggerEvent
from app.work import Work


def look_again(
    work: Work, case_id: UUID, *, needed: bool, proposed: UUID | None = None
) -> RetentionLook:
    """Note whether a refused person must still be known.

    Raises ``CaseNotFound``, ``NothingToLookAt``, ``LookedAlready``, ``IdTaken``.
    """
    case = _get_case(work, case_id)
    facts = read_facts(work, [case]).get(case.id)
    if facts is None or TriggerEvent.REFUSED not in facts.days:
        raise NothingToLookAt
    if work.principal.id in {look.looked_by for look in read_looks(work, [case.id])}:
        raise LookedAlready
    look = RetentionLook(
        id=work.id_for(RetentionLook, proposed, case_id=case.id),
        case_id=case.id,
        looked_by=work.principal.id,
        looked_on=work.today(),
        needed=needed,
    )
    work.session.add(look)
    work.trail.record(EventKind.CASE_LOOKED_AT, case.id, needed=needed)
    work.session.flush()
    return look


def _get_case(work: Work, case_id: UUID) -> Case:
    if not work.acts_as(Role.LEAD):
        return cases.get_case(work, case_id)
    case = work.session.get(Case, case_id)
    if case is None:
        raise CaseNotFound
    return case
