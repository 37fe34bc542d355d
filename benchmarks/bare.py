"""The same five endpoints over plain columns: no sealing, no audit, no grants.

Router, request pool, bodies, responses, cleaning of texts, caps on searches and sign-ins,
idempotency and Argon2 are those of the application, so that only storage differs; it runs with the
sealing taken out, which leaves kept responses in the clear. Access is a team's or an author's
column.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, fields
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Any, Final, TypeVar, cast
from uuid import UUID

from fastapi import FastAPI, Query
from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select, tuple_, update
from sqlalchemy.orm import Session

from app.accounts.credentials import Stretching, floor_of
from app.accounts.logins import login_index
from app.accounts.schemas import MemberRole
from app.cases import service
from app.cases.cleaning import (
    clean_account,
    clean_contact,
    clean_household,
    clean_identity,
    clean_papers,
)
from app.cases.errors import CaseNotFound
from app.cases.models import (
    Account,
    CaseStatus,
    Contact,
    Household,
    Identity,
    Papers,
    Relative,
    Reporting,
    Summary,
    count_people,
)
from app.cases.schemas import CasePageQuery, CaseRead, CaseStateRead, CaseSummary
from app.crypto import hpke, signing
from app.crypto.derive import digest, equal
from app.crypto.passwords import Argon2Cost, Stretched
from app.crypto.stretching import Lane
from app.deployment import Deployment
from app.http.needs import Public
from app.http.paging import Page, page_of, position
from app.http.routing import Router
from app.intake.schemas import CaseCreate
from app.intake.service import Intake, _call_sign
from app.main import assemble
from app.permissions import Permission, Role, roles_in
from app.principal import Principal
from app.search import service as search
from app.search.errors import SearchValueInvalid
from app.search.schemas import SearchCreate, SearchRead
from app.sessions import throttle
from app.sessions.errors import SessionEnded, SignInRefused
from app.sessions.schemas import SessionCreate, SessionRead
from app.store.base import new_id
from app.text import identifiers
from app.text.dates import minute_of
from app.vault.keyring import MemberSecrets
from app.work import Work
from benchmarks.bare_tables import BareCase, BareMember, BarePhone, BareSession

T = TypeVar("T")

_NO_KEYS: Final = MemberSecrets(
    hpke.PrivateKey(bytes(hpke.SEED_BYTES)), signing.SigningKey(bytes(signing.SEED_BYTES))
)
_LISTED: Final = select(
    BareCase.id,
    BareCase.version,
    BareCase.status,
    BareCase.opened_on,
    BareCase.moved_on,
    BareCase.triaged_on,
    BareCase.emergency_until,
    *(getattr(BareCase, field.name) for field in fields(Summary)),
)
_FIND: Final = (
    select(
        BareSession.seen_at,
        BareSession.ends_at,
        BareMember.id,
        BareMember.role,
        BareMember.team_id,
    )
    .join(BareMember, BareMember.id == BareSession.member_id)
    .where(BareSession.id == bindparam("token"))
)

router = Router(tags=["bare"])


def create_bare_app(deployment: Deployment) -> FastAPI:
    """Return the bare application, over the deployment's database and settings."""
    return assemble(deployment, [router], principal_of)


# ---------------------------------------------------------------------- sessions


def open_session(session: Session, deployment: Deployment, member: BareMember) -> str:
    """Add a session's row, and return its token."""
    token = secrets.token_bytes(32)
    minute = minute_of(deployment.clock())
    session.add(
        BareSession(
            id=digest(token),
            member_id=member.id,
            seen_at=minute,
            ends_at=minute + timedelta(hours=deployment.settings.session_hours),
        )
    )
    return urlsafe_b64encode(token).rstrip(b"=").decode()


def principal_of(
    session: Session, deployment: Deployment, token: str
) -> tuple[Principal, MemberSecrets]:
    """Return whose token this is: one query, as the application's."""
    key = digest(urlsafe_b64decode(token + "="))
    row = session.connection().execute(_FIND, {"token": key}).one_or_none()
    now = deployment.clock()
    idle = timedelta(minutes=deployment.settings.session_idle_minutes)
    if row is None or now >= row.ends_at or now - row.seen_at > idle:
        raise SessionEnded
    minute = minute_of(now)
    if minute > row.seen_at:
        touched = update(BareSession).where(BareSession.id == key).values(seen_at=minute)
        session.connection().execute(touched)
    return Principal(row.id, roles_in(row.team_id, row.role), row.team_id), _NO_KEYS


def _begin_sign_in(work: Work, body: SessionCreate) -> Stretching:
    index = login_index(work.deployment, body.login)
    delay = throttle.find_delay(work, index, Lane.STRANGER)
    member = _member(work, index)
    cost = Argon2Cost(member.memory_kib, member.iterations, 1)
    return Stretching(body.passphrase, member.salt, cost, floor_of(work.deployment), delay)


def _member(work: Work, index: bytes) -> BareMember:
    query = select(BareMember).where(BareMember.login_index == index)
    member = work.session.scalars(query).one_or_none()
    if member is None:
        raise SignInRefused
    return member


