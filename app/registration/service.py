"""Registrations: requesting a code, issuing it, handing it over, revoking it. Knows no HTTP.

- A registration has a scope of its own, granted to the registrars of the case's team; the grants
  end when there is nothing left for them to do.
- A full code is for who has left, a pre code for who is in service: asked at the request, at the
  issue, and of codes that are given out at a change of standing (``casework.given_codes``). The pre
  code of who has left since is valid until the full one was handed over.
- The authority makes the codes, and they are recorded (``recording``); one is made here where the
  organisation chose so.
- Revoking needs no key: members who hold the case and registrars of its team change a status.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select

from app.accounts import service as accounts
from app.audit.events import EventKind
from app.cases.models import Case
from app.casework.readiness import Task, require_ready
from app.permissions import Compartment, Role
from app.registration.codes import Code, new_code, spell
from app.registration.eligibility import require_eligible
from app.registration.errors import (
    CodesNotMadeHere,
    CodeSuspended,
    CodeTaken,
    DisputeSaid,
    NoRegistrar,
    RegistrationExists,
    RegistrationMoveRefused,
    RegistrationNotFound,
)
from app.registration.models import (
    CodeKind,
    DisputeReason,
    MoveNote,
    Registration,
    RegistrationNotes,
    RegistrationStatus,
    RevocationReason,
)
from app.registration.moves import CODE_ALIVE, MOVES, OVER, WORKED_ON
from app.registration.redemption import locator_index, proof_of
from app.store.queries import in_order, next_number
from app.vault.models import GrantReason
from app.vault.queries import granted_to
from app.vault.scopes import SUMMARY, Scope
from app.work import Work

USUAL_DAYS = 365
LONGEST_DAYS = 730
_S = RegistrationStatus


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A registration, and the code that is shown this once."""

    registration: Registration
    code: str = field(repr=False)


def request_registration(
    work: Work, case: Case, kind: CodeKind, *, proposed: UUID | None = None
) -> Registration:
    """Request a code from the registrars of the case's team.

    The principal needs a grant on the case and keeps none on the registration. Raises
    ``NotCleared``, ``PreFits``, ``FullFits``, ``NoCodeFits``, ``RegistrationExists``,
    ``NoRegistrar``, ``NoGrant``, ``IdTaken``.
    """
    number = next_number(work.session, Registration.number, Registration.case_id == case.id)
    require_ready(work, case, Task.REQUEST_CODE)
    require_eligible(work, case, kind)
    disputed = _find_replaced(work, case, kind)
    registration = Registration(
        id=work.id_for(Registration, proposed, case_id=case.id),
        case_id=case.id,
        team_id=case.team_id,
        number=number,
        kind=kind,
        status=_S.REQUESTED,
        requested_by=work.principal.id,
        requested_on=work.today(),
        moved_on=work.today(),
        made_here=False,
        suspended=False,
        replaces=disputed,
    )
    own = Scope(Compartment.REGISTRATION, registration.id)
    work.grants.mint(case.id, [own])
    work.vault.seal(registration.notes, RegistrationNotes())
    work.session.add(registration)
    _grant_to_registrars(work, registration, own)
    work.trail.record(
        EventKind.REGISTRATION_REQUESTED,
        case.id,
        registration=str(registration.id),
        kind=kind.value,
    )
    return registration


def _grant_to_registrars(work: Work, registration: Registration, own: Scope) -> None:
    """Grant what a code is requested with to the team's registrars; raises ``NoRegistrar``."""
    granted = work.grants.grant_all(
        registration.case_id,
        [one.id for one in accounts.list_members(work, registration.team_id, Role.REGISTRAR)],
        [SUMMARY, Scope(Compartment.IDENTITY), Scope(Compartment.PAPERS), own],
        reason=GrantReason.REGISTRATION,
        about=registration.id,
    )
    if not granted:
        raise NoRegistrar


def _find_replaced(work: Work, case: Case, kind: CodeKind) -> UUID | None:
    """Return the disputed registration that a new one replaces; raises ``RegistrationExists``."""
    earlier = _of_case(work, case.id)
    if any(_conflicts(work, other, kind) for other in earlier):
        raise RegistrationExists
    return next((one.id for one in earlier if one.kind is kind and one.status is _S.DISPUTED), None)


# ---------------------------------------------------------------------- finding


def get_registration(work: Work, registration_id: UUID) -> Registration:
    """Return a registration whose key the principal holds; raises ``RegistrationNotFound``."""
    registration = work.session.get(Registration, registration_id)
    scope = Scope(Compartment.REGISTRATION, registration_id)
    if registration is None or not work.grants.holds(registration.case_id, scope):
        raise RegistrationNotFound
    work.require_role_in(registration.team_id)
    return registration


