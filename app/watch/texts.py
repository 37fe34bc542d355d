"""Texts that come with other acts on a journey: a duress word in one of them alarms.

- The reason of a move, the note of an acknowledgement, a note on a case: who hears the journey
  may have been made to write there, or may write there what they were told.
- It is heard whether the act was done or refused, after the response was rendered, and changes
  nothing of it.
- The same rows of the same sizes are written, whatever the text says. The text itself stays where
  it was written.
- A safe word in such a text is no contact: what ends a silence is a check-in.
"""

from __future__ import annotations

from uuid import UUID

from app.alerts.models import AlertKind
from app.casework.danger import note_danger
from app.casework.journeys import JourneyId, hears
from app.relocation.models import Leg, Plan
from app.relocation.words import recognise
from app.text.dates import minute_of
from app.watch.check_ins import find_place, list_heard
from app.watch.escalation import raise_leg_alert
from app.watch.models import CheckIn, CheckInRecord, Word
from app.work import Work


def judge_text(work: Work, about: JourneyId, id_: UUID, text: str) -> None:
    """Let a duress word in a text alarm, on the journey of a leg, a plan or a case.

    Does nothing where there is no such journey, or where the principal does not hear it.
    """
    leg = work.session.get(Leg, id_) if about == "leg_id" else None
    plans = _list_plans(work, about, id_, leg)
    if not plans:
        return
    duress = recognise(work, plans, text) is Word.DURESS
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
    raise_leg_alert(work, place, AlertKind.DURESS_AT_CHECK_IN if duress else AlertKind.NOTHING)


def _list_plans(work: Work, about: JourneyId, id_: UUID, leg: Leg | None) -> list[Plan]:
    """Return the journeys on which a text is heard, that which it is about first."""
    if about == "case_id":
        return list_heard(work, id_)
    plan = work.session.get(Plan, id_ if leg is None else leg.plan_id)
    if plan is None or not hears(work, plan):
        return []
    return [plan, *(other for other in list_heard(work, plan.case_id) if other.id != plan.id)]
