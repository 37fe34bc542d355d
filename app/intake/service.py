"""Cases: opening, finding, reading and changing them. What other domains call stands here.

Knows cells and grants, no HTTP. A case is there only for who holds a live grant on it; for
everyone else it is not found, whether it exists or not.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from app.accounts.service import list_members
from app.crypto.passwords import random_words
from app.intake.drafts import CaseChange, CaseDraft, count_people
from app.intake.errors import CaseExists, CaseNotFound, MemberUncertified
from app.intake.listing import CaseRow, held, holder_of, list_cases, list_summaries, walks
from app.intake.models import (
    CASE_COMPARTMENTS,
    Account,
    Case,
    CaseNote,
    CaseStatus,
    Contact,
    Identity,
    Reporting,
    Summary,
    Words,
)
from app.intake.moves import MOVES, move_case
from app.intake.search import forget_index
from app.intake.text import clean_account, clean_contact, clean_identity, readings
from app.permissions import Compartment, Role
from app.store.base import ORGANISATION, new_id
from app.vault.errors import KeyNotCertified, NoGrant
from app.vault.models import GrantReason
from app.vault.scopes import Scope
from app.work import Work

__all__ = [
    "MOVES",
    "CaseChange",
    "CaseDraft",
    "CaseFile",
    "CaseRow",
    "add_note",
    "change_case",
    "get_case",
    "held_cases",
    "list_cases",
    "list_notes",
    "list_summaries",
    "move_case",
    "open_case",
    "read_case",
    "readings",
]

CASEWORK_SCOPES = tuple(
    Scope(compartment)
    for compartment in (
        Compartment.SUMMARY,
        Compartment.IDENTITY,
        Compartment.CONTACT,
        Compartment.ACCOUNT,
    )
)
"""What a volunteer works with."""

COORDINATION_SCOPES = (*CASEWORK_SCOPES, Scope(Compartment.REPORTING))
"""What each coordinator of the team holds from the first moment."""

_REPORTING = Scope(Compartment.REPORTING)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case as far as the reader's keys open it; ``sealed`` says what stays shut for them."""

    case: Case
    summary: Summary | None
    identity: Identity | None
    contact: Contact | None
    account: Account | None
    reporting: Reporting | None
    sealed: tuple[Compartment, ...]


# ---------------------------------------------------------------------- opening


def open_case(work: Work, draft: CaseDraft) -> Case:
    """Open a case from an intake, sealed, in the hands of the team's coordinators.

    A volunteer who logs it keeps it until triage. Raises ``CaseExists`` where the proposed id is
    taken, ``MemberUncertified`` for one whose grants nobody could trust yet.
    """
    _require_certificate(work)
    case_id = draft.id or new_id()
    if case_id == ORGANISATION or work.session.get(Case, case_id) is not None:
        raise CaseExists
    share_id = work.grants.begin_case(case_id, CASE_COMPARTMENTS)
    today = work.today()
    case = Case(
        id=case_id,
        case_id=case_id,
        team_id=work.principal.team_id,
        share_id=share_id,
        status=CaseStatus.SUBMITTED,
        opened_on=today,
        moved_on=today,
        opened_by=work.principal.id,
        indexed_version=0,
    )
    _seal_draft(work, case, draft)
    work.session.add(case)
    _hand_over(work, case)
    work.trail.record("case:opened", case.id)
    return case


def _seal_draft(work: Work, case: Case, draft: CaseDraft) -> None:
    identity = clean_identity(draft.identity)
    people, infants = count_people(identity)
    vault = work.vault
    vault.seal(
        case.summary,
        Summary(_call_sign(), draft.standing, draft.urgent, people, infants, draft.language),
    )
    vault.seal(case.identity, identity)
    vault.seal(case.contact, clean_contact(draft.contact))
    vault.seal(case.account, clean_account(draft.account))
    vault.seal(
        case.reporting,
        Reporting(
            _half_year(case.opened_on), draft.standing, draft.rank_band, draft.region_group, people
        ),
    )


def _require_certificate(work: Work) -> None:
    try:
        work.certificates.member(work.principal.id)
    except KeyNotCertified:
        raise MemberUncertified from None


def _hand_over(work: Work, case: Case) -> None:
    coordinators = {m.id for m in list_members(work, case.team_id, Role.COORDINATOR)}
    if work.principal.role is Role.COORDINATOR:
        coordinators.add(work.principal.id)
    else:
        work.grants.grant(
            case.id, work.principal.id, CASEWORK_SCOPES, reason=GrantReason.INTAKE, about=case.id
        )
    work.grants.grant_all(
        case.id,
        sorted(coordinators),
        COORDINATION_SCOPES,
        reason=GrantReason.TRIAGE,
        about=case.id,
    )


def _call_sign() -> str:
    """Return what a case is called among its people: random, and says nothing of anyone."""
    return "-".join((*random_words(2), f"{secrets.randbelow(100):02}"))


