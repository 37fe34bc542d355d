"""Set up a second factor, replace it, end it, and make recovery codes.

- Who begins enters their passphrase, and a code of the factor that they have. What they have counts
  until the first code of the new secret has come.
- A change ends the member's other sessions and returns a new one; the session of the request ends
  within minutes.
- Who needs a factor replaces it and never only ends it. A lead ends another member's, whose device
  is gone: their sessions end, leads are told, and they are told at their next sign-in.
- The log has one kind of event for what members do with their own, and does not show which.

Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from app.accounts.errors import MemberNotFound, MemberRemoved
from app.accounts.models import Member, MemberStatus
from app.accounts.service import get_member, is_first_slot
from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.crypto.passwords import Stretched
from app.crypto.totp import find_step, new_secret
from app.factors.alerts import raise_factor_ended
from app.factors.codes import code_letters, hash_of, new_recovery_code
from app.factors.errors import CodeWrong, FactorNeeded, FactorNotBegun, FactorNotSetUp
from app.factors.service import OpenedFactor, is_needed, keep_state, open_factor, write_state
from app.factors.state import CODES, FactorState
from app.sessions.ending import end_sessions
from app.sessions.passphrases import reauthenticate
from app.sessions.service import OpenedSession, expire_soon, open_session
from app.store.authenticated import is_altered
from app.vault.errors import Tampered
from app.vault.keyring import MemberSecrets
from app.vault.models import MemberKeys
from app.work import Work

WAITS_FOR = timedelta(minutes=15)
"""How long a new secret waits for its first code."""


@dataclass(frozen=True, slots=True)
class ConfirmedFactor:
    """A second factor that now counts: a session opened with it, and its recovery codes, once."""

    opened: OpenedSession
    recovery_codes: Sequence[str] = field(repr=False)


def find_own_factor(work: Work) -> OpenedFactor:
    """Return the principal's second factor, or what is in the place of one."""
    member = work.session.get_one(Member, work.principal.id)
    return open_factor(work, member, work.keyring.secrets)


def begin_factor(work: Work, stretched: Sequence[Stretched], code: str | None) -> bytes:
    """Make a secret that waits for its first code; raises as ``reauthenticate`` does."""
    factor = reauthenticate(work, stretched, code)
    secret = new_secret()
    until = int((work.now() + WAITS_FOR).timestamp()) // 60
    _keep(work, factor, replace(factor.state, pending=secret, pending_until=until))
    return secret


def confirm_factor(work: Work, code: str) -> ConfirmedFactor:
    """Let the secret that was begun count from its first code on; raises ``FactorNotBegun``.

    Recovery codes are made, and those from before count no more. Raises ``CodeWrong``.
    """
    factor = find_own_factor(work)
    state = factor.state
    if state.pending is None or state.pending_until < int(work.now().timestamp()) // 60:
        raise FactorNotBegun
    step = find_step(state.pending, code_letters(code), work.now())
    if step is None:
        raise CodeWrong
    codes, hashes = _new_codes(work)
    _keep(work, factor, FactorState(state.pending, last_step=step, hashes=hashes))
    return ConfirmedFactor(_renew_session(work, factor.member), codes)


def renew_recovery_codes(
    work: Work, stretched: Sequence[Stretched], code: str | None
) -> Sequence[str]:
    """Make ten recovery codes; those from before count no more.

    Raises ``FactorNotSetUp``, and as ``reauthenticate`` does.
    """
    factor = reauthenticate(work, stretched, code)
    if factor.state.secret is None:
        raise FactorNotSetUp
    codes, hashes = _new_codes(work)
    _keep(work, factor, replace(factor.state, hashes=hashes))
    return codes


def end_own_factor(work: Work, stretched: Sequence[Stretched], code: str | None) -> OpenedSession:
    """End the principal's second factor: passphrases alone open the account again.

    Raises ``FactorNeeded`` where the role needs one, ``FactorNotSetUp``, and as ``reauthenticate``
    does.
    """
    factor = reauthenticate(work, stretched, code)
    if factor.state.secret is None:
        raise FactorNotSetUp
    if is_needed(work, factor):
        raise FactorNeeded
    _keep(work, factor, FactorState())
    raise_factor_ended(work, factor)
    return _renew_session(work, factor.member)


def end_factor_of(work: Work, member_id: UUID) -> Member:
    """End another member's second factor, whose device is gone: they set up a new one.

    Raises ``MemberNotFound``, also for oneself; ``MemberRemoved``, ``Tampered``.
    """
    member = get_member(work, member_id)
    if member.id == work.principal.id or not is_first_slot(work, member):
        raise MemberNotFound
    if member.status is MemberStatus.REMOVED:
        raise MemberRemoved
    pair = work.vault.open(member.profile).pair
    keys = work.session.get_one(MemberKeys, pair)
    if is_altered(work.session, keys):
        raise Tampered
    state = FactorState(ended_on=work.today())
    write_state(work, (member.id, pair), state, keys.work_public)
    end_sessions(work, member.id)
    end_sessions(work, pair)
    raise_alert(work, AlertKind.FACTOR_ENDED, member_id=member.id, team_id=member.team_id)
    work.trail.record(EventKind.MEMBER_FACTOR_ENDED, member=str(member.id))
    return member


def _new_codes(work: Work) -> tuple[list[str], tuple[bytes, ...]]:
    codes = [new_recovery_code() for _ in range(CODES)]
    key = work.deployment.recovery_code_key
    return codes, tuple(hash_of(key, code_letters(code)) for code in codes)


def _keep(work: Work, factor: OpenedFactor, state: FactorState) -> None:
    keep_state(work, factor, state)
    work.trail.record(EventKind.FACTOR_CHANGED, member=str(factor.member.id))


def _renew_session(work: Work, member: Member) -> OpenedSession:
    """End the member's other sessions, this one within minutes, and open a new one."""
    current_id = work.principal.session_id
    end_sessions(work, member.id, but=current_id)
    if current_id is not None:
        expire_soon(work, current_id)
    keys = work.keyring.secrets
    return open_session(work, member, MemberSecrets(keys.work, keys.sign))