def get_registration_of_case(work: Work, case: Case, registration_id: UUID) -> Registration:
    """Return the row of a registration of this case; raises ``RegistrationNotFound``."""
    registration = work.session.get(Registration, registration_id)
    if registration is None or registration.case_id != case.id:
        raise RegistrationNotFound
    return registration


def get_registration_of_team(work: Work, registration_id: UUID) -> Registration:
    """Return the row of a registration of one's team, to revoke it after the work on it is over.

    Raises ``RegistrationNotFound``.
    """
    registration = work.session.get(Registration, registration_id)
    if registration is None or registration.team_id not in work.principal.teams:
        raise RegistrationNotFound
    return registration


def list_registrations(
    work: Work, *, limit: int, after: tuple[date, UUID] | None = None
) -> Sequence[Registration]:
    """Return the registrations that are granted to the principal, oldest first.

    ``after`` is (requested_on, id) of the last one seen.
    """
    granted = granted_to(
        work.principal.id, work.today(), case_id=Registration.case_id, about=Registration.id
    )
    return _page(work, granted, limit, after)


def list_registrations_of_case(
    work: Work, case: Case, *, limit: int, after: tuple[date, UUID] | None = None
) -> Sequence[Registration]:
    """Return the rows of a case's registrations, oldest first; ``after`` as above."""
    return _page(work, Registration.case_id == case.id, limit, after)


def read_notes(work: Work, registration: Registration) -> tuple[MoveNote, ...]:
    """Open what registrars wrote; raises ``NoGrant``, ``Tampered``."""
    return work.vault.open(registration.notes).notes


# ---------------------------------------------------------------------- moving


def move_registration(
    work: Work, registration_id: UUID, to: RegistrationStatus, reason: str | None = None
) -> Registration:
    """Submit or refuse a request, as a registrar.

    Raises ``RegistrationNotFound``, ``RegistrationMoveRefused`` also for the moves that are acts
    of their own, ``Stale``.
    """
    registration = get_registration(work, registration_id)
    work.claim(registration)
    if MOVES.find_manual(registration.status, to) is None:
        raise RegistrationMoveRefused
    _move(work, registration, to, note=reason)
    return registration


def issue_code(work: Work, registration_id: UUID, valid_for_days: int = USUAL_DAYS) -> IssuedCode:
    """Make the code and return it, this once, where the group is itself the authority.

    Raises ``RegistrationNotFound``, ``CodesNotMadeHere``, and what ``set_code`` raises, ``Stale``.
    """
    registration = get_registration(work, registration_id)
    work.claim(registration)
    require_issuable(work, registration)
    if not work.deployment.organisation_settings.makes_codes:
        raise CodesNotMadeHere
    code = new_code()
    set_code(work, registration, code, work.today() + timedelta(days=valid_for_days))
    registration.made_here = True
    return IssuedCode(registration, spell(code))


def require_issuable(work: Work, registration: Registration) -> None:
    """Raise unless a code may be issued on a request now, no matter who made it.

    Raises ``NotCleared``, ``CaseNotReady``, ``PreFits``, ``FullFits``, ``NoCodeFits``,
    ``RegistrationMoveRefused``.
    """
    case = work.session.get_one(Case, registration.case_id)
    require_ready(work, case, Task.ISSUE_CODE)
    if MOVES.find(registration.status, _S.ISSUED) is None:
        raise RegistrationMoveRefused
    require_eligible(work, case, registration.kind)


def set_code(work: Work, registration: Registration, code: Code, expires_on: date | None) -> None:
    """Issue a code on a request, as keyed hashes; a disputed one that it is for is replaced.

    Raises ``CodeTaken``, ``RegistrationMoveRefused``.
    """
    locator = require_fresh(work, code)
    _move(work, registration, _S.ISSUED)
    registration.expires_on = expires_on
    registration.locator = locator
    registration.proof = proof_of(work, code, registration.id, registration.kind, expires_on)
    if registration.replaces is not None:
        _move(work, work.session.get_one(Registration, registration.replaces), _S.REPLACED)


def require_fresh(work: Work, code: Code) -> bytes:
    """Return the keyed hash that finds a code; raises ``CodeTaken`` where it is on record."""
    locator = locator_index(work, code)
    taken = select(Registration.id).where(Registration.locator == locator)
    if work.session.scalars(taken).first() is not None:
        raise CodeTaken
    return locator


