"""Roles, the permissions of each, and the compartments that a grant to it may name.

- A member holds any set of roles, each in a team; what they may do is the union.
- Permissions read noun:verb; each route names the one that it needs.
- Each role has a row in ``ROLE_PERMISSIONS`` and in ``ROLE_COMPARTMENTS``, and each permission
  and compartment is in some row: a missing one stops the program at its start.
- A permission opens no sealed value: only a key does. Knows names: no rows, no keys, no HTTP.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, TypeAlias
from uuid import UUID

from app.totality import require_rows


class Role(StrEnum):
    """What a member does in the organisation."""

    VOLUNTEER = "volunteer"
    COORDINATOR = "coordinator"
    VETTER = "vetter"
    REGISTRAR = "registrar"
    TREASURER = "treasurer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    LEAD = "lead"


class TeamRole(NamedTuple):
    """A role that a member holds in a team. A lead's or an auditor's team says nothing."""

    role: Role
    team_id: UUID


MemberRoles: TypeAlias = frozenset[TeamRole]

LEAST_POWER_FIRST = (
    Role.VOLUNTEER,
    Role.VETTER,
    Role.REGISTRAR,
    Role.TREASURER,
    Role.COORDINATOR,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
    Role.LEAD,
)
"""An act that several roles of a member allow is done by the first of these."""


ACROSS_TEAMS = frozenset({Role.VETTER, Role.AUDITOR, Role.ADMINISTRATOR, Role.LEAD})
"""In these roles a member acts for every team."""


class Compartment(StrEnum):
    """A part of what is known, sealed under keys of its own."""

    SUMMARY = "summary"
    IDENTITY = "identity"
    PAPERS = "papers"
    HOUSEHOLD = "household"
    CONTACT = "contact"
    ACCOUNT = "account"
    VETTING = "vetting"
    ROUTE = "route"
    WORDS = "words"
    REGISTRATION = "registration"
    AID = "aid"
    REPORTING = "reporting"
    DIRECTORY = "directory"


class Permission(StrEnum):
    """One thing that a member may request. It opens no sealed value."""

    SELF_READ = "self:read"
    SELF_CHANGE = "self:change"
    SELF_ENROL = "self:enrol"
    MEMBER_LIST = "member:list"
    MEMBER_END_FACTOR = "member:end_factor"
    MEMBER_ADMIT = "member:admit"
    MEMBER_CERTIFY = "member:certify"
    MEMBER_CHANGE = "member:change"
    MEMBER_SUSPEND = "member:suspend"
    MEMBER_REINSTATE = "member:reinstate"
    TEAM_LIST = "team:list"
    TEAM_CREATE = "team:create"
    DUTY_READ = "duty:read"
    DUTY_TAKE = "duty:take"
    STEP_UP = "session:step_up"
    ALERT_LIST = "alert:list"
    ALERT_ACKNOWLEDGE = "alert:acknowledge"
    CASE_OPEN = "case:open"
    CASE_LIST = "case:list"
    CASE_READ = "case:read"
    CASE_COPY = "case:copy"
    CASE_CHANGE = "case:change"
    CASE_TRIAGE = "case:triage"
    CASE_ASSIGN = "case:assign"
    CASE_MOVE = "case:move"
    CASE_EMERGENCY = "case:emergency"
    CASE_EVENTS = "case:events"
    CASE_REGRANT = "case:regrant"
    CASE_HOLDERS = "case:holders"
    CUSTODY_READ = "custody:read"
    CUSTODY_DEAL = "custody:deal"
    CUSTODY_CONTRIBUTE = "custody:contribute"
    WORK_HAND_OVER = "work:hand_over"
    CASE_ERASE = "case:erase"
    CASE_SEARCH = "case:search"
    VETTING_REQUEST = "vetting:request"
    VETTING_READ = "vetting:read"
    VETTING_DECIDE = "vetting:decide"
    PLAN_CHANGE = "plan:change"
    PLAN_READ = "plan:read"
    LEG_READ = "leg:read"
    LEG_CHECK_IN = "leg:check_in"
    LEG_WATCH = "leg:watch"
    CODE_REQUEST = "code:request"
    CODE_READ = "code:read"
    CODE_ISSUE = "code:issue"
    CODE_DELIVER = "code:deliver"
    CODE_REDEEM = "code:redeem"
    AID_REQUEST = "aid:request"
    AID_READ = "aid:read"
    AID_APPROVE = "aid:approve"
    AID_PAY = "aid:pay"
    AID_CONFIRM = "aid:confirm"
    FUND_READ = "fund:read"
    FUND_KEEP = "fund:keep"
    ERASURE_REQUEST = "erasure:request"
    ERASURE_READ = "erasure:read"
    HOLD_REQUEST = "hold:request"
    HOLD_END = "hold:end"
    RETENTION_LOOK = "retention:look"
    HOLD_DECIDE = "hold:decide"
    RETENTION_READ = "retention:read"
    RETENTION_CHANGE = "retention:change"
    REPORT_READ = "report:read"
    AUDIT_READ = "audit:read"
    LOG_VERIFY = "log:verify"


_P = Permission
_EVERYONE = frozenset({_P.SELF_READ, _P.SELF_CHANGE, _P.SELF_ENROL, _P.TEAM_LIST})
_CASEWORK = frozenset({_P.CASE_LIST, _P.CASE_READ})

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.VOLUNTEER: _EVERYONE
        | _CASEWORK
        | {
            _P.ALERT_LIST,
            _P.CASE_OPEN,
            _P.CASE_CHANGE,
            _P.LEG_READ,
            _P.LEG_CHECK_IN,
            _P.AID_REQUEST,
            _P.AID_READ,
            _P.AID_CONFIRM,
            _P.CODE_REDEEM,
        },
        Role.COORDINATOR: _EVERYONE
        | _CASEWORK
        | {
            _P.MEMBER_LIST,
            _P.MEMBER_SUSPEND,
            _P.MEMBER_REINSTATE,
            _P.DUTY_READ,
            _P.DUTY_TAKE,
            _P.ALERT_LIST,
            _P.ALERT_ACKNOWLEDGE,
            _P.CASE_OPEN,
            _P.CASE_CHANGE,
            _P.CASE_COPY,
            _P.CASE_TRIAGE,
            _P.CASE_ASSIGN,
            _P.WORK_HAND_OVER,
            _P.CASE_MOVE,
            _P.CASE_EMERGENCY,
            _P.CASE_EVENTS,
            _P.CASE_SEARCH,
            _P.VETTING_REQUEST,
            _P.PLAN_CHANGE,
            _P.PLAN_READ,
            _P.LEG_READ,
            _P.LEG_CHECK_IN,
            _P.LEG_WATCH,
            _P.CODE_REQUEST,
            _P.CODE_REDEEM,
            _P.AID_REQUEST,
            _P.AID_READ,
            _P.AID_APPROVE,
            _P.AID_CONFIRM,
            _P.FUND_READ,
            _P.ERASURE_REQUEST,
            _P.HOLD_REQUEST,
            _P.HOLD_END,
            _P.RETENTION_LOOK,
            _P.REPORT_READ,
        },
        Role.VETTER: _EVERYONE | _CASEWORK | {_P.CASE_SEARCH, _P.VETTING_READ, _P.VETTING_DECIDE},
        Role.REGISTRAR: _EVERYONE
        | _CASEWORK
        | {
            _P.CASE_SEARCH,
            _P.WORK_HAND_OVER,
            _P.CODE_READ,
            _P.CODE_ISSUE,
            _P.CODE_DELIVER,
            _P.CODE_REDEEM,
        },
        Role.TREASURER: _EVERYONE
        | _CASEWORK
        | {
            _P.WORK_HAND_OVER,
            _P.AID_READ,
            _P.AID_APPROVE,
            _P.AID_PAY,
            _P.AID_CONFIRM,
            _P.FUND_READ,
            _P.FUND_KEEP,
        },
        Role.AUDITOR: _EVERYONE
        | {_P.REPORT_READ, _P.AUDIT_READ, _P.FUND_READ, _P.LOG_VERIFY, _P.RETENTION_READ},
        Role.ADMINISTRATOR: _EVERYONE
        | {_P.MEMBER_LIST, _P.MEMBER_ADMIT, _P.MEMBER_CHANGE, _P.TEAM_CREATE, _P.LOG_VERIFY},
        Role.LEAD: _EVERYONE
        | {
            _P.MEMBER_LIST,
            _P.MEMBER_ADMIT,
            _P.MEMBER_CERTIFY,
            _P.MEMBER_CHANGE,
            _P.MEMBER_END_FACTOR,
            _P.MEMBER_SUSPEND,
            _P.MEMBER_REINSTATE,
            _P.TEAM_CREATE,
            _P.DUTY_READ,
            _P.STEP_UP,
            _P.ALERT_LIST,
            _P.ALERT_ACKNOWLEDGE,
            _P.CASE_REGRANT,
            _P.CASE_HOLDERS,
            _P.CUSTODY_READ,
            _P.CUSTODY_DEAL,
            _P.CUSTODY_CONTRIBUTE,
            _P.WORK_HAND_OVER,
            _P.CASE_EMERGENCY,
            _P.CASE_ERASE,
            _P.CASE_EVENTS,
            _P.AID_READ,
            _P.AID_APPROVE,
            _P.ERASURE_READ,
            _P.HOLD_DECIDE,
            _P.HOLD_END,
            _P.RETENTION_LOOK,
            _P.RETENTION_READ,
            _P.RETENTION_CHANGE,
            _P.LOG_VERIFY,
        },
    }
)

NEEDS_STEP_UP: frozenset[Permission] = frozenset(
    {
        _P.MEMBER_CERTIFY,
        _P.MEMBER_END_FACTOR,
        _P.CASE_REGRANT,
        _P.CASE_ERASE,
        _P.CUSTODY_DEAL,
        _P.CUSTODY_CONTRIBUTE,
        _P.RETENTION_CHANGE,
    }
)
"""What a lead may do only after a step-up."""

WHILE_ENROLLING: frozenset[Permission] = frozenset({_P.SELF_READ, _P.SELF_ENROL})
"""What a session may do whose member has yet to set up the second factor that they need."""

_C = Compartment
_FIELDWORK = frozenset(
    {
        _C.SUMMARY,
        _C.IDENTITY,
        _C.PAPERS,
        _C.HOUSEHOLD,
        _C.CONTACT,
        _C.ACCOUNT,
        _C.ROUTE,
        _C.WORDS,
        _C.AID,
        _C.REPORTING,
    }
)

ROLE_COMPARTMENTS: Mapping[Role, frozenset[Compartment]] = MappingProxyType(
    {
        Role.VOLUNTEER: _FIELDWORK,
        Role.COORDINATOR: _FIELDWORK,
        Role.VETTER: frozenset(
            {_C.SUMMARY, _C.IDENTITY, _C.PAPERS, _C.HOUSEHOLD, _C.ACCOUNT, _C.VETTING}
        ),
        Role.REGISTRAR: frozenset({_C.SUMMARY, _C.IDENTITY, _C.PAPERS, _C.REGISTRATION}),
        Role.TREASURER: frozenset({_C.SUMMARY, _C.AID}),
        Role.AUDITOR: frozenset(),
        Role.ADMINISTRATOR: frozenset(),
        Role.LEAD: frozenset(_C) - {_C.DIRECTORY},
    }
)
"""A grant to a role names nothing outside its row: ``vault.grants`` refuses it."""

SEARCHING_ROLES = frozenset({Role.COORDINATOR, Role.VETTER, Role.REGISTRAR, Role.TREASURER})
REPORTING_ROLES = frozenset({Role.AUDITOR, Role.COORDINATOR})

_FILE = "app/permissions.py"


def roles_in(team_id: UUID, *roles: Role) -> MemberRoles:
    """Return these roles, all in one team."""
    return frozenset(TeamRole(role, team_id) for role in roles)


def by_power(roles: Iterable[TeamRole]) -> list[TeamRole]:
    """Return roles in one order: the least powerful first, then by team."""
    return sorted(roles, key=lambda one: (LEAST_POWER_FIRST.index(one.role), one.team_id))


def names_of(roles: Iterable[TeamRole]) -> frozenset[Role]:
    """Return which roles these are, whatever the team."""
    return frozenset(one.role for one in roles)


def holds(roles: Iterable[TeamRole], role: Role, team_id: UUID | None = None) -> bool:
    """Return whether a role is among these, in this team or, for None, in any."""
    return any(one.role is role and team_id in {None, one.team_id} for one in roles)


def compartments_of(roles: Iterable[TeamRole]) -> frozenset[Compartment]:
    """Return what a grant to a holder of these roles may name."""
    return frozenset[Compartment]().union(*(ROLE_COMPARTMENTS[one.role] for one in roles))


def written_roles(roles: Collection[TeamRole]) -> str:
    """Return a set of roles as it is stored and signed: one spelling for one set."""
    return _written(frozenset(roles))


@lru_cache(maxsize=1024)
def _written(roles: MemberRoles) -> str:
    return " ".join(f"{one.role}@{one.team_id.hex}" for one in by_power(roles))


@lru_cache(maxsize=1024)
def read_roles(written: str) -> MemberRoles:
    """Return the roles that ``written_roles`` wrote."""
    pairs = (one.split("@") for one in written.split())
    return frozenset(TeamRole(Role(role), UUID(hex=team)) for role, team in pairs)


def _require_all_rows(
    permissions: Mapping[Role, frozenset[Permission]],
    compartments: Mapping[Role, frozenset[Compartment]],
) -> None:
    require_rows("ROLE_PERMISSIONS", permissions, Role, file=_FILE)
    require_rows("ROLE_COMPARTMENTS", compartments, Role, file=_FILE)
    require_rows("LEAST_POWER_FIRST", LEAST_POWER_FIRST, Role, file=_FILE)
    given = frozenset[Permission]().union(*permissions.values())
    require_rows("any role of ROLE_PERMISSIONS", given, Permission, file=_FILE)
    # A lead's row names every compartment; the directory is sealed under a deployment secret.
    granted = frozenset[Compartment]().union(
        *(row for role, row in compartments.items() if role is not Role.LEAD)
    )
    of_cases = [part for part in Compartment if part is not Compartment.DIRECTORY]
    require_rows("any role of ROLE_COMPARTMENTS but the lead", granted, of_cases, file=_FILE)


_require_all_rows(ROLE_PERMISSIONS, ROLE_COMPARTMENTS)
