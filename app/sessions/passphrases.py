"""Reauthentication: step up, change the passphrase, set the duress passphrase.

- The credential of a session is the one whose slot opened it; no response shows which slot.
- A fresh passphrase is sealed at the newest cost, whatever the cost was before.
- Each returns a new token or leaves the old one as it is.
- Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from app.permissions import Role, holds
from app.sessions import throttle
from app.sessions.ending import end_sessions
from app.sessions.errors import PassphraseWrong
from app.sessions.models import MemberSession
from app.sessions.service import OpenedSession, expire_soon, open_session
from app.vault.keyring import MemberSecrets
from app.work import Work


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


def step_up(work: Work, stretched: Sequence[Stretched]) -> OpenedSession:
    """Replace the session by one that also holds the lead's second key, for minutes.

    The old token ends; the session's absolute end stays. Raises ``PassphraseWrong``.
    """
    own, unlocked = _unlock(work, stretched)
    lead = open_lead_key(work.deployment, own.credential, own.number, stretched)
    before = work.session.get_one(MemberSession, work.principal.session_id)
    work.session.delete(before)
    keys = MemberSecrets(unlocked.keys.work, unlocked.keys.sign, lead)
    opened = open_session(work, own.member, keys, until=before.ends_at)
    work.trail.record(EventKind.SESSION_STEPPED_UP, member=str(own.member.id))
    return opened


def change_passphrase(
    work: Work, stretched: Sequence[Stretched], fresh: Passphrase
) -> OpenedSession:
    """Wrap the same keys under a fresh passphrase, end every other session, and open a new one.

    The session of this request ends within minutes. Raises ``PassphraseWrong``.
    """
    own, unlocked = _unlock(work, stretched)
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


def set_second_passphrase(work: Work, stretched: Sequence[Stretched], fresh: Passphrase) -> None:
    """Let a fresh passphrase open a harmless account instead of the principal's own.

    From within the harmless account the response is alike, and nothing changes.
    Raises ``PassphraseWrong``.
    """
    own, unlocked = _unlock(work, stretched)
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


def _unlock(work: Work, stretched: Sequence[Stretched]) -> tuple[_OwnSlot, UnlockedAccount]:
    own = _own_slot(work)
    unlocked = try_slots(work.deployment, own.credential, stretched)
    if unlocked is None or unlocked.member_id != work.principal.id:
        account = own.credential.id.bytes
        work.session.close()  # the failure is counted in a unit of work of its own
        throttle.note_failure(work.deployment, account, Lane.AGAIN, sign_in=False)
        raise PassphraseWrong
    throttle.reset_failures(work, own.credential.id.bytes, Lane.AGAIN)
    return own, unlocked


def _own_slot(work: Work) -> _OwnSlot:
    member = work.session.get_one(Member, work.principal.id)
    profile = work.vault.open(member.profile)
    first = profile.slot is CredentialSlot.FIRST
    credential = work.session.get_one(Credential, member.id if first else profile.pair)
    return _OwnSlot(credential, FIRST if first else SECOND, member, profile)