def deliver_code(work: Work, registration_id: UUID, handed_over: str) -> Registration:
    """Note how the code was handed over; with that the registrars' grants end.

    A full code revokes the case's pre code. Raises ``RegistrationNotFound``,
    ``RegistrationMoveRefused``, ``CodeSuspended``, ``Stale``.
    """
    registration = get_registration(work, registration_id)
    work.claim(registration)
    if registration.suspended:
        raise CodeSuspended
    _move(work, registration, _S.DELIVERED, note=handed_over)
    if registration.kind is CodeKind.FULL:
        for other in _of_case(work, registration.case_id):
            if other.kind is CodeKind.PRE and MOVES.find(other.status, _S.REVOKED):
                _revoke(work, other, RevocationReason.SUPERSEDED)
    return registration


def dispute_code(work: Work, registration: Registration, reason: DisputeReason) -> Registration:
    """Say that a code was used by another person, as a coordinator or as a registrar.

    Once one of each has said so, the use is marked as disputed and another code may be requested.
    Raises ``RegistrationMoveRefused``, ``DisputeSaid``, ``Stale``.
    """
    work.claim(registration)
    if MOVES.find(registration.status, _S.DISPUTED) is None:
        raise RegistrationMoveRefused
    me = work.principal.id
    said = (registration.coordinator_disputes, registration.registrar_disputes)
    coordinates = said[0] is None and work.acts_as(Role.COORDINATOR)
    if me in said or not (coordinates or (said[1] is None and work.acts_as(Role.REGISTRAR))):
        raise DisputeSaid
    if coordinates:
        registration.coordinator_disputes = me
    else:
        registration.registrar_disputes = me
    registration.dispute = reason
    work.trail.record(
        EventKind.REGISTRATION_DISPUTE_SAID,
        registration.case_id,
        registration=str(registration.id),
        reason=reason.value,
    )
    if registration.coordinator_disputes and registration.registrar_disputes:
        _move(work, registration, _S.DISPUTED, reason=reason.value)
    return registration


def revoke_registration(
    work: Work, registration: Registration, reason: RevocationReason
) -> Registration:
    """Revoke a code or a request, for good. Needs no key.

    Raises ``RegistrationMoveRefused`` where it is over already, ``Stale``.
    """
    work.claim(registration)
    _revoke(work, registration, reason)
    return registration


def expire_codes(work: Work) -> int:
    """Note which codes have passed their last day; returns how many. A job of the worker."""
    passed = work.session.scalars(
        select(Registration).where(
            Registration.status.in_(CODE_ALIVE), Registration.expires_on < work.today()
        )
    ).all()
    for registration in passed:
        _move(work, registration, _S.EXPIRED)
    return len(passed)


def status_on(registration: Registration, today: date) -> RegistrationStatus:
    """Return the status of a registration on a day, expired or not as its last day says."""
    if registration.status in CODE_ALIVE and not _lasts(registration, today):
        return _S.EXPIRED
    return registration.status


def _revoke(work: Work, registration: Registration, reason: RevocationReason) -> None:
    _move(work, registration, _S.REVOKED, reason=reason.value)


def _move(
    work: Work,
    registration: Registration,
    to: RegistrationStatus,
    *,
    note: str | None = None,
    **facts: str,
) -> None:
    """The only place where a status changes, but for the statement in ``redemption``."""
    was = registration.status
    expired = status_on(registration, work.today()) is _S.EXPIRED
    if MOVES.find(was, to) is None or expired is not (to is _S.EXPIRED):
        raise RegistrationMoveRefused
    if note is not None:
        notes = (*read_notes(work, registration), MoveNote(to, note, work.now()))
        work.vault.seal(registration.notes, RegistrationNotes(notes))
    registration.status = to
    registration.moved_on = work.today()
    if to not in CODE_ALIVE:
        registration.proof = None
    if to not in WORKED_ON:
        work.grants.end(registration.case_id, about=registration.id)
    work.trail.record(
        EventKind.REGISTRATION_MOVED,
        registration.case_id,
        registration=str(registration.id),
        was=was.value,
        became=to.value,
        **facts,
    )


def _conflicts(work: Work, other: Registration, kind: CodeKind) -> bool:
    same_or_more = other.kind is kind or other.kind is CodeKind.FULL
    return same_or_more and status_on(other, work.today()) not in OVER


def _lasts(registration: Registration, today: date) -> bool:
    return registration.expires_on is None or registration.expires_on >= today


def _of_case(work: Work, case_id: UUID) -> Sequence[Registration]:
    return work.session.scalars(select(Registration).where(Registration.case_id == case_id)).all()


def _page(
    work: Work, which: ColumnElement[bool], limit: int, after: tuple[date, UUID] | None
) -> Sequence[Registration]:
    query = select(Registration).where(which)
    page = in_order(query, Registration.requested_on, after=after, limit=limit)
    return work.session.scalars(page).all()
