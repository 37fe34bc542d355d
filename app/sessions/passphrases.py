"""Reauthentication: step up, change the passphrase, set the duress passphrase.

- The credential of a session is the one whose slot opened it; no response shows which slot.
- Who has a second factor sends a code each time, as at sign-in.
- A fresh passphrase is sealed at the newest cost, whatever the cost was before.
- Each returns a new token or leaves the old one as it is.
- Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from app.accounts.admission import Passphrase, second_keys
from app.accounts.credentials import (
    FIRST,
    SECOND,
    Stretching,
    UnlockedAccount,
    fill_slot,
    fresh_passphrase,
    open_lead_key,
    stretchings_of,
    try_slots,
)
from app.accounts.models import Credential, CredentialSlot, Member, Profile
from app.audit.events import EventKind
from app.crypto.passwords import Stretched
from app.crypto.stretching import Lane
from app.deployment import Deployment
from app.factors.alerts import note_recovery_code, raise_codes_refused
from app.factors.errors import CodeWrong
from app.factors.service import OpenedFactor, keep_state, open_factor, take_code
from app.permissions import Role, holds
from app.principal import NOBODY
from app.sessions import throttle
from app.sessions.ending import end_sessions
from app.sessions.errors import PassphraseWrong
from app.sessions.models import MemberSession
from app.sessions.service import OpenedSession, expire_soon, open_session
from app.vault.keyring import MemberSecrets
from app.work import Work, begin_work, unit_of_work


@dataclass(frozen=True, slots=True)
class _OwnSlot:
    """The credential and slot that hold the principal's keys."""

    credential: Credential
    number: int
    member: Member
    profile: Profile


def start_reauthentication(work: Work, passphrase: str) -> list[Stretching]:
    """Return what to stretch for a member who is signed in, and after which delay.

    Raises ``CredentialTampered``.
    """
    own = _own_slot(work)
    delay = throttle.find_delay(work, own.credential.id.bytes, Lane.AGAIN)
    return stretchings_of(work.deployment, own.credential, passphrase, delay=delay, lane=Lane.AGAIN)


def start_passphrase_change(work: Work, passphrase: str) -> list[Stretching]:
    """Return what to stretch to replace a passphrase: a fresh one first, then the old one.

    Raises as ``start_reauthentication`` does.
    """
    old = start_reauthentication(work, passphrase)
    return [fresh_passphrase(work.deployment), *old]


def step_up(work: Work, stretched: Sequence[Stretched], code: str | None = None) -> OpenedSession:
    """Replace the session by one that also holds the lead's second key, for minutes.

    The old token ends; the session's absolute end stays. Raises as ``reauthenticate`` does.
    """
    own, unlocked = _unlock(work, stretched, code)
    lead = open_lead_key(work.deployment, own.credential, own.number, stretched)
    before = work.session.get_one(MemberSession, work.principal.session_id)
    work.session.delete(before)
    keys = MemberSecrets(unlocked.keys.work, unlocked.keys.sign, lead)
    opened = open_session(work, own.member, keys, until=before.ends_at)
    work.trail.record(EventKind.SESSION_STEPPED_UP, member=str(own.member.id))
    return opened


def change_passphrase(
    work: Work, stretched: Sequence[Stretched], fresh: Passphrase, code: str | None = None
) -> OpenedSession:
    """Wrap the same keys under a fresh passphrase, end every other session, and open a new one.

    The session of this request ends within minutes. Raises as ``reauthenticate`` does.
    """
    own, unlocked = _unlock(work, stretched, code)
    keys = unlocked.keys
    if holds(own.member.roles, Role.LEAD):
        lead = open_lead_key(work.deployment, own.credential, own.number, stretched)
        keys = MemberSecrets(keys.work, keys.sign, lead)
    _seal(work, own.credential, own.number, own.member.id, keys, fresh)
    current_id = work.principal.session_id
    end_sessions(work, own.member.id, but=current_id)
    if current_id is not None:
        expire_soon(work, current_id)
    work.trail.record(EventKind.PASSPHRASE_CHANGED, member=str(own.member.id))
    return open_session(work, own.member, MemberSecrets(keys.work, keys.sign))


