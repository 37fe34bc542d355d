"""Sign in: check a stretched passphrase, open a session, raise an alert under duress.

- An unknown name, a wrong passphrase, a removed and a suspended member are refused alike,
  after equal work.
- Both slots are always stretched and tried. The second one opens a harmless account: the sessions
  of the real account end and its grants rest at once. No case is deleted.
- Each sign-in writes one alert of one size and the same marks in the keystore, and runs the same
  statements, whichever slot opened; no column, event or log line says which.
- A second factor is asked for once the passphrase is right, in either slot by the same statements.
  The alert of a sign-in is raised by the passphrase alone: who is forced has no code at hand, and
  the leads know all the same.
- Knows no HTTP; the stretching happens between ``start_sign_in`` and ``sign_in``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from app.accounts.credentials import (
    Stretching,
    UnlockedAccount,
    absent_credential,
    open_lead_key,
    stretchings_of,
    try_slots,
)
from app.accounts.errors import CredentialTampered
from app.accounts.logins import login_index
from app.accounts.models import SHUT_OUT, Credential, CredentialSlot, Member
from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.audit.sequencer import newest_size
from app.crypto.passwords import Stretched
from app.crypto.stretching import Lane
from app.deployment import Deployment
from app.factors.alerts import note_recovery_code, raise_codes_refused
from app.factors.errors import CodeNeeded, CodeWrong
from app.factors.service import OpenedFactor, is_needed, keep_state, open_factor, take_code
from app.factors.state import FactorState
from app.permissions import Role, holds
from app.principal import NOBODY
from app.sessions import throttle
from app.sessions.ending import end_sessions
from app.sessions.errors import SignInCodeNeeded, SignInCodeWrong, SignInRefused
from app.sessions.permits import Permit, find_permit
from app.sessions.service import OpenedSession, open_session
from app.store.authenticated import is_altered
from app.store.base import new_id
from app.vault.keyring import MemberSecrets
from app.vault.resting import rest_all_of
from app.work import Work, begin_work, unit_of_work


def start_sign_in(
    work: Work, login: str, passphrase: str, permit: str | None = None
) -> list[Stretching]:
    """Return what to stretch, after which delay and in which lane, by the device's permit.

    Raises ``SignInBudgetSpent``, ``CredentialTampered`` for a cost below the floor.
    """
    lane = throttle.find_lane(work, find_permit(work, permit))
    index = login_index(work.deployment, login)
    delay = throttle.find_delay(work, index, lane)
    credential = _credential(work, index)
    return stretchings_of(work.deployment, credential, passphrase, delay=delay, lane=lane)


def sign_in(
    work: Work,
    login: str,
    stretched: Sequence[Stretched],
    *,
    code: str | None = None,
    lane: Lane = Lane.STRANGER,
    permit: str | None = None,
    unlocks_lead: bool = False,
) -> OpenedSession:
    """Open a session of the account that this name, passphrase and code open.

    ``lane`` is the one that the attempt waited in. ``unlocks_lead``: step up as well, for commands
    that ask for everything once. Raises ``SignInRefused``, ``SignInCodeWrong``, which are counted;
    see ``throttle.record_refusals``; ``SignInCodeNeeded``, ``FactorTampered``.
    """
    index = login_index(work.deployment, login)
    credential = _credential(work, index)
    unlocked = try_slots(work.deployment, credential, stretched)
    member = None if unlocked is None else _unlocked_member(work, unlocked)
    if unlocked is None or member is None:
        # Release the connection first: the refusal is counted in a unit of work of its own.
        work.session.close()
        throttle.note_failure(work.deployment, index, lane, sign_in=True)
        raise SignInRefused
    factor = open_factor(work, member, unlocked.keys)
    state = _take_code(work, factor, code, index, lane)
    throttle.reset_failures(work, index, lane)
    _note_log_size(work, find_permit(work, permit))
    _raise_alert(work, factor)
    keep_state(work, factor, state)
    is_enrolling = state.secret is None and is_needed(work, factor)
    keys = unlocked.keys
    if unlocks_lead and not is_enrolling and holds(member.roles, Role.LEAD):
        lead = open_lead_key(work.deployment, credential, unlocked.slot, stretched)
        keys = MemberSecrets(keys.work, keys.sign, lead)
    opened = open_session(work, member, keys, is_enrolling=is_enrolling)
    work.trail.record(EventKind.SESSION_OPENED, member=str(member.id))
    return replace(opened, factor_ended_on=state.ended_on)


def _credential(work: Work, index: bytes) -> Credential:
    """Return a name's credential, or one of the same shape that nothing opens."""
    found = work.session.scalars(
        select(Credential)
        .join(Member, Member.id == Credential.id)
        .where(Member.login_index == index, Member.status.not_in(SHUT_OUT))
    ).one_or_none()
    absent = absent_credential(work.deployment, index)
    if found is not None and is_altered(work.session, found):
        raise CredentialTampered
    return found or absent


def _unlocked_member(work: Work, unlocked: UnlockedAccount) -> Member | None:
    member = work.session.get(Member, unlocked.member_id)
    if member is None or member.status in SHUT_OUT:
        return None
    return None if is_altered(work.session, member) else member


def _note_log_size(work: Work, permit: Permit | None) -> None:
    """Put on record, and tell leads, where the log is shorter than this device has seen it."""
    size = newest_size(work.session)
    if permit is not None and permit.log_size > size:
        work.trail.record(EventKind.LOG_SET_BACK, seen=permit.log_size, found=size)
        raise_alert(work, AlertKind.LOG_SET_BACK)


def _take_code(
    work: Work, factor: OpenedFactor, code: str | None, index: bytes, lane: Lane
) -> FactorState:
    """Return the state of a second factor after a code was used.

    A refusal raises the alert of the sign-in all the same, in a unit of work of its own.
    """
    resting = throttle.are_codes_resting(work, index, lane)
    try:
        taken = take_code(work, factor, code, is_resting=resting)
    except (CodeNeeded, CodeWrong) as refusal:
        work.session.close()
        wrong = isinstance(refusal, CodeWrong)
        _note_refused_code(work.deployment, factor, index, lane, wrong=wrong)
        raise (SignInCodeWrong if wrong else SignInCodeNeeded) from None
    if taken.is_recovery:
        note_recovery_code(work, factor)
    return taken.state


def _note_refused_code(
    deployment: Deployment, factor: OpenedFactor, index: bytes, lane: Lane, *, wrong: bool
) -> None:
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            _raise_alert(work, factor)
            if wrong and throttle.count_wrong_code(work, index, lane):
                raise_codes_refused(work, factor)
            work.trail.record(EventKind.SESSION_CODE_REFUSED, member=str(factor.member.id))


def _raise_alert(work: Work, factor: OpenedFactor) -> None:
    """Raise the alert of a sign-in; under duress, end the real account's sessions, rest its grants.

    Otherwise those of a member who does not exist.
    """
    member, forced = factor.member, factor.profile.slot is CredentialSlot.SECOND
    member_id = factor.profile.pair if forced else new_id()
    kind = AlertKind.DURESS_AT_SIGN_IN if forced else AlertKind.NOTHING
    raise_alert(work, kind, member_id=member_id, team_id=member.team_id)
    end_sessions(work, member_id)
    rest_all_of(work.session, member_id)
