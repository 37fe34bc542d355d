"""Asking how things are, and hearing one of two words, or nothing.

The duress word is answered exactly as the safe word is: the same rows of the same sizes are
written, the same columns move, the same event is recorded and the same bytes go back. What was
said stands sealed under the leg's scope for those who plan, and in an alert for the leads that is
left at every check-in and nearly always says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from app.alerts.models import AlertKind
from app.audit.events import EventKind
from app.relocation.errors import HappenedOutOfRange, LegOver, UnknownWord, WordsTooFast
from app.relocation.holding import lock_leg
from app.relocation.models import Leg, LegRecord
from app.relocation.states import UNRESOLVED
from app.relocation.words import find_word
from app.text.dates import minute_of
from app.watch.escalation import hear, raise_leg_alert
from app.watch.models import CheckIn, CheckInRecord, Word
from app.work import Work, begin_work, unit_of_work

FREE_TRIES = 5
WAIT = timedelta(minutes=1)
OLDEST_NEWS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the one who checked in gets to know: that it was taken down."""

    id: UUID
    leg_id: UUID
    expected_at: datetime | None


def check_in(
    work: Work,
    leg_id: UUID,
    word: str | None,
    *,
    note: str | None = None,
    at: datetime | None = None,
) -> Heard:
    """Take down what was answered on a leg; ``word`` None says that nobody answered.

    ``at`` is when it was, where that is not now. A word ends the leg's silence, no answer does
    not. Raises ``LegNotFound``, ``LegOver``, ``HappenedOutOfRange``, ``UnknownWord`` for a word
    that was not agreed, which is counted, ``WordsTooFast`` after several of them.
    """
    leg = lock_leg(work, leg_id)
    if leg.status not in UNRESOLVED:
        raise LegOver
    moment = happened_at(work, at)
    record = work.vault.open(leg.record)
    said = _recognise(work, leg, record, word)
    check_in = CheckIn(case_id=leg.case_id, leg_id=leg.id, made_on=work.today())
    work.vault.seal(check_in.saying, CheckInRecord(said, moment, work.principal.id, note))
    work.session.add(check_in)
    duress = said is Word.DURESS
    raise_leg_alert(work, leg, AlertKind.DURESS_AT_CHECK_IN if duress else AlertKind.NOTHING)
    work.vault.seal(leg.record, _recorded(record, said, moment))
    if said is not Word.NO_ANSWER:
        hear(leg, moment, work.now())
    work.trail.record(EventKind.LEG_CHECKED_IN, leg.case_id, leg=str(leg.id))
    return Heard(check_in.id, leg.id, leg.expected_at)


def happened_at(work: Work, at: datetime | None) -> datetime:
    """Return the minute in which something happened: now unless told, as news travels slowly.

    Raises ``HappenedOutOfRange`` for what lies ahead, or more than thirty days back.
    """
    moment = minute_of(at or work.now())
    if not work.now() - OLDEST_NEWS < moment <= work.now():
        raise HappenedOutOfRange("at")
    return moment


def _recognise(work: Work, leg: Leg, record: LegRecord, word: str | None) -> Word:
    if word is None:
        return Word.NO_ANSWER
    if record.unknown_words >= FREE_TRIES and _tried_lately(record, work.now()):
        raise WordsTooFast(retry_after=int(WAIT.total_seconds()))
    said = find_word(work.vault.open(leg.plan), word)
    if said is None:
        _count_unknown(work, leg.id)
        raise UnknownWord("word")
    return said


def _tried_lately(record: LegRecord, now: datetime) -> bool:
    return record.unknown_at is not None and now - record.unknown_at < WAIT


def _recorded(record: LegRecord, said: Word, moment: datetime) -> LegRecord:
    """Return the record with this word in it: duress, once heard, stays."""
    if said is Word.NO_ANSWER:
        return record
    heard = moment if record.heard_at is None else max(record.heard_at, moment)
    duress = Word.DURESS if said is Word.DURESS else record.duress
    return replace(record, heard_at=heard, duress=duress)


def _count_unknown(work: Work, leg_id: UUID) -> None:
    """Count an unknown word in a unit of its own, because the refusal undoes the present one."""
    work.session.close()
    with work.deployment.sessions() as session:
        own = begin_work(session, work.deployment, work.principal, work.keyring.secrets)
        with unit_of_work(own):
            leg = lock_leg(own, leg_id)
            record = own.vault.open(leg.record)
            counted = replace(record, unknown_words=record.unknown_words + 1, unknown_at=own.now())
            own.vault.seal(leg.record, counted)
            own.trail.record(EventKind.LEG_WORD_UNKNOWN, leg.case_id, leg=str(leg.id))
