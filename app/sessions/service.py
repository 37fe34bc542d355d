"""Sessions: open one with a member's keys, read its token at each request, list and end them.

- A row's id and the key of its sealed keys are derived from the token; the key also takes the
  boot key, which is on no disk.
- The keys are sealed to the minute in which the session was opened, and a lead's second key to its
  last one as well: who writes to the database prolongs neither.
- Roles and status are read from the member's row at every request, so that a change or a removal
  holds at the next one.
- A session that may only set up a second factor says so beside its keys, where nobody changes it.
- Knows how keys are kept during a session; not how they were unlocked.
"""

from __future__ import annotations

import binascii
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.accounts.models import SHUT_OUT, Member, MemberStatus
from app.audit.events import EventKind
from app.crypto import hpke, signing
from app.crypto.aead import WrapKey
from app.crypto.derive import hkdf
from app.crypto.errors import CryptoError
from app.crypto.framing import frame, frame_parts
from app.crypto.hpke import PrivateKey
from app.crypto.labels import Label
from app.crypto.signing import SigningKey
from app.deployment import Deployment
from app.permissions import MemberRoles, Role, roles_in
from app.principal import Principal
from app.sessions.errors import SessionEnded, SessionNotFound
from app.sessions.models import MemberSession
from app.store.checked_queries import CheckedQuery
from app.store.kept_statements import connection_of
from app.store.queries import count_changed
from app.text.dates import minute_of
from app.vault.keyring import MemberSecrets
from app.work import Work

TOKEN_BYTES = 32
EXPIRES_SOON = timedelta(minutes=3)
_TOKEN_LENGTH = 43
_KEYS_BYTES = hpke.SEED_BYTES + signing.SEED_BYTES
_ID_INFO = frame(Label.SESSION_ID)
_KEYS_INFO = frame(Label.SESSION_KEYS)
_LEAD_INFO = frame(Label.SESSION_LEAD)


class _Found(NamedTuple):
    """A session with its member."""

    member_id: UUID
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime
    keys_sealed: bytes
    lead_sealed: bytes | None
    lead_until: datetime | None
    roles: MemberRoles
    status: MemberStatus
    team_id: UUID


_SESSIONS, _MEMBERS = MemberSession.__table__.c, Member.__table__.c
_FIND_SESSION = CheckedQuery(
    Member,
    _Found,
    (
        _SESSIONS.member_id, _SESSIONS.opened_at, _SESSIONS.seen_at, _SESSIONS.ends_at,
        _SESSIONS.keys_sealed, _SESSIONS.lead_sealed, _SESSIONS.lead_until,
        _MEMBERS.roles, _MEMBERS.status, _MEMBERS.team_id,
    ),
    lambda rows: rows.where(
        _SESSIONS.id == bindparam("session_id"), _MEMBERS.id == _SESSIONS.member_id
    ),
)  # fmt: skip
_TOUCH_SESSION = (
    update(MemberSession)
    .where(MemberSession.id == bindparam("session_id"))
    .values(seen_at=bindparam("minute"))
)


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session just opened. The token is shown once and kept nowhere."""

    token: str = field(repr=False)
    session: MemberSession
    member: Member
    idle_minutes: int
    is_enrolling: bool = False
    factor_ended_on: date | None = None


def open_session(
    work: Work,
    member: Member,
    keys: MemberSecrets,
    *,
    until: datetime | None = None,
    is_enrolling: bool = False,
) -> OpenedSession:
    """Open a session for a member with these keys, and return its token.

    ``keys.lead``, if given, is kept in the row for the minutes of a step-up. ``until`` is the
    absolute end of the session that this one replaces. ``is_enrolling``: it may only set up a
    second factor.
    """
    deployment, settings = work.deployment, work.deployment.settings
    token = secrets.token_bytes(TOKEN_BYTES)
    minute = minute_of(work.now())
    row = MemberSession(
        id=_session_id(token),
        member_id=member.id,
        opened_at=minute,
        seen_at=minute,
        ends_at=until or minute + timedelta(hours=settings.session_hours),
    )
    address = _address(deployment, row.id, member.id, minute)
    row.keys_sealed = _wrap_key(deployment, token, _KEYS_INFO).wrap(
        keys.work.seed + keys.sign.seed + bytes([is_enrolling]), address=address
    )
    if keys.lead is not None:
        row.lead_until = minute + timedelta(minutes=settings.step_up_minutes)
        row.lead_sealed = _wrap_key(deployment, token, _LEAD_INFO).wrap(
            keys.lead.seed, address=address + frame_parts(_minutes(row.lead_until))
        )
    work.session.add(row)
    text = urlsafe_b64encode(token).rstrip(b"=").decode()
    return OpenedSession(text, row, member, settings.session_idle_minutes, is_enrolling)


def principal_of(
    session: Session, deployment: Deployment, token: str
) -> tuple[Principal, MemberSecrets]:
    """Return the principal and the keys of a token, by one query. Runs at every request.

    Raises ``SessionEnded`` for a token that is unknown, idle, over, ended, of a removed or a
    suspended member, from before the last start, or whose rows are not what was written.
    """
    raw = _token_bytes(token)
    session_id = _session_id(raw)
    connection = connection_of(session)
    found = _FIND_SESSION.all(connection, deployment.row_macs, {"session_id": session_id})
    now = deployment.clock()
    if not found:
        raise SessionEnded
    row, authentic = found[0]
    if not authentic or not _is_valid(row, deployment, now):
        raise SessionEnded
    keys, is_enrolling = _unwrap_keys(row, deployment, raw, session_id, now)
    minute = minute_of(now)
    if minute > row.seen_at:
        connection.execute(_TOUCH_SESSION, {"session_id": session_id, "minute": minute})
    # Until a lead has certified the keys, a member acts as a volunteer.
    active = row.status is MemberStatus.ACTIVE
    roles = row.roles if active else roles_in(row.team_id, Role.VOLUNTEER)
    principal = Principal(
        row.member_id,
        roles,
        row.team_id,
        session_id,
        keys.lead is not None,
        is_enrolling=is_enrolling,
    )
    return principal, keys


def _is_valid(row: _Found, deployment: Deployment, now: datetime) -> bool:
    idle = timedelta(minutes=deployment.settings.session_idle_minutes)
    # Whatever the row says of its end: its beginning is what the keys were sealed at.
    longest = row.opened_at + timedelta(hours=deployment.settings.session_hours)
    return (
        now < min(row.ends_at, longest)
        and abs(now - row.seen_at) <= idle
        and row.status not in SHUT_OUT
    )


def _unwrap_keys(
    row: _Found, deployment: Deployment, token: bytes, session_id: UUID, now: datetime
) -> tuple[MemberSecrets, bool]:
    address = _address(deployment, session_id, row.member_id, row.opened_at)
    lead = None
    try:
        content = _wrap_key(deployment, token, _KEYS_INFO).unwrap(row.keys_sealed, address=address)
        if row.lead_sealed is not None and row.lead_until is not None and now < row.lead_until:
            until = address + frame_parts(_minutes(row.lead_until))
            lead = PrivateKey(
                _wrap_key(deployment, token, _LEAD_INFO).unwrap(row.lead_sealed, address=until)
            )
        work, sign = content[: hpke.SEED_BYTES], content[hpke.SEED_BYTES : _KEYS_BYTES]
        return MemberSecrets(PrivateKey(work), SigningKey(sign), lead), content[_KEYS_BYTES] == 1
    except CryptoError:
        raise SessionEnded from None


# ---------------------------------------------------------------------- listing and ending


def list_sessions(work: Work) -> Sequence[MemberSession]:
    """Return the principal's own sessions that are not over, newest first."""
    return work.session.scalars(
        select(MemberSession)
        .where(MemberSession.member_id == work.principal.id, MemberSession.ends_at > work.now())
        .order_by(MemberSession.opened_at.desc(), MemberSession.id)
    ).all()


