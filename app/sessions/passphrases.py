"""A passphrase given again by somebody signed in: the second unlock, and changing passphrases.

The credential behind a session is the one whose slot opened it. Every one of these gives a new
token or leaves the old one alone; none says which slot it looked into. Knows no HTTP.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from app.accounts.admission import Passphrase, add_member
from app.accounts.credentials import (
    FIRST,
    SECOND,
    Stretching,
    Unlocked,
    fill_slot,
    filler_credential,
    open_lead_key,
    stretching_of,
    try_slots,
)
from app.accounts.models import Credential, Member, Place, Profile
from app.accounts.service import retire
from app.audit.events import EventKind
from app.crypto.hpke import PrivateKey
from app.crypto.passwords import Stretched, generate_passphrase, new_salt
from app.crypto.signing import SigningKey
from app.permissions import Role
from app.sessions import throttle
from app.sessions.ending import end_sessions
from app.sessions.errors import PassphraseWrong
from app.sessions.models import MemberSession
from app.sessions.service import Opened, let_lapse, open_session
from app.vault.keyring import MemberSecrets
from app.work import Work


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where the principal's own keys stand."""

    credential: Credential
    number: int
    member: Member
    profile: Profile


def begin_again(work: Work, passphrase: str) -> Stretching:
    """Count an attempt of somebody signed in, and return what is to be stretched.

    Raises ``SignInBudgetSpent``, ``CredentialTampered``.
    """
    own = _own_slot(work)
    delay = throttle.count_attempt(work, own.credential.id.bytes)
    return stretching_of(work.deployment, own.credential, passphrase, delay=delay)


def begin_renewal(work: Work, passphrase: str) -> tuple[Stretching, Stretching]:
    """Return what is to be stretched to replace a passphrase: the old one, and a fresh one.

    Both take the credential's salt and cost, because its other slot does. Raises as
    ``begin_again`` does.
    """
    old = begin_again(work, passphrase)
    return old, Stretching(generate_passphrase(), old.salt, old.cost, old.floor)


def step_up(work: Work, stretched: Stretched) -> Opened:
    """Take the session over into one that also holds the lead's second key, for minutes.

    The old token ends; the absolute end of the session stays. Raises ``PassphraseWrong``.
    """
    own, unlocked = _unlock(work, stretched)
    lead = open_lead_key(work.deployment, own.credential, own.number, stretched)
    before = work.session.get_one(MemberSession, work.principal.session_id)
    work.session.delete(before)
    keys = MemberSecrets(unlocked.keys.work, unlocked.keys.sign, lead)
    opened = open_session(work, own.member, keys, until=before.ends_at)
    work.trail.record(EventKind.SESSION_STEPPED_UP, member=str(own.member.id))
    return opened


def change_passphrase(work: Work, stretched: Stretched, fresh: Passphrase) -> Opened:
    """Wrap the same keys under a fresh passphrase, end every other session, and open a new one.

    The session that asked ends within minutes. Raises ``PassphraseWrong``.
    """
    own, unlocked = _unlock(work, stretched)
    keys = unlocked.keys
    if own.member.role is Role.LEAD:
        lead = open_lead_key(work.deployment, own.credential, own.number, stretched)
        keys = MemberSecrets(keys.work, keys.sign, lead)
    fill_slot(work.deployment, own.credential, own.number, own.member.id, keys, fresh.stretched)
    asked_in = work.principal.session_id
    end_sessions(work, own.member.id, but=asked_in)
    if asked_in is not None:
        let_lapse(work, asked_in)
    work.trail.record(EventKind.PASSPHRASE_CHANGED, member=str(own.member.id))
    return open_session(work, own.member, MemberSecrets(keys.work, keys.sign))


def set_second_passphrase(work: Work, stretched: Stretched, fresh: Passphrase) -> None:
    """Let a fresh passphrase open a harmless account instead of the principal's own.

    Whoever is in that harmless account already is answered alike, and nothing comes of it.
    Raises ``PassphraseWrong``.
    """
    own, _ = _unlock(work, stretched)
    if own.number == FIRST:
        keys = MemberSecrets(PrivateKey.generate(), SigningKey.generate())
        second = _second_member(work, own, keys)
        fill_slot(work.deployment, own.credential, SECOND, second.id, keys, fresh.stretched)
    work.trail.record(EventKind.PASSPHRASE_CHANGED, member=str(own.member.id))


def _second_member(work: Work, own: _Slot, keys: MemberSecrets) -> Member:
    """A member who looks like one whom no lead has certified yet; made afresh each time."""
    before = work.session.get(Member, own.profile.pair)
    if before is not None:
        retire(work, before)
    called = own.profile.called
    second = add_member(
        work,
        own.member.team_id,
        Role.VOLUNTEER,
        secrets.token_bytes(32),
        Profile(called, own.member.id, Place.SECOND),
        keys,
    )
    work.session.flush()
    work.session.add(filler_credential(work.deployment, second.id, new_salt()))
    work.vault.seal(own.member.profile, Profile(called, second.id, Place.FIRST))
    return second


def _unlock(work: Work, stretched: Stretched) -> tuple[_Slot, Unlocked]:
    own = _own_slot(work)
    unlocked = try_slots(work.deployment, own.credential, stretched)
    if unlocked is None or unlocked.member_id != work.principal.id:
        raise PassphraseWrong
    throttle.reset_failures(work, own.credential.id.bytes)
    return own, unlocked


def _own_slot(work: Work) -> _Slot:
    member = work.session.get_one(Member, work.principal.id)
    profile = work.vault.open(member.profile)
    first = profile.place is Place.FIRST
    credential = work.session.get_one(Credential, member.id if first else profile.pair)
    return _Slot(credential, FIRST if first else SECOND, member, profile)