def _half_year(day: date) -> str:
    return f"{day.year}H{1 if day.month <= 6 else 2}"  # noqa: PLR2004 - June


# ---------------------------------------------------------------------- finding


def get_case(work: Work, case_id: UUID) -> Case:
    """Return a case that the principal holds a live grant on; raises ``CaseNotFound``."""
    case = work.session.get(Case, case_id)
    if case is None or not work.grants.holds(case_id):
        raise CaseNotFound
    return case


def held_cases(work: Work) -> Select[Case]:
    """Return the query of the cases that the principal holds a live grant on."""
    return select(Case).where(held(walk=walks(work), **holder_of(work)))


# ---------------------------------------------------------------------- reading and changing


def read_case(work: Work, case_id: UUID) -> CaseFile:
    """Open what the principal's keys open of a case; raises ``CaseNotFound``, ``Tampered``."""
    case = get_case(work, case_id)
    find = work.vault.find
    return CaseFile(
        case,
        find(case.summary),
        find(case.identity),
        find(case.contact),
        find(case.account),
        find(case.reporting),
        tuple(c for c in CASE_COMPARTMENTS if not work.grants.holds(case_id, Scope(c))),
    )


def change_case(work: Work, case_id: UUID, change: CaseChange) -> Case:
    """Replace compartments and facts of a case, as far as the principal's keys reach.

    Raises ``CaseNotFound``, ``NoGrant``, and as ``Work.claim`` does.
    """
    case = get_case(work, case_id)
    work.claim(case)
    changed = _reseal_compartments(work, case, change)
    changed += _reseal_facts(work, case, change)
    forget_index(work, case)
    work.trail.record("case:changed", case.id, compartments=sorted(set(changed)))
    return case


def _reseal_compartments(work: Work, case: Case, change: CaseChange) -> list[str]:
    changed = []
    if change.identity is not None:
        work.vault.seal(case.identity, clean_identity(change.identity))
        changed.append(Compartment.IDENTITY.value)
    if change.contact is not None:
        work.vault.seal(case.contact, clean_contact(change.contact))
        changed.append(Compartment.CONTACT.value)
    if change.account is not None:
        work.vault.seal(case.account, clean_account(change.account))
        changed.append(Compartment.ACCOUNT.value)
    return changed


def _reseal_facts(work: Work, case: Case, change: CaseChange) -> list[str]:
    """Keep the summary, and the reporting facts where they are held, true to what they follow."""
    before = work.vault.open(case.summary)
    people, infants = (
        (before.people, before.infants)
        if change.identity is None
        else count_people(change.identity)
    )
    summary = replace(
        before,
        standing=change.standing or before.standing,
        urgent=before.urgent if change.urgent is None else change.urgent,
        language=change.language or before.language,
        people=people,
        infants=infants,
    )
    changed = []
    if summary != before:
        work.vault.seal(case.summary, summary)
        changed.append(Compartment.SUMMARY.value)
    if work.grants.holds(case.id, _REPORTING):
        changed += _reseal_reporting(work, case, change, summary)
    elif change.rank_band or change.region_group:
        raise NoGrant
    return changed


def _reseal_reporting(work: Work, case: Case, change: CaseChange, summary: Summary) -> list[str]:
    before = work.vault.open(case.reporting)
    after = replace(
        before,
        standing=summary.standing,
        people=summary.people,
        rank_band=change.rank_band or before.rank_band,
        region_group=change.region_group or before.region_group,
    )
    if after == before:
        return []
    work.vault.seal(case.reporting, after)
    return [Compartment.REPORTING.value]


# ---------------------------------------------------------------------- notes


def add_note(work: Work, case_id: UUID, text: str) -> CaseNote:
    """Add a note to the account, for good; raises ``CaseNotFound``, ``NoGrant``."""
    case = get_case(work, case_id)
    written = select(func.count()).select_from(CaseNote).where(CaseNote.case_id == case_id)
    note = CaseNote(
        case_id=case.id,
        number=work.session.scalars(written).one() + 1,
        written_on=work.today(),
        written_by=work.principal.id,
    )
    work.vault.seal(note.words, Words(text))
    work.session.add(note)
    work.trail.record("case:noted", case.id, note=str(note.id))
    return note


def list_notes(
    work: Work, case_id: UUID, *, after: tuple[Any, ...] | None = None, limit: int
) -> Sequence[CaseNote]:
    """Return up to ``limit`` notes of a case, oldest first, after a number.

    Raises ``CaseNotFound``.
    """
    get_case(work, case_id)
    (last,) = after or (0,)
    return work.session.scalars(
        select(CaseNote)
        .where(CaseNote.case_id == case_id, CaseNote.number > last)
        .order_by(CaseNote.number)
        .limit(limit)
    ).all()