def end_session(work: Work, session_id: UUID) -> None:
    """End one of the principal's own sessions; raises ``SessionNotFound``."""
    ended = count_changed(
        work.session,
        delete(MemberSession).where(
            MemberSession.id == session_id, MemberSession.member_id == work.principal.id
        ),
        options={"housekeeping": "the trail has session:ended"},
    )
    if not ended:
        raise SessionNotFound
    work.trail.record(EventKind.SESSION_ENDED, session=str(session_id))


def end_current_session(work: Work) -> None:
    """End the session of this request; raises ``SessionNotFound`` where there is none."""
    if work.principal.session_id is None:
        raise SessionNotFound
    end_session(work, work.principal.session_id)


def expire_soon(work: Work, session_id: UUID) -> None:
    """End a session in a few minutes, so that a lost response can be requested again.

    The response may hold the only passphrase that opens the account.
    """
    soon = minute_of(work.now()) + EXPIRES_SOON
    work.session.execute(
        update(MemberSession)
        .where(MemberSession.id == session_id, MemberSession.ends_at > soon)
        .values(ends_at=soon, lead_sealed=None, lead_until=None),
        execution_options={"housekeeping": "the caller's event says so"},
    )


def forget_ended(work: Work) -> int:
    """Delete sessions that are over or idle; returns how many. A job of the worker."""
    idle = timedelta(minutes=work.deployment.settings.session_idle_minutes)
    return count_changed(
        work.session,
        delete(MemberSession).where(
            (MemberSession.ends_at <= work.now()) | (MemberSession.seen_at < work.now() - idle)
        ),
        options={"housekeeping": "only sessions that are over"},
    )


# ---------------------------------------------------------------------- token and keys


def _token_bytes(token: str) -> bytes:
    """Return a token's bytes; any other spelling of the same bytes is refused."""
    if len(token) != _TOKEN_LENGTH:
        raise SessionEnded
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=")
    except (binascii.Error, ValueError):
        raise SessionEnded from None
    if urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
        raise SessionEnded
    return raw


def _session_id(token: bytes) -> UUID:
    return UUID(bytes=hkdf(token, info=_ID_INFO, length=16))


def _wrap_key(deployment: Deployment, token: bytes, info: bytes) -> WrapKey:
    return WrapKey(hkdf(token + deployment.boot_key, info=info))


def _address(
    deployment: Deployment, session_id: UUID, member_id: UUID, opened_at: datetime
) -> bytes:
    organisation = deployment.organisation
    return frame(Label.SESSION, organisation, session_id, member_id, _minutes(opened_at))


def _minutes(at: datetime) -> int:
    return int(at.timestamp()) // 60