@router.post(
    "/sessions", needs=Public("this is the way in"), stretch=_begin_sign_in, status_code=201
)
def sign_in(body: SessionCreate, work: Work, stretched: Stretched) -> SessionRead:
    """Sign in by a verifier."""
    index = login_index(work.deployment, body.login)
    member = _member(work, index)
    if not equal(member.verifier, stretched.verifier):
        raise SignInRefused
    throttle.reset_failures(work, index, Lane.STRANGER)
    settings = work.deployment.settings
    return SessionRead(
        token=open_session(work.session, work.deployment, member),
        session_id=new_id(),
        member_id=member.id,
        roles=[MemberRole(role=member.role, team_id=member.team_id)],
        team_id=member.team_id,
        idle_minutes=settings.session_idle_minutes,
        ends_at=minute_of(work.now()) + timedelta(hours=settings.session_hours),
    )


# ---------------------------------------------------------------------- cases


def add_case(work: Work, given: Intake) -> BareCase:
    """Add a case in plain columns, and its numbers for the search."""
    cells = (
        clean_identity(given.identity),
        clean_papers(given.papers),
        clean_household(given.household),
        clean_account(given.account),
    )
    contact = clean_contact(given.contact)
    people, infants = count_people(given.household)
    today = work.today()
    facts = asdict(contact)
    for cell in cells:
        facts |= asdict(cell)
    case = BareCase(
        id=given.id or new_id(),
        team_id=work.principal.team_id,
        status=CaseStatus.SUBMITTED,
        opened_on=today,
        moved_on=today,
        opened_by=work.principal.id,
        call_sign=_call_sign(),
        standing=given.standing,
        urgent=given.urgent,
        people=people,
        infants=infants,
        language=given.language,
        half_year=f"{today.year}H{1 if today.month <= 6 else 2}",
        rank_band=given.rank_band,
        region_group=given.region_group,
        infants_until=(),
        # What mergers keep beside a value is of no list and no search.
        **{name: value for name, value in facts.items() if name != "also"},
    )
    work.session.add(case)
    numbers = frozenset().union(*map(identifiers.phones, contact.phones))
    work.session.add_all(BarePhone(id=new_id(), case_id=case.id, number=n) for n in numbers)
    return case


def _reach(principal: Principal) -> ColumnElement[bool]:
    if principal.role is Role.COORDINATOR:
        return BareCase.team_id == bindparam("mine")
    return BareCase.opened_by == bindparam("mine")


def _mine(principal: Principal) -> UUID:
    return principal.team_id if principal.role is Role.COORDINATOR else principal.id


@router.post("/cases", needs=Permission.CASE_OPEN, creates=True, status_code=201)
def open_case(body: CaseCreate, work: Work) -> CaseStateRead:
    """Log a first contact."""
    case = add_case(work, body.to_intake())
    work.session.flush()
    return CaseStateRead.of(cast("Any", case))


@router.get("/cases", needs=Permission.CASE_LIST)
def list_cases(work: Work, page: Annotated[CasePageQuery, Query()]) -> Page[CaseSummary]:
    """List the cases of one's team, newest first."""
    after = position(work, page, date, UUID)
    query = _LISTED.where(_reach(work.principal))
    if after:
        query = query.where(tuple_(BareCase.opened_on, BareCase.id) < after)
    newest = (BareCase.opened_on.desc(), BareCase.id.desc())
    query = query.order_by(*newest).limit(page.limit + 1)
    rows = work.session.connection().execute(query, {"mine": _mine(work.principal)}).all()
    return page_of(
        work,
        page,
        rows,
        keys=lambda row: (row.opened_on, row.id),
        show=lambda shown: list(map(_item, shown)),
    )


@router.get("/cases/{case_id}", needs=Permission.CASE_READ)
def read_case(case_id: UUID, work: Work) -> CaseRead:
    """Read a case of one's team, or of one's own."""
    case = work.session.get(BareCase, case_id)
    principal = work.principal
    if case is None or _mine(principal) not in (case.team_id, case.opened_by):
        raise CaseNotFound
    household = Household(tuple(Relative(**r) for r in case.relatives))
    return CaseRead.of(
        service.CaseDetails(
            cast("Any", case),
            _taken(case, Summary),
            _taken(case, Identity),
            _taken(case, Papers),
            household,
            _taken(case, Contact),
            _taken(case, Account),
            _taken(case, Reporting),
            (),
        )
    )


@router.post("/searches", needs=Permission.CASE_SEARCH)
def search_cases(body: SearchCreate, work: Work) -> SearchRead:
    """Look for a telephone number among the cases of one's team."""
    wanted = identifiers.phones(body.value)
    if not wanted:
        raise SearchValueInvalid(body.kind)
    search._charge(work)  # noqa: SLF001 - the same cap for both
    values = {"mine": work.principal.team_id, "numbers": sorted(wanted)}
    rows = work.session.connection().execute(_probe(), values).all()
    return SearchRead(items=list(map(_item, rows)), complete=True, looked_through=0)


@cache
def _probe() -> Select[*tuple[Any, ...]]:
    numbers: BindParameter[Any] = bindparam("numbers", expanding=True)
    found = select(BarePhone.case_id).where(BarePhone.number.in_(numbers))
    return _LISTED.where(BareCase.id.in_(found), BareCase.team_id == bindparam("mine"))


def _taken(row: Any, kind: type[T], **instead: Any) -> T:
    own = {field.name for field in fields(cast("Any", kind))} - set(instead)
    # What mergers keep beside a value (``also``) has no column here.
    names = [name for name in sorted(own) if hasattr(row, name)]
    return kind(**{name: getattr(row, name) for name in names}, **instead)


def _item(row: Any) -> CaseSummary:
    return CaseSummary.of(row, _taken(row, Summary))
