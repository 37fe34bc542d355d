"""Suspend a member at once, and undo it.

- Any one lead suspends anybody else, another lead too; two coordinators do, the second within a
  day. The coordinator who has the watch of the member's team does alone, two people a day, and no
  lead. It takes no version and no second unlock: it must work from a phone, now.
- Sessions end; sign-in is refused as for an unknown name; nothing is sealed to the member's keys.
  Their grants stay and rest: without a session nothing of them opens.
- Another lead undoes it within 72 hours. Where no other lead is left, a coordinator may, and at
  any time: nobody stays locked out because all leads are.
- Leads are told by an alert, and the log has who did what.

Knows members; nothing of cases.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.accounts.errors import (
    MemberNotFound,
    MemberNotSuspended,
    MemberRemoved,
    SuspensionFinal,
    SuspensionNotYours,
)
from app.accounts.models import Member, MemberStatus, Suspension
from app.accounts.service import (
    UNDONE_WITHIN,
    find_suspension,
    get_member,
    is_first_slot,
    list_members,
)
from app.alerts.models import AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.duty.holding import is_on_duty
from app.permissions import Role, holds
from app.sessions.ending import end_sessions
from app.store.authenticated import leave_out_altered
from app.text.dates import minute_of
from app.vault.models import MemberKeys
from app.vault.resting import resume_all_of
from app.work import Work

SECOND_WITHIN = timedelta(hours=24)
ALONE_A_DAY = 2
"""How many people who has the watch suspends alone in a day."""


def suspend_member(work: Work, member_id: UUID) -> Suspension:
    """Suspend a member: at once by a lead or by who has the watch of the member's team, by another
    coordinator once a second one has said so too.

    A second time changes nothing. Raises ``MemberNotFound``, ``MemberRemoved``.
    """
    member = _shown(work, member_id)
    if member.status is MemberStatus.REMOVED:
        raise MemberRemoved
    running = find_suspension(work, member)
    if running is not None:
        return running
    if work.acts_as(Role.LEAD):
        return _begin(work, member, _ask(work, member))
    asked = _find_asked(work, member)
    if asked is not None and asked.asked_by != work.principal.id:
        asked.agreed_by = work.principal.id
        return _begin(work, member, asked)
    if _may_alone(work, member):
        return _begin(work, member, asked or _ask(work, member))
    return asked or _ask(work, member)


def reinstate_member(work: Work, member_id: UUID) -> Suspension:
    """Undo a suspension: the member signs in again, and their grants open what they opened.

    Raises ``MemberNotFound``, ``MemberNotSuspended``, ``SuspensionNotYours``,
    ``SuspensionFinal`` after 72 hours.
    """
    member = _shown(work, member_id)
    work.claim(member)
    suspension = find_suspension(work, member)
    if member.status is not MemberStatus.SUSPENDED or suspension is None:
        raise MemberNotSuspended
    _require_may_undo(work, suspension)
    member.status = suspension.was or MemberStatus.INVITED
    work.session.get_one(MemberKeys, member.id).revoked_on = None
    resume_all_of(work.session, member.id)
    suspension.ended_by = work.principal.id
    suspension.ended_at = minute_of(work.now())
    work.session.flush()
    work.trail.record(EventKind.MEMBER_REINSTATED, member=str(member.id))
    return suspension


def resume_member(work: Work, member_id: UUID) -> Member:
    """Let a member's grants open again that rest since a sign-in under duress.

    Where none rest, nothing changes and the answer is the same. For oneself only as the only lead.
    Raises ``MemberNotFound``, ``MemberRemoved``.
    """
    member = get_member(work, member_id)
    own = member.id == work.principal.id
    if not is_first_slot(work, member) or (own and len(list_members(work, None, Role.LEAD)) > 1):
        raise MemberNotFound
    if member.status is MemberStatus.REMOVED:
        raise MemberRemoved
    resume_all_of(work.session, member.id)
    work.trail.record(EventKind.MEMBER_REINSTATED, member=str(member.id))
    return member


def _require_may_undo(work: Work, suspension: Suspension) -> None:
    leads = {lead.id for lead in list_members(work, None, Role.LEAD)}
    if not leads:
        return
    by_them = {suspension.asked_by, suspension.agreed_by}
    if not work.acts_as(Role.LEAD) or work.principal.id in by_them:
        raise SuspensionNotYours
    if suspension.began_at is None or work.now() >= suspension.began_at + UNDONE_WITHIN:
        raise SuspensionFinal


def _shown(work: Work, member_id: UUID) -> Member:
    """Return any member of any team but oneself; a second slot's is never known."""
    member = get_member(work, member_id)
    if member.id == work.principal.id or not is_first_slot(work, member):
        raise MemberNotFound
    return member


def _may_alone(work: Work, member: Member) -> bool:
    """Return whether the principal has the watch of a member's team and may suspend them alone."""
    if holds(member.roles, Role.LEAD):
        return False
    if not any(is_on_duty(work, held.team_id) for held in member.roles):
        return False
    today = work.session.scalars(
        select(Suspension).where(
            Suspension.asked_by == work.principal.id,
            Suspension.agreed_by.is_(None),
            Suspension.began_at >= work.midnight(),
        )
    )
    return len(leave_out_altered(work.session, today)) < ALONE_A_DAY


def _find_asked(work: Work, member: Member) -> Suspension | None:
    """Return what one coordinator asked within the last day."""
    found = work.session.scalars(
        select(Suspension).where(
            Suspension.member_id == member.id,
            Suspension.began_at.is_(None),
            Suspension.asked_at > work.now() - SECOND_WITHIN,
        )
    )
    return next(iter(leave_out_altered(work.session, found)), None)


def _ask(work: Work, member: Member) -> Suspension:
    asked = Suspension(
        member_id=member.id, asked_by=work.principal.id, asked_at=minute_of(work.now())
    )
    work.session.add(asked)
    work.session.flush()
    work.trail.record(EventKind.MEMBER_SUSPENSION_ASKED, member=str(member.id))
    return asked


def _begin(work: Work, member: Member, suspension: Suspension) -> Suspension:
    suspension.began_at = minute_of(work.now())
    suspension.was = member.status
    member.status = MemberStatus.SUSPENDED
    work.session.get_one(MemberKeys, member.id).revoked_on = work.today()
    end_sessions(work, member.id)
    end_sessions(work, work.vault.open(member.profile).pair)
    raise_alert(work, AlertKind.MEMBER_SUSPENDED, member_id=member.id, team_id=member.team_id)
    work.session.flush()
    work.trail.record(EventKind.MEMBER_SUSPENDED, member=str(member.id))
    return suspension