def set_second_passphrase(
    work: Work, stretched: Sequence[Stretched], fresh: Passphrase, code: str | None = None
) -> None:
    """Let a fresh passphrase open a harmless account instead of the principal's own.

    From within the harmless account the response is alike, and nothing changes.
    Raises as ``reauthenticate`` does.
    """
    own, unlocked = _unlock(work, stretched, code)
    if own.number == FIRST:
        keys = second_keys(unlocked.keys)
        _seal(work, own.credential, SECOND, own.profile.pair, keys, fresh)
        end_sessions(work, own.profile.pair)
    work.trail.record(EventKind.PASSPHRASE_CHANGED, member=str(own.member.id))


def _seal(
    work: Work,
    credential: Credential,
    slot: int,
    member_id: UUID,
    keys: MemberSecrets,
    fresh: Passphrase,
) -> None:
    fill_slot(
        work.deployment,
        credential,
        slot,
        member_id,
        keys,
        fresh.stretched,
        salt=fresh.salt,
        cost=fresh.cost,
    )


def reauthenticate(work: Work, stretched: Sequence[Stretched], code: str | None) -> OpenedFactor:
    """Check passphrase and code again; return the second factor, with the code used.

    Raises ``PassphraseWrong``, ``CodeNeeded``, ``CodeWrong``, ``FactorTampered``.
    """
    own, unlocked = _check_passphrase(work, stretched)
    factor = _use_code(work, own, unlocked, code)
    throttle.reset_failures(work, own.credential.id.bytes, Lane.AGAIN)
    return factor


def _unlock(
    work: Work, stretched: Sequence[Stretched], code: str | None
) -> tuple[_OwnSlot, UnlockedAccount]:
    own, unlocked = _check_passphrase(work, stretched)
    _use_code(work, own, unlocked, code)
    throttle.reset_failures(work, own.credential.id.bytes, Lane.AGAIN)
    return own, unlocked


def _use_code(
    work: Work, own: _OwnSlot, unlocked: UnlockedAccount, code: str | None
) -> OpenedFactor:
    account = own.credential.id.bytes
    factor = open_factor(work, own.member, unlocked.keys)
    resting = throttle.are_codes_resting(work, account, Lane.AGAIN)
    try:
        taken = take_code(work, factor, code, is_resting=resting)
    except CodeWrong:
        work.session.close()  # as for a wrong passphrase
        _note_wrong_code(work.deployment, factor, account)
        raise
    if taken.is_recovery:
        note_recovery_code(work, factor)
    keep_state(work, factor, taken.state)
    return replace(factor, state=taken.state)


def _note_wrong_code(deployment: Deployment, factor: OpenedFactor, account: bytes) -> None:
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            if throttle.count_wrong_code(work, account, Lane.AGAIN):
                raise_codes_refused(work, factor)
            work.trail.record(EventKind.SESSION_CODE_REFUSED, member=str(factor.member.id))


def _check_passphrase(
    work: Work, stretched: Sequence[Stretched]
) -> tuple[_OwnSlot, UnlockedAccount]:
    own = _own_slot(work)
    unlocked = try_slots(work.deployment, own.credential, stretched)
    if unlocked is None or unlocked.member_id != work.principal.id:
        account = own.credential.id.bytes
        work.session.close()  # the failure is counted in a unit of work of its own
        throttle.note_failure(work.deployment, account, Lane.AGAIN, sign_in=False)
        raise PassphraseWrong
    return own, unlocked


def _own_slot(work: Work) -> _OwnSlot:
    member = work.session.get_one(Member, work.principal.id)
    profile = work.vault.open(member.profile)
    first = profile.slot is CredentialSlot.FIRST
    credential = work.session.get_one(Credential, member.id if first else profile.pair)
    return _OwnSlot(credential, FIRST if first else SECOND, member, profile)
