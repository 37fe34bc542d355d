"""Logging a first contact as a sealed case, and dismissing a proposed duplicate. Knows no HTTP."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from app.accounts.roles import ids_of_members
from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.cases.cleaning import (
    clean_account,
    clean_contact,
    clean_household,
    clean_identity,
    clean_papers,
)
from app.cases.editing import with_age_stated, with_ages_stated
from app.cases.models import (
    CASE_COMPARTMENTS,
    Account,
    Case,
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
    count_people,
    counted,
)
from app.cases.service import CASEWORK_SCOPES, COORDINATION_SCOPES
from app.casework.duplicates import list_duplicates
from app.casework.erased import is_erased
from app.consents.service import ConsentDraft, take_down
from app.crypto.passwords import random_words
from app.errors import IdTaken
from app.intake.elsewhere import find_elsewhere
from app.intake.errors import DismissalExists, DuplicateNotFound, MemberUncertified
from app.intake.models import DuplicateDismissal
from app.permissions import Role
from app.text.births import require_possible
from app.text.dates import half_year_of
from app.vault.errors import KeyNotCertified
from app.vault.models import GrantReason
from app.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One first contact. Text may come in Zawgyi or Unicode; the client may propose the ``id``."""

    standing: Standing
    identity: Identity
    contact: Contact
    account: Account
    papers: Papers = field(default_factory=Papers)
    household: Household = field(default_factory=Household)
    urgent: bool = False
    language: str = "my"
    rank_band: RankBand = RankBand.UNKNOWN
    region_group: RegionGroup = RegionGroup.UNKNOWN
    id: UUID | None = None
    taken_on: date | None = None
    consents: tuple[ConsentDraft, ...] = ()


def open_case(work: Work, intake: Intake) -> Case:
    """Open a case from an intake, sealed and granted to the team's coordinators.

    A volunteer who logs it holds it until triage. Each intake writes one alert, which comes at once
    where it is urgent, else where nobody has triaged it within a day. Raises ``IdTaken``, also for
    the id of a case that was destroyed, ``DayNotPossible``, ``PartnerMissing``,
    ``MemberUncertified`` where no lead has certified the member.
    """
    coordinators = ids_of_members(work, work.principal.team_id, Role.COORDINATOR)
    work.certificates.load({work.principal.id, *coordinators})
    _require_certificate(work)
    case_id = work.id_for(Case, intake.id)
    if is_erased(work, case_id):
        raise IdTaken
    share_id = work.grants.begin_case(case_id, CASE_COMPARTMENTS)
    case = Case(
        id=case_id,
        case_id=case_id,
        team_id=work.principal.team_id,
        share_id=share_id,
        status=CaseStatus.SUBMITTED,
        opened_on=work.day_said(intake.taken_on, "taken_on"),
        moved_on=work.today(),
        opened_by=work.principal.id,
        indexed_version=0,
        compared=False,
    )
    _seal_intake(work, case, intake)
    work.session.add(case)
    _grant_to_team(work, case, coordinators)
    kind = AlertKind.URGENT_INTAKE if intake.urgent else AlertKind.NEW_INTAKE
    raise_alert(work, kind, team_id=case.team_id, case_id=case.id)
    work.trail.record(EventKind.CASE_OPENED, case.id)
    for given in intake.consents:
        take_down(work, case, given)
    return case


def _seal_intake(work: Work, case: Case, intake: Intake) -> None:
    household = with_ages_stated(clean_household(intake.household), case.opened_on)
    vault = work.vault
    vault.seal(
        case.summary,
        counted(
            Summary(_call_sign(), intake.standing, intake.urgent, 1, 0, intake.language), household
        ),
    )
    vault.seal(case.identity, clean_identity(intake.identity))
    papers = with_age_stated(clean_papers(intake.papers), None, case.opened_on)
    if papers.born_on is not None:
        require_possible(papers.born_on, work.today(), "papers.born_on")
    vault.seal(case.papers, papers)
    vault.seal(case.household, household)
    vault.seal(case.contact, clean_contact(intake.contact))
    vault.seal(case.account, clean_account(intake.account))
    vault.seal(
        case.reporting,
        Reporting(
            half_year_of(case.opened_on),
            intake.standing,
            intake.rank_band,
            intake.region_group,
            count_people(household)[0],
        ),
    )


def _require_certificate(work: Work) -> None:
    try:
        work.certificates.member(work.principal.id)
    except KeyNotCertified:
        raise MemberUncertified from None


def _grant_to_team(work: Work, case: Case, coordinators: set[UUID]) -> None:
    if work.principal.acts_as(Role.COORDINATOR, case.team_id):
        coordinators = coordinators | {work.principal.id}
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
    """Return a random name for a case, which says nothing of the person."""
    return "-".join((*random_words(2), f"{secrets.randbelow(100):02}"))


def dismiss_duplicate(work: Work, case: Case, other_id: UUID, reason: str) -> DuplicateDismissal:
    """Dismiss a proposed duplicate as another person, with the reason; valid for both cases.

    ``other_id`` is the other case, or a match with a case of another team. Raises
    ``DuplicateNotFound`` where it is not proposed, ``DismissalExists``.
    """
    proposal = next((p for p in list_duplicates(work, case) if p.row.id == other_id), None)
    elsewhere = find_elsewhere(work, case, other_id) if proposal is None else None
    if proposal is None and elsewhere is None:
        raise DuplicateNotFound
    if proposal is not None and proposal.dismissed:
        raise DismissalExists
    other_id = elsewhere or other_id
    dismissal = DuplicateDismissal(
        case_id=case.id,
        other_id=other_id,
        dismissed_by=work.principal.id,
        dismissed_on=work.today(),
    )
    work.vault.seal(dismissal.reason, FreeText(reason))
    work.session.add(dismissal)
    work.trail.record(EventKind.CASE_DUPLICATE_DISMISSED, case.id, other=str(other_id))
    return dismissal
