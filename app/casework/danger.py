"""Whether those who belong to a case are in danger. That they are is shown, never why.

- Family and fellow travellers are linked cases, or cases that travel on one journey. A link that
  ended and a journey that was left show nothing more.
- Danger is a duress word on a journey, until a planner says that it is over, or somebody missing.
- A duress word is kept for this beside the plan under the directory key, because who reads one case
  holds no key to the other. It is written at every check-in, whatever was said.

Knows links, plans and levels of silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    or_,
    select,
    union_all,
)

from app.casework.journeys import is_heard_still
from app.links.models import CaseLink, LinkKind
from app.relocation.models import Danger, Leg, LegStatus, Plan, PlanStatus, Traveller
from app.store.kept_statements import KeptStatement, connection_of
from app.watch.models import EscalationLevel, LegEscalation, Word
from app.work import Work

SHARING_DANGER = frozenset({LinkKind.FAMILY, LinkKind.FELLOW_TRAVELLERS})
"""The kinds of links over which danger is shown."""


def _rows_of(table: FromClause, *conditions: ColumnElement[bool]) -> Select[UUID]:
    case_id: BindParameter[UUID] = bindparam("case_id")
    either = or_(table.c.case_id == case_id, table.c.other_id == case_id)
    return select(table.c.id).where(either, *conditions)


# Each read of a case asks: most are alone, and for them no row is loaded, no statement compiled.
_LINKS, _TRAVELLERS = CaseLink.__table__, Traveller.__table__
_TOGETHER = KeptStatement(
    union_all(
        _rows_of(_LINKS, _LINKS.c.kind.in_(SHARING_DANGER), _LINKS.c.ended_on.is_(None)),
        _rows_of(_TRAVELLERS, _TRAVELLERS.c.left_on.is_(None)),
    )
)


def note_danger(work: Work, plan: Plan, said: Word) -> None:
    """Keep whether a duress word was said on a journey; once it was, it stays."""
    duress = _is_under_duress(work, plan) or said is Word.DURESS
    work.vault.seal(plan.danger, Danger(Word.DURESS if duress else Word.SAFE))


def end_danger(work: Work, plan: Plan) -> bool:
    """Note that the danger on a journey is over; returns whether there was one."""
    if not _is_under_duress(work, plan):
        return False
    work.vault.seal(plan.danger, Danger(Word.SAFE))
    return True


def others_in_danger(work: Work, case_id: UUID) -> bool:
    """Return whether family or fellow travellers of a case are in danger."""
    asked = {"case_id": case_id}
    found = _TOGETHER.rows(connection_of(work.session), asked)
    if not found:
        return False
    together = [UUID(str(id_)) for (id_,) in found]
    plans = _list_plans(work, case_id, together)
    heard = [plan for plan in plans if is_heard_still(plan, work.today())]
    return any(_is_under_duress(work, plan) for plan in heard) or _is_any_missing(work, heard)


def _list_plans(work: Work, case_id: UUID, together: Sequence[UUID]) -> Sequence[Plan]:
    """Return the journeys of who belongs to a case, and those on which it is not alone."""
    links = work.session.scalars(select(CaseLink).where(CaseLink.id.in_(together))).all()
    others = {id_ for link in links for id_ in (link.case_id, link.other_id)} - {case_id}
    travelling = select(Traveller).where(
        or_(Traveller.id.in_(together), Traveller.case_id.in_(others)),
        Traveller.left_on.is_(None),
    )
    shared = {row.plan_id for row in work.session.scalars(travelling)}
    return work.session.scalars(
        select(Plan).where(or_(Plan.case_id.in_(others), Plan.id.in_(shared)))
    ).all()


def _is_under_duress(work: Work, plan: Plan) -> bool:
    return plan.danger.envelope is not None and work.vault.open(plan.danger).word is Word.DURESS


def _is_any_missing(work: Work, plans: list[Plan]) -> bool:
    ids = [plan.id for plan in plans if plan.status is PlanStatus.OPEN]
    legs = work.session.scalars(select(Leg).where(Leg.plan_id.in_(ids))).all()
    if any(leg.status is LegStatus.MISSED for leg in legs):
        return True
    silences = {leg.id: leg.silence for leg in legs if leg.expected_at is not None}
    top = select(LegEscalation).where(
        LegEscalation.leg_id.in_(silences), LegEscalation.level == EscalationLevel.MISSING
    )
    return any(row.silence == silences[row.leg_id] for row in work.session.scalars(top))
