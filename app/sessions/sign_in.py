"""Signing in: one stretched passphrase, the same work and the same rows whoever asks.

A name that nobody has, a wrong passphrase and a removed member are refused in the same way, after
the same work. Both slots are tried; each sign-in leaves one sealed notice, which is nearly always
empty. Knows no HTTP; the stretching itself happens between ``begin_sign_in`` and ``sign_in``.
"""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.credentials import (
    Stretching,
    Unlocked,
    absent_credential,
    stretching_of,
    try_slots,
)
from app.accounts.logins import login_index
from app.accounts.models import Credential, Member, MemberStatus
from app.accounts.standing import stands
from app.alerts.service import settle_alerts
from app.audit.events import EventKind
from app.crypto.passwords import Stretched
from app.deployment import Deployment
from app.sessions import duress, throttle
from app.sessions.errors import SignInRefused
from app.sessions.service import Opened, open_session
from app.work import NOBODY, Work, begin_work, unit_of_work


def begin_sign_in(work: Work, login: str, passphrase: str) -> Stretching:
    """Count the attempt, and return what is to be stretched and how long it has to wait.

    Raises ``SignInBudgetSpent``, ``CredentialTampered`` for a cost below the floor.
    """
    index = login_index(work.deployment, login)
    delay = throttle.count_attempt(work, index)
    credential = _credential(work, index)
    return stretching_of(work.deployment, credential, passphrase, delay=delay)


def sign_in(work: Work, login: str, stretched: Stretched) -> Opened:
    """Open a session for whoever this name and passphrase belong to.

    Raises ``SignInRefused`` for anything else, with ``session:refused`` on record.
    """
    index = login_index(work.deployment, login)
    settle_alerts(work)
    unlocked = try_slots(work.deployment, _credential(work, index), stretched)
    member = None if unlocked is None else _standing_member(work, unlocked)
    if unlocked is None or member is None:
        # Lets go of the database first: the refusal goes on record in a unit of its own.
        work.session.close()
        _note_refusal(work.deployment, index)
        raise SignInRefused
    throttle.reset_failures(work, index)
    duress.raise_sign_in_alert(work, unlocked)
    opened = open_session(work, member, unlocked.keys)
    work.trail.record(EventKind.SESSION_OPENED, member=str(member.id))
    return opened


def _credential(work: Work, index: bytes) -> Credential:
    """The credential behind a name, or one that looks the same and that nothing opens."""
    found = work.session.scalars(
        select(Credential)
        .join(Member, Member.id == Credential.id)
        .where(Member.login_index == index, Member.status != MemberStatus.REMOVED)
    ).one_or_none()
    absent = absent_credential(work.deployment, index)
    return found or absent


def _standing_member(work: Work, unlocked: Unlocked) -> Member | None:
    member = work.session.get(Member, unlocked.member_id)
    if member is None or member.status is MemberStatus.REMOVED:
        return None
    row = (member.id, member.team_id, member.role, member.status, member.standing)
    return member if stands(work.deployment, *row) else None


def _note_refusal(deployment: Deployment, index: bytes) -> None:
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            work.trail.record(EventKind.SESSION_REFUSED, account=index.hex())
