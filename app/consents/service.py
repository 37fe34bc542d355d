"""Consent by purpose: taken down, ended at any time, and what ends with it.

- Each purpose is agreed to by itself. Sharing names with whom, and stands once for each.
- A consent ends on the day that the person says so, which may be past. It stays on record until
  its case goes.
- What rests on each purpose is ``RESTS_ON``, total over purposes. A wall fails for one without.

Knows cells and rows; figures, readiness and the retention schedule read the rows themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.cases.models import Case
from app.cases.service import get_case
from app.consents.errors import ConsentNotFound, ConsentOver, ConsentStands, PartnerMissing
from app.consents.models import Consent, ConsentSaid, Purpose
from app.permissions import Compartment
from app.store.queries import in_order
from app.text.folding import fold
from app.totality import require_rows
from app.vault.scopes import Scope
from app.work import Work

RESTS_ON: Final[Mapping[Purpose, str]] = MappingProxyType(
    {
        Purpose.CASEWORK: "the case itself: no journey, code or aid is begun for it, and its"
        " coordinators are told to close it and to take down the wish to be erased",
        Purpose.SHARING: "nothing yet: this program sends nothing to anybody outside",
        Purpose.RESEARCH: "the figures: the case is left out of every one that is made from now on",
        Purpose.FOLLOW_UP: "phones and handles: they go within three days once the case has ended",
        Purpose.PUBLICITY: "nothing yet: this program keeps nothing to be shown",
    }
)
"""What ends with the consent to each purpose."""
require_rows("RESTS_ON", list(RESTS_ON), Purpose, file="app/consents/service.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDraft:
    """A consent to be recorded. ``on``: the day on which it was said, if not today."""

    purpose: Purpose
    how: str | None = None
    with_whom: str | None = None
    on: date | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ConsentDetails:
    """A consent, opened as far as the reader's keys open it; ``shut``: it should and does not."""

    consent: Consent
    said: ConsentSaid | None
    shut: bool


def give_consent(work: Work, case_id: UUID, given: ConsentDraft) -> Consent:
    """Take down that a person agrees to a purpose.

    Raises ``CaseNotFound``, ``PartnerMissing``, ``ConsentStands``, ``DayNotPossible``, ``IdTaken``,
    ``NoGrant``.
    """
    case = get_case(work, case_id)
    standing = [(row.purpose, work.vault.find(row.said)) for row in _standing(work, case.id)]
    for purpose, said in standing:
        with_whom = None if said is None else said.with_whom
        if purpose is given.purpose and fold(with_whom or "") == fold(given.with_whom or ""):
            raise ConsentStands
    return take_down(work, case, given)


def take_down(work: Work, case: Case, given: ConsentDraft) -> Consent:
    """Add a consent to a case that has none like it, as when it is opened.

    Raises ``PartnerMissing``, ``DayNotPossible``, ``IdTaken``, ``NoGrant``.
    """
    if (given.purpose is Purpose.SHARING) is (given.with_whom is None):
        raise PartnerMissing("with_whom")
    consent = Consent(
        id=work.id_for(Consent, given.id, case_id=case.id),
        case_id=case.id,
        purpose=given.purpose,
        given_on=work.day_said(given.on),
        taken_by=work.principal.id,
    )
    work.vault.seal(consent.said, ConsentSaid(given.how, given.with_whom))
    work.session.add(consent)
    work.trail.record(
        EventKind.CONSENT_GIVEN, case.id, purpose=given.purpose.value, consent=str(consent.id)
    )
    return consent


def withdraw_consent(
    work: Work, case_id: UUID, consent_id: UUID, on: date | None = None
) -> Consent:
    """Take down that a person ended a consent; what rests on it ends.

    Raises ``CaseNotFound``, ``ConsentNotFound``, ``ConsentOver``, ``DayNotPossible``.
    """
    case = get_case(work, case_id)
    consent = work.session.get(Consent, consent_id)
    if consent is None or consent.case_id != case.id:
        raise ConsentNotFound
    if consent.withdrawn_on is not None:
        raise ConsentOver
    _end(work, consent, work.day_said(on))
    if consent.purpose is Purpose.CASEWORK:
        raise_alert(work, AlertKind.CASEWORK_ENDED, team_id=case.team_id, case_id=case.id)
    return consent


