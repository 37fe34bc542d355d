"""Cases: finding, reading and changing them, and their notes.

A case is found only by a member who holds a live grant on it; for everyone else it is not found,
whether it exists or not. Knows cells and grants, no HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm.attributes import flag_modified

from app.audit.events import EventKind
from app.cases.cleaning import (
    clean_account,
    clean_contact,
    clean_household,
    clean_identity,
    clean_papers,
)
from app.cases.editing import edited, edited_household, with_age_stated, with_ages_on, years_on
from app.cases.errors import CaseNotFound
from app.cases.models import (
    CASE_COMPARTMENTS,
    Account,
    Case,
    CaseNote,
    CaseStatus,
    Contact,
    FreeText,
    Household,
    Identity,
    Papers,
    RankBand,
    RegionGroup,
    Reporting,
    Standing,
    Summary,
    counted,
    summary_on,
)
from app.casework.danger import others_in_danger
from app.casework.erased import raise_if_erased, raise_if_shut
from app.casework.given_codes import update_given_codes
from app.casework.held import holder_of, strategy_for, visible_cases
from app.casework.history import replace_cell
from app.permissions import Compartment
from app.store.queries import in_order, next_number
from app.store.sealed import SealedCell
from app.text.births import require_possible
from app.vault.errors import CaseErased, NoGrant
from app.vault.scopes import Scope
from app.work import Work

CASEWORK_SCOPES = tuple(
    Scope(compartment)
    for compartment in (
        Compartment.SUMMARY,
        Compartment.IDENTITY,
        Compartment.PAPERS,
        Compartment.HOUSEHOLD,
        Compartment.CONTACT,
        Compartment.ACCOUNT,
        Compartment.REPORTING,
    )
)
"""What a volunteer works with; the reporting facts, so that they follow what is edited."""

COORDINATION_SCOPES = CASEWORK_SCOPES
"""What each coordinator of the team holds from the first moment."""

_ALL = frozenset({"relatives"})
T = TypeVar("T")
_REPORTING = Scope(Compartment.REPORTING)
_COMPARED_BY = {Compartment.IDENTITY.value, Compartment.PAPERS.value, Compartment.CONTACT.value}
"""What a person is found by, and told from another by."""


@dataclass(frozen=True, slots=True)
class CaseDetails:
    """A case as far as the reader's keys open it; ``sealed`` says what stays shut for them."""

    case: Case
    summary: Summary | None
    identity: Identity | None
    papers: Papers | None
    household: Household | None
    contact: Contact | None
    account: Account | None
    reporting: Reporting | None
    sealed: tuple[Compartment, ...]
    others_in_danger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """New values of compartments, or of facts in the summary; None leaves one as it is.

    ``sent`` names the fields of a compartment that are meant; without it, all are.
    """

    identity: Identity | None = None
    papers: Papers | None = None
    household: Household | None = None
    contact: Contact | None = None
    account: Account | None = None
    standing: Standing | None = None
    urgent: bool | None = None
    language: str | None = None
    rank_band: RankBand | None = None
    region_group: RegionGroup | None = None
    sent: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sent_of_relatives: tuple[frozenset[str], ...] = ()


# ---------------------------------------------------------------------- finding


def get_case(work: Work, case_id: UUID) -> Case:
    """Return a case that the principal holds a live grant on.

    Raises ``CaseNotFound``, ``CaseErased`` where they did until it was destroyed, ``ErasureAsked``
    where they did until its person asked for that, ``RoleElsewhere``.
    """
    case = work.session.get(Case, case_id)
    if case is None:
        raise_if_erased(work, case_id)
        raise CaseNotFound
    if case.status is CaseStatus.ERASED and work.grants.is_named(case_id):
        raise CaseErased
    if not work.grants.holds(case_id):
        raise_if_shut(work, case_id)
        raise CaseNotFound
    work.require_role_in(case.team_id)
    return case


def held_cases(work: Work) -> Select[Case]:
    """Return the query of the cases that the principal holds a live grant on."""
    return select(Case).where(visible_cases(strategy=strategy_for(work), **holder_of(work)))


# ---------------------------------------------------------------------- reading and changing


def read_case(work: Work, case_id: UUID) -> CaseDetails:
    """Open what the principal's keys open of a case; raises ``CaseNotFound``, ``Tampered``."""
    case = get_case(work, case_id)
    find = work.vault.find
    summary, household = find(case.summary), find(case.household)
    identity, papers = find(case.identity), find(case.papers)
    return CaseDetails(
        case,
        summary and summary_on(summary, work.today()),
        identity,
        papers and replace(papers, age=years_on(papers, work.today())),
        household and with_ages_on(household, work.today()),
        find(case.contact),
        find(case.account),
        find(case.reporting),
        tuple(c for c in CASE_COMPARTMENTS if not work.grants.holds(case_id, Scope(c))),
        others_in_danger(work, case_id),
    )


def change_case(work: Work, case_id: UUID, change: CaseChange) -> Case:
    """Replace compartments and facts of a case, as far as the principal's keys reach.

    Raises ``CaseNotFound``, ``NoGrant``, and as ``Work.claim`` does.
    """
    case = get_case(work, case_id)
    work.claim(case)
    household = _household(work, case, change)
    changed = _reseal_compartments(work, case, change, household)
    changed += _reseal_facts(work, case, change, household)
    if _COMPARED_BY.intersection(changed):
        request_indexing(case)
    # Every change makes a new version, also one that says the same.
    flag_modified(case, "indexed_version")
    work.trail.record(EventKind.CASE_CHANGED, case.id, compartments=sorted(set(changed)))
    return case


