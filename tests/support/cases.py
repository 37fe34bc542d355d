"""A case put together from the vault's own parts, for tests that are not about intake."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.audit.events import EventKind
from app.cases.models import (
    CASE_COMPARTMENTS,
    Account,
    Case,
    CaseStatus,
    Channel,
    Contact,
    Household,
    Identity,
    Papers,
    RankBand,
    RegionGroup,
    Reporting,
    Standing,
    Summary,
)
from app.permissions import ROLE_COMPARTMENTS, Role
from app.store.base import new_id
from app.vault.models import GrantReason
from app.vault.scopes import Scope
from app.work import Work

_REASONS = {
    Role.VOLUNTEER: GrantReason.INTAKE,
    Role.COORDINATOR: GrantReason.TRIAGE,
    Role.VETTER: GrantReason.VETTING,
    Role.REGISTRAR: GrantReason.REGISTRATION,
    Role.TREASURER: GrantReason.AID,
}


def reason_for(role: Role) -> GrantReason:
    """For which reason a member of a role is granted a case."""
    return _REASONS.get(role, GrantReason.LEAD)


def open_bare_case(work: Work, holders: list[Any], **cells: Any) -> UUID:
    """Seal a fictional case and grant it, as far as each holder's role reaches."""
    case_id = new_id()
    share_id = work.grants.begin_case(case_id, CASE_COMPARTMENTS)
    case = Case(
        id=case_id,
        case_id=case_id,
        team_id=work.principal.team_id,
        share_id=share_id,
        status=CaseStatus.SUBMITTED,
        opened_on=work.today(),
        moved_on=work.today(),
        opened_by=work.principal.id,
        indexed_version=0,
    )
    values = {
        "summary": Summary("olive-panther-12", Standing.LEFT, True, 1, 0, "my"),
        "identity": Identity("Ko Thiha Zin", "ကိုသီဟဇင်"),
        "papers": Papers(nrc="9/MaHaMa(N)123456"),
        "household": Household(),
        "contact": Contact(Channel.MESSENGER, ("+959771234567",), ("@zin_t",)),
        "account": Account("Walked from noon to nine at night."),
        "reporting": Reporting("2026H1", Standing.LEFT, RankBand.NCO, RegionGroup.EAST, 1),
    } | cells
    for name, value in values.items():
        work.vault.seal(getattr(case, name), value)
    work.session.add(case)
    for holder in holders:
        reach = ROLE_COMPARTMENTS[holder.role]
        work.grants.grant(
            case_id,
            holder.id,
            [Scope(part) for part in CASE_COMPARTMENTS if part in reach],
            reason=reason_for(holder.role),
            about=case_id,
        )
    work.trail.record(EventKind.CASE_OPENED, case_id)
    return case_id
