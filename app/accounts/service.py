"""Who is in the organisation, as what; and how that changes and ends.

Whoever changes somebody's role or removes them ends their sessions and their grants in the same
unit of work. Knows members and their keys' standing; nothing of cases but that grants exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from app.accounts.admission import certify, certify_invited, may_certify, withdraw_copies
from app.accounts.errors import (
    LastLead,
    LeadNeeded,
    MemberNotFound,
    MemberRemoved,
    RoleNeedsRoot,
    RoleUnchanged,
)
from app.accounts.models import Credential, Member, MemberStatus, Place
from app.accounts.standing import confirm_standing, stands
from app.audit.events import EventKind
from app.permissions import Role
from app.sessions.ending import end_sessions
from app.vault.certificates import certify_member
from app.vault.errors import Tampered
from app.vault.models import MemberKeys, OrganisationKeyKind
from app.work import Work

_KNOW_EVERYONE = (Role.LEAD, Role.ADMINISTRATOR)


def get_member(work: Work, member_id: UUID) -> Member:
    """Return a member, also one who was removed.

    Raises ``MemberNotFound``, ``Tampered`` where somebody else wrote the row.
    """
    member = work.session.get(Member, member_id)
    if member is None:
        raise MemberNotFound
    row = (member.id, member.team_id, member.role, member.status, member.standing)
    if not stands(work.deployment, *row):
        raise Tampered
    return member


def list_members(work: Work, team_id: UUID | None, role: Role | None = None) -> list[Member]:
    """Return the active members of a team (all teams for None), in a role if one is given."""
    query = select(Member).where(Member.status == MemberStatus.ACTIVE)
    if team_id is not None:
        query = query.where(Member.team_id == team_id)
    if role is not None:
        query = query.where(Member.role == role)
    return list(work.session.scalars(query.order_by(Member.joined_on, Member.id)))


def called(work: Work, member: Member) -> str:
    """Return the name that a member goes by here."""
    return work.vault.open(member.profile).called


def list_roll(work: Work, limit: int, after: tuple[date, UUID] | None) -> Sequence[Member]:
    """Return members that the principal may know of, by day of joining; ``limit`` at most.

    Leads and administrators know of everyone, others of the active members of their own team.
    """
    query = select(Member)
    if work.principal.role not in _KNOW_EVERYONE:
        query = query.where(
            Member.team_id == work.principal.team_id, Member.status == MemberStatus.ACTIVE
        )
    if after is not None:
        joined_on, member_id = after
        query = query.where(
            or_(
                Member.joined_on > joined_on,
                and_(Member.joined_on == joined_on, Member.id > member_id),
            )
        )
    found: list[Member] = []
    for member in work.session.scalars(query.order_by(Member.joined_on, Member.id)):
        if _is_known(work, member):
            found.append(member)
        if len(found) == limit:
            break
    return found


def get_known(work: Work, member_id: UUID) -> Member:
    """Return a member that the principal may know of; raises ``MemberNotFound``."""
    member = get_member(work, member_id)
    near = member.team_id == work.principal.team_id and member.status is MemberStatus.ACTIVE
    if not (near or work.principal.role in _KNOW_EVERYONE) or not _is_known(work, member):
        raise MemberNotFound
    return member


def _is_known(work: Work, member: Member) -> bool:
    return work.vault.open(member.profile).place is Place.FIRST


# ---------------------------------------------------------------------- changing and ending


def certify_keys(work: Work, member_id: UUID) -> Member:
    """Certify an invited member's keys as a lead; raises ``MemberNotFound``,
    ``MemberRemoved``, ``MemberCertified``.
    """
    member = get_known(work, member_id)
    work.claim(member)
    certify_invited(work, member)
    work.session.flush()
    return member


def change_role(work: Work, member_id: UUID, role: Role) -> Member:
    """Give a member another role: sessions and grants end, and the keys need a new certificate.

    A lead who has stepped up certifies at once; from an administrator the member stays invited
    until a lead does. Raises ``MemberNotFound``, ``MemberRemoved``, ``RoleUnchanged``,
    ``RoleNeedsRoot``, ``LeadNeeded``, ``LastLead``.
    """
    member = _changeable(work, member_id)
    if role is Role.LEAD:
        raise RoleNeedsRoot
    if member.role is role:
        raise RoleUnchanged
    if member.role is Role.LEAD:
        _step_down(work, member)
    member.role = role
    member.status = MemberStatus.INVITED
    confirm_standing(work.deployment, member)
    keys = work.session.get_one(MemberKeys, member.id)
    keys.role = role
    keys.lead_public = keys.certificate = keys.certified_by = None
    end_sessions(work, member.id)
    withdraw_copies(work, member.id)
    ended = work.grants.end_all_of(member.id)
    if may_certify(work):
        certify(work, member)
    work.session.flush()
    work.trail.record(
        EventKind.MEMBER_ROLE_CHANGED, member=str(member.id), role=role.value, ended=ended
    )
    return member


def remove_member(work: Work, member_id: UUID) -> Member:
    """Remove a member: sessions, grants, passphrases and copies of keys end at once.

    Raises ``MemberNotFound``, ``MemberRemoved``, ``LeadNeeded``, ``LastLead``.
    """
    member = _changeable(work, member_id)
    if member.role is Role.LEAD:
        _step_down(work, member)
    second = work.session.get(Member, work.vault.open(member.profile).pair)
    if second is not None:
        retire(work, second)
    retire(work, member)
    ended = work.grants.end_all_of(member.id)
    work.session.flush()
    work.trail.record(EventKind.MEMBER_REMOVED, member=str(member.id), ended=ended)
    return member


def retire(work: Work, member: Member) -> None:
    """End an account for good: no session, no passphrase, and nothing is sealed to it again."""
    member.status = MemberStatus.REMOVED
    member.removed_on = work.today()
    confirm_standing(work.deployment, member)
    keys = work.session.get_one(MemberKeys, member.id)
    keys.revoked_on = work.today()
    credential = work.session.get(Credential, member.id)
    if credential is not None:
        work.session.delete(credential)
    end_sessions(work, member.id)
    withdraw_copies(work, member.id)


def _changeable(work: Work, member_id: UUID) -> Member:
    member = get_known(work, member_id)
    work.claim(member)
    if member.status is MemberStatus.REMOVED:
        raise MemberRemoved
    return member


def _step_down(work: Work, lead: Member) -> None:
    """Take over what a lead has certified, so that no chain breaks when they go."""
    if not may_certify(work):
        raise LeadNeeded
    custody = work.certificates.organisation_key(OrganisationKeyKind.CUSTODY)
    leads = select(func.count()).where(
        Member.role == Role.LEAD, Member.status == MemberStatus.ACTIVE
    )
    if work.session.scalars(leads).one() <= custody.threshold:
        raise LastLead
    certified = select(MemberKeys).where(MemberKeys.certified_by == lead.id)
    for keys in work.session.scalars(certified):
        signer = work.keyring.secrets.sign
        certify_member(work.deployment.organisation, keys, signer, work.principal.id)