def request_indexing(case: Case) -> None:
    """Mark a case to be indexed and compared again, because its name or numbers changed.

    Until then its old tokens lead to values that no longer match, and searches leave it out.
    """
    # Written whatever it was: an indexing may have run since the case was read.
    case.indexed_version = 0
    case.compared = False
    flag_modified(case, "indexed_version")
    flag_modified(case, "compared")


def _reseal_compartments(
    work: Work, case: Case, change: CaseChange, household: Household | None
) -> list[str]:
    """Put what was sent into the cells, and keep what it replaced."""
    find, sent = work.vault.find, change.sent.get
    changed = []
    if change.identity is not None:
        was = find(case.identity)
        identity = clean_identity(edited(was, change.identity, sent("identity")), was)
        changed += _replaced(work, case, case.identity, identity)
    if change.papers is not None:
        known = find(case.papers)
        papers = clean_papers(edited(known, change.papers, sent("papers")), known)
        papers = with_age_stated(papers, known, work.today())
        if papers.born_on is not None:
            require_possible(papers.born_on, work.today(), "papers.born_on")
        changed += _replaced(work, case, case.papers, papers)
    if household is not None:
        changed += _replaced(work, case, case.household, household)
    if change.contact is not None:
        reached = find(case.contact)
        contact = clean_contact(edited(reached, change.contact, sent("contact")), reached)
        changed += _replaced(work, case, case.contact, contact)
    if change.account is not None:
        told = find(case.account)
        account = clean_account(edited(told, change.account, sent("account")), told)
        changed += _replaced(work, case, case.account, account)
    return changed


def _replaced(work: Work, case: Case, cell: SealedCell[T], value: T) -> list[str]:
    replace_cell(work, case, cell, value)
    return [cell.field.compartment.value]


def _household(work: Work, case: Case, change: CaseChange) -> Household | None:
    """Return the household as it becomes; None where the change leaves it as it is."""
    if change.household is None or change.sent.get("household", _ALL) == frozenset():
        return None
    new = clean_household(change.household)
    before = work.vault.find(case.household)
    household = edited_household(before, new, change.sent_of_relatives, work.today())
    return clean_household(replace(household, as_written=new.as_written), before)


def _reseal_facts(
    work: Work, case: Case, change: CaseChange, household: Household | None
) -> list[str]:
    """Bring the summary and the reporting facts up to date, no matter who edits the case.

    Raises ``NoGrant`` where the facts would change and the principal does not hold them.
    """
    before = work.vault.open(case.summary)
    summary = replace(
        before if household is None else counted(before, household),
        standing=change.standing or before.standing,
        urgent=before.urgent if change.urgent is None else change.urgent,
        language=change.language or before.language,
    )
    changed = []
    if replace_cell(work, case, case.summary, summary):
        if summary.standing is not before.standing:
            update_given_codes(work, case.id, summary.standing)
        changed.append(Compartment.SUMMARY.value)
    if work.grants.holds(case.id, _REPORTING):
        changed += _reseal_reporting(work, case, change, summary)
    elif (
        change.rank_band
        or change.region_group
        or (summary.standing, summary.people) != (before.standing, before.people)
    ):
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
    changed = replace_cell(work, case, case.reporting, after)
    return [Compartment.REPORTING.value] if changed else []


# ---------------------------------------------------------------------- notes


def add_note(
    work: Work, case_id: UUID, text: str, on: date | None = None, *, proposed: UUID | None = None
) -> CaseNote:
    """Add a permanent note to the account, about today or an earlier day.

    Raises ``CaseNotFound``, ``NoGrant``, ``DayNotPossible``, ``IdTaken``.
    """
    case = get_case(work, case_id)
    note = CaseNote(
        id=work.id_for(CaseNote, proposed, case_id=case.id),
        case_id=case.id,
        number=next_number(work.session, CaseNote.number, CaseNote.case_id == case_id),
        happened_on=work.day_said(on),
        written_on=work.today(),
        written_by=work.principal.id,
    )
    work.vault.seal(note.text, FreeText(text))
    work.session.add(note)
    work.trail.record(EventKind.CASE_NOTED, case.id, note=str(note.id))
    return note


def list_notes(
    work: Work, case_id: UUID, *, after: tuple[date, UUID] | None = None, limit: int
) -> Sequence[CaseNote]:
    """Return up to ``limit`` notes of a case, oldest first by the day that they are about.

    ``after`` is (happened_on, id) of the last one seen. Raises ``CaseNotFound``.
    """
    get_case(work, case_id)
    notes = select(CaseNote).where(CaseNote.case_id == case_id)
    return work.session.scalars(
        in_order(notes, CaseNote.happened_on, after=after, limit=limit)
    ).all()


def open_notes(work: Work, notes: Sequence[CaseNote]) -> list[FreeText | None]:
    """Open a page of notes, in order, None where one is shut."""
    return work.vault.open_listed([note.text for note in notes])
