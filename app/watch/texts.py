"""Texts that come with other acts on a journey: a duress word in one of them alarms.

- Every text of a change about a case or a journey is heard: a reason, a note, a field of the
  record, a payee. Who hears the journey may have been made to write there, or may write there what
  they were told; a person who is forced does not choose the field.
- It is heard whether the act was done or refused, after the response was rendered, and changes
  nothing of it.
- The same rows of the same sizes are written, whatever the text says. The text itself stays where
  it was written.
- A safe word in such a text is no contact: what ends a silence is a check-in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.casework.danger import note_danger
from app.casework.journeys import hears, list_heard_plans
from app.relocation.models import Leg, Plan
from app.relocation.words import recognise
from app.store.base import CaseRecord
from app.text.dates import minute_of
from app.watch.check_ins import find_place
from app.watch.escalation import alert_of, raise_leg_alert
from app.watch.models import CheckIn, CheckInRecord, Word
from app.work import Work


def judge_texts(
    rows: Mapping[str, type[CaseRecord]],
    work: Work,
    about: Mapping[str, UUID],
    texts: Sequence[str],
) -> None:
    """Let a duress word in texts alarm, on the journey that they are about.

    ``about``: the ids of an address by name; ``rows``: which rows of cases these name. Does nothing
    where there is no such journey, or where the principal does not hear it.
    """
    leg = work.session.get(Leg, about["leg_id"]) if "leg_id" in about else None
    plans = _list_plans(work, rows, about)
    if not plans:
        return
    duress = recognise(work, plans, *texts) is Word.DURESS
    plan, place = find_place(work, plans, leg)
    check_in = CheckIn(
        case_id=place.case_id, plan_id=plan.id, leg_id=place.id, made_on=work.today()
    )
    record = CheckInRecord(
        Word.DURESS if duress else Word.TOLD, minute_of(work.now()), work.principal.id
    )
    work.vault.seal(check_in.record, record)
    work.session.add(check_in)
    note_danger(work, plan, record.word)
    raise_leg_alert(work, place, alert_of(record.word))


def _list_plans(
    work: Work, rows: Mapping[str, type[CaseRecord]], about: Mapping[str, UUID]
) -> list[Plan]:
    """Return the journeys on which a text is heard, that which it is about first."""
    if "case_id" in about:
        return list_heard_plans(work, about["case_id"])
    named = [(kind, about[name]) for name, kind in rows.items() if name in about]
    row = work.session.get(*named[0]) if named else None
    if row is None:
        return []
    if not isinstance(row, Leg | Plan):
        return list_heard_plans(work, row.case_id)
    plan = row if isinstance(row, Plan) else work.session.get_one(Plan, row.plan_id)
    if not hears(work, plan):
        return []
    return [plan, *(other for other in list_heard_plans(work, plan.case_id) if other.id != plan.id)]
