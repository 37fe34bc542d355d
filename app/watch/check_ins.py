"""Check-ins: the safe word, the duress word, or no answer.

- The words are those of the journey; both are always compared, by ear and not by spelling.
- The response to a duress word is the response to a safe word: the same rows of the same sizes are
  written, the same columns change, the same event is recorded, the same bytes are returned.
- The word is sealed under the leg's scope, for planners; each check-in also writes an alert for
  the leads, which nearly always says nothing.
- An unknown word is refused and counted; after several, each try waits a minute.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from app.alerts.models import AlertKind
from app.audit.events import EventKind
from app.crypto.derive import equal
from app.relocation.errors import LegOver
from app.relocation.legs import lock_leg
from app.relocation.models import JourneyWords, Leg, LegRecord, Plan
from app.relocation.moves import UNRESOLVED
from app.relocation.timer import heard_at, record_contact
from app.text.spoken import sounds
from app.watch.errors import UnknownWord, WordsTooFast
from app.watch.escalation import raise_leg_alert
from app.watch.models import CheckIn, CheckInRecord, Word
from app.work import Work, begin_work, unit_of_work

FREE_TRIES = 5
WAIT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CheckInReceipt:
    """What the member who checked in gets to know: that it was recorded."""

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
) -> CheckInReceipt:
    """Record a check-in on a leg; ``word`` None means that there was no answer.

    ``at`` is when it was, if not now; a time that is still to come says only what the sender's
    clock said, and is kept beside the time of arrival. A word is a contact, no answer is none.
    Raises ``LegNotFound``, ``LegOver``, ``HappenedOutOfRange`` for old news, ``UnknownWord`` for a
    word that was not agreed, which is counted, ``WordsTooFast`` after several of them.
    """
    leg = lock_leg(work, leg_id)
    if leg.status not in UNRESOLVED:
        raise LegOver
    moment = heard_at(work, at)
    record = work.vault.open(leg.record)
    said = _recognise(work, leg, record, word)
    check_in = CheckIn(case_id=leg.case_id, leg_id=leg.id, made_on=work.today())
    ahead = at if at is not None and at > work.now() else None
    found = CheckInRecord(said, moment, work.principal.id, note, said_at=ahead)
    work.vault.seal(check_in.record, found)
    work.session.add(check_in)
    duress = said is Word.DURESS
    raise_leg_alert(work, leg, AlertKind.DURESS_AT_CHECK_IN if duress else AlertKind.NOTHING)
    work.vault.seal(leg.record, _recorded(record, said, moment))
    if said is not Word.NO_ANSWER:
        record_contact(leg, moment, work.deployment.time_span())
    work.trail.record(EventKind.LEG_CHECKED_IN, leg.case_id, leg=str(leg.id))
    return CheckInReceipt(check_in.id, leg.id, leg.expected_at)


def find_word(words: JourneyWords, said: str) -> Word | None:
    """Return which word of a journey was said, or None; both are compared in any case."""
    heard = sounds(said)
    safe, duress = _matches(heard, words.safe), _matches(heard, words.duress)
    if duress:
        return Word.DURESS
    return Word.SAFE if safe else None


def _matches(heard: frozenset[str], word: str) -> bool:
    agreed = sounds(word)
    # A sum looks at every pair; any() would stop at the first that matches.
    return sum(equal(one.encode(), other.encode()) for one in heard for other in agreed) > 0


def _recognise(work: Work, leg: Leg, record: LegRecord, word: str | None) -> Word:
    if word is None:
        return Word.NO_ANSWER
    if record.unknown_words >= FREE_TRIES and _tried_lately(record, work.now()):
        raise WordsTooFast(retry_after=int(WAIT.total_seconds()))
    words = work.vault.open(work.session.get_one(Plan, leg.plan_id).words)
    said = find_word(words, word)
    if said is None:
        _count_unknown(work, leg.id)
        raise UnknownWord("word")
    return said


def _tried_lately(record: LegRecord, now: datetime) -> bool:
    return record.unknown_at is not None and now - record.unknown_at < WAIT


def _recorded(record: LegRecord, said: Word, moment: datetime) -> LegRecord:
    """Return the record with this word in it; ``duress`` once set stays set."""
    if said is Word.NO_ANSWER:
        return record
    contact = moment if record.last_contact_at is None else max(record.last_contact_at, moment)
    duress = Word.DURESS if said is Word.DURESS else record.duress
    return replace(record, last_contact_at=contact, duress=duress)


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