def join_consents(work: Work, case: Case, into: Case) -> None:
    """Let a survivor have the consents of a case that is merged into it, by the narrower.

    - Where one of the two was asked for none, what the other's person said holds.
    - A purpose to which one agreed and the other not is on record as ended, but for casework: who
      came twice for help wants it.
    - Where one ended what the other agreed to, the later word holds; of one day, the ending.
    """
    theirs, ours = _last_words(work, case.id), _last_words(work, into.id)
    if not theirs:
        return
    for key, other in theirs.items():
        mine = ours.get(key)
        if mine is None or (other.withdrawn_on is None and _is_later(other, mine)):
            made = _copied(work, other, into)
            if mine is None and ours:
                _end_narrower(work, made)
        elif other.withdrawn_on is not None and _is_later(other, mine):
            _end(work, mine, other.withdrawn_on)
    for key in ours.keys() - theirs.keys():
        _end_narrower(work, ours[key])


def list_consents(work: Work, case_id: UUID) -> list[ConsentDetails]:
    """Return every consent of a case, oldest first: what was said is for who holds the account.

    Raises ``CaseNotFound``.
    """
    case = get_case(work, case_id)
    query = select(Consent).where(Consent.case_id == case.id)
    rows = work.session.scalars(in_order(query, Consent.given_on)).all()
    mine = work.grants.is_named(case.id, Scope(Compartment.ACCOUNT))
    readable = [row for row in rows if mine and row.said.envelope is not None]
    opened = work.vault.open_listed([row.said for row in readable])
    said = {row.id: found for row, found in zip(readable, opened, strict=True)}
    return [
        ConsentDetails(row, said.get(row.id), shut=row.id in said and said[row.id] is None)
        for row in rows
    ]


def _standing(work: Work, case_id: UUID) -> Sequence[Consent]:
    return work.session.scalars(
        select(Consent).where(Consent.case_id == case_id, Consent.withdrawn_on.is_(None))
    ).all()


def _last_words(work: Work, case_id: UUID) -> dict[tuple[str, str], Consent]:
    """Return the last consent to each purpose, and of sharing with each partner."""
    rows = work.session.scalars(select(Consent).where(Consent.case_id == case_id)).all()
    found = {}
    for row in sorted(rows, key=lambda row: row.withdrawn_on or date.max):
        said = work.vault.find(row.said)
        found[row.purpose.value, fold((said and said.with_whom) or "")] = row
    return found


def _is_later(other: Consent, mine: Consent) -> bool:
    """Return whether one of two consents ended what the other gave, or gave it again later."""
    if other.withdrawn_on is None:
        return mine.withdrawn_on is not None and other.given_on > mine.withdrawn_on
    return mine.withdrawn_on is None and other.withdrawn_on >= mine.given_on


def _end_narrower(work: Work, consent: Consent) -> None:
    if consent.withdrawn_on is None and consent.purpose is not Purpose.CASEWORK:
        _end(work, consent, work.today())


def _copied(work: Work, consent: Consent, into: Case) -> Consent:
    names = ("purpose", "given_on", "taken_by", "withdrawn_on", "withdrawn_by")
    copy = Consent(case_id=into.id, **{name: getattr(consent, name) for name in names})
    said = work.vault.find(consent.said)
    if said is not None:
        work.vault.seal(copy.said, said)
    work.session.add(copy)
    work.trail.record(
        EventKind.CONSENT_GIVEN, into.id, purpose=copy.purpose.value, consent=str(copy.id)
    )
    return copy


def _end(work: Work, consent: Consent, day: date) -> None:
    consent.withdrawn_on, consent.withdrawn_by = day, work.principal.id
    work.trail.record(
        EventKind.CONSENT_WITHDRAWN,
        consent.case_id,
        purpose=consent.purpose.value,
        consent=str(consent.id),
    )
