"""Members and teams: list them, change a role, remove a member.

- A change of role and a removal end the member's sessions and grants in the same unit of work.
- The member of a credential's second slot is never listed.
- Knows members and their certificates; nothing of cases but that grants exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from app.accounts.admission import certify, certify_invited, delete_key_copies, may_certify
from app.accounts.errors import (
    LastLead,
    LeadNeeded,
    MemberNotFound,
    MemberRemoved,
    MemberSuspended,
    RoleNeedsRoot,
    RoleUnchanged,
    SecondLeadNeeded,
    TeamNotFound,
)
from app.accounts.models import (
    Credential,
    CredentialSlot,
    Member,
    MemberStatus,
    Suspension,
    Team,
    TeamName,
)
from app.audit.events import EventKind
from app.cases.models import Assignment
from app.permissions import Role
from app.sessions.ending import end_sessions
from app.store.authenticated import is_altered, leave_out_altered
from app.store.queries import in_order
from app.vault.certificates import certify_member
from app.vault.errors import KeyNotCertified, Tampered
from app.vault.models import MemberKeys, OrganisationKeyKind
from app.work import Work

REMOVALS_A_DAY = 2
"""How many members are removed in a day by one person alone."""
UNDONE_WITHIN = timedelta(hours=72)
"""How long another lead can undo a suspension."""

_SEE_EVERYONE = (Role.LEAD, Role.ADMINISTRATOR)


def get_member(work: Work, member_id: UUID) -> Member:
    """Return a member, also one who was removed.

    Raises ``MemberNotFound``, ``Tampered`` where the row's MAC is wrong.
    """
    member = work.session.get(Member, member_id)
    if member is None:
        raise MemberNotFound
    if is_altered(work.session, member):
        raise Tampered
    return member


def list_members(work: Work, team_id: UUID | None, role: Role | None = None) -> list[Member]:
    """Return the active members of a team (all teams for None), in a role if one is given."""
    query = select(Member).where(Member.status == MemberStatus.ACTIVE)
    if team_id is not None:
        query = query.where(Member.team_id == team_id)
    if role is not None:
        query = query.where(Member.role == role)
    found = work.session.scalars(in_order(query, Member.joined_on))
    return leave_out_altered(work.session, found)


def display_name_of(work: Work, member: Member) -> str:
    """Return the name that colleagues see."""
    return work.vault.open(member.profile).display_name


def list_visible_members(
    work: Work, limit: int, after: tuple[date, UUID] | None
) -> list[tuple[Member, str | None]]:
    """Return members that the principal may know of, by day of joining; ``limit`` at most.

    Each with the name that colleagues see, None where it is shut. Leads and administrators know of
    everyone, others of the active members of their own team.
    """
    query = select(Member)
    if work.principal.role not in _SEE_EVERYONE:
        query = query.where(
            Member.team_id == work.principal.team_id, Member.status == MemberStatus.ACTIVE
        )
    query = in_order(query, Member.joined_on, after=after)
    found: list[tuple[Member, str | None]] = []
    for member in work.session.scalars(query):
        (profile,) = work.vault.open_listed([member.profile])
        if profile is None:
            found.append((member, None))
        elif profile.slot is CredentialSlot.FIRST:
            found.append((member, profile.display_name))
        if len(found) == limit:
            break
    return found


def get_visible_member(work: Work, member_id: UUID) -> Member:
    """Return a member that the principal may know of; raises ``MemberNotFound``.

    Of one's own team also who was removed: it stays known who wrote what.
    """
    member = get_member(work, member_id)
    near = member.team_id == work.principal.team_id
    if not (near or work.principal.role in _SEE_EVERYONE) or not is_first_slot(work, member):
        raise MemberNotFound
    return member


def is_first_slot(work: Work, member: Member) -> bool:
    """Return whether a member is the one of a credential's first slot: others are never shown."""
    return work.vault.open(member.profile).slot is CredentialSlot.FIRST


# ---------------------------------------------------------------------- changing and ending


def certify_keys(work: Work, member_id: UUID) -> Member:
    """Certify an invited member's keys as a lead; raises ``MemberNotFound``,
    ``MemberRemoved``, ``MemberCertified``.
    """
    member = get_visible_member(work, member_id)
    work.claim(member)
    certify_invited(work, member)
    work.session.flush()
    return member


def change_role(work: Work, member_id: UUID, role: Role) -> Member:
    """Give a member another role: sessions and grants end, and the keys need a new certificate.

    A lead who has stepped up certifies at once; from an administrator the member stays invited
    until a lead does. Raises ``MemberNotFound``, ``MemberRemoved``,
    ``MemberSuspended``, ``RoleUnchanged``, ``RoleNeedsRoot``, ``LeadNeeded``, ``LastLead``.
    """
    member = _changeable(work, member_id)
    if member.status is MemberStatus.SUSPENDED:
        raise MemberSuspended
    if role is Role.LEAD:
        raise RoleNeedsRoot
    if member.role is role:
        raise RoleUnchanged
    if member.role is Role.LEAD:
        _take_over_certificates(work, member)
    member.role = role
    member.status = MemberStatus.INVITED
    keys = work.session.get_one(MemberKeys, member.id)
    keys.role = role
    keys.lead_public = keys.certificate = keys.certified_by = None
    end_sessions(work, member.id)
    delete_key_copies(work, member.id)
    _end_assignments(work, member)
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

    From the third removal of a day on, two people are needed: ``SecondLeadNeeded``. Also raises
    ``MemberNotFound``, ``MemberRemoved``, ``LeadNeeded``, ``LastLead``.
    """
    member = _changeable(work, member_id)
    _require_second_person(work, member)
    if member.role is Role.LEAD:
        _take_over_certificates(work, member)
    second = work.session.get(Member, work.vault.open(member.profile).pair)
    if second is not None:
        close_account(work, second)
    close_account(work, member)
    _end_assignments(work, member)
    ended = work.grants.end_all_of(member.id)
    work.session.flush()
    work.trail.record(EventKind.MEMBER_REMOVED, member=str(member.id), ended=ended)
    return member


def _end_assignments(work: Work, member: Member) -> None:
    """End the assignments of a member who leaves or changes role: visibly, on each case."""
    live = select(Assignment).where(
        Assignment.member_id == member.id, Assignment.ended_on.is_(None)
    )
    for assignment in leave_out_altered(work.session, work.session.scalars(live)):
        assignment.ended_on = work.today()
        work.trail.record(
            EventKind.CASE_UNASSIGNED,
            assignment.case_id,
            assignment=str(assignment.id),
            member=str(member.id),
        )


def find_suspension(work: Work, member: Member) -> Suspension | None:
    """Return the suspension of a member that has begun and was not undone."""
    found = work.session.scalars(
        select(Suspension).where(
            Suspension.member_id == member.id,
            Suspension.began_at.is_not(None),
            Suspension.ended_at.is_(None),
        )
    )
    return next(iter(leave_out_altered(work.session, found)), None)


def _require_second_person(work: Work, member: Member) -> None:
    """Raise ``SecondLeadNeeded`` where one person alone would remove a third member today.

    A suspension by others counts as the second person, and so does one that 72 hours have not
    undone: the other leads were told of it.
    """
    gone = leave_out_altered(
        work.session, work.session.scalars(select(Member).where(Member.removed_on == work.today()))
    )
    if sum(is_first_slot(work, one) for one in gone) < REMOVALS_A_DAY:
        return
    suspension = find_suspension(work, member)
    if suspension is None or suspension.began_at is None:
        raise SecondLeadNeeded
    by_others = work.principal.id not in {suspension.asked_by, suspension.agreed_by}
    if not by_others and work.now() < suspension.began_at + UNDONE_WITHIN:
        raise SecondLeadNeeded


def close_account(work: Work, member: Member) -> None:
    """End an account for good: no session, no passphrase, no key that anything is sealed to."""
    member.status = MemberStatus.REMOVED
    member.removed_on = work.today()
    keys = work.session.get_one(MemberKeys, member.id)
    keys.revoked_on = work.today()
    credential = work.session.get(Credential, member.id)
    if credential is not None:
        work.session.delete(credential)
    end_sessions(work, member.id)
    delete_key_copies(work, member.id)


def _changeable(work: Work, member_id: UUID) -> Member:
    member = get_visible_member(work, member_id)
    work.claim(member)
    if member.status is MemberStatus.REMOVED:
        raise MemberRemoved
    return member


def _take_over_certificates(work: Work, lead: Member) -> None:
    """Certify again, as the lead who acts, the members whom a leaving lead has certified.

    What does not verify is not signed again but listed in the log: it certifies nothing any more.
    """
    if not may_certify(work):
        raise LeadNeeded
    custody = work.certificates.organisation_key(OrganisationKeyKind.CUSTODY)
    others = [one for one in list_members(work, None, Role.LEAD) if one.id != lead.id]
    if len(others) < custody.threshold:
        raise LastLead
    certified = select(MemberKeys).where(MemberKeys.certified_by == lead.id)
    signer = work.keyring.secrets.sign
    refused = []
    for keys in work.session.scalars(certified):
        try:
            work.certificates.member(keys.id)
            work.certificates.require_possession(keys)
        except KeyNotCertified:
            refused.append(str(keys.id))
        else:
            certify_member(work.deployment.organisation, keys, signer, work.principal.id)
    if refused:
        work.trail.record(EventKind.MEMBER_NOT_CERTIFIED, lead=str(lead.id), members=refused)


# ---------------------------------------------------------------------- teams


def list_teams(work: Work) -> Sequence[Team]:
    """Return all teams, oldest first: there are few."""
    return work.session.scalars(in_order(select(Team), Team.founded_on)).all()


def get_team(work: Work, team_id: UUID) -> Team:
    """Return a team; raises ``TeamNotFound``."""
    team = work.session.get(Team, team_id)
    if team is None:
        raise TeamNotFound
    return team


def create_team(work: Work, name: str, *, proposed: UUID | None = None) -> Team:
    """Make a team and put it on record; raises ``IdTaken``."""
    team = add_team(work, name, proposed=proposed)
    work.session.flush()
    work.trail.record(EventKind.TEAM_CREATED, team=str(team.id))
    return team


def add_team(work: Work, name: str, *, proposed: UUID | None = None) -> Team:
    """Make a team; the caller's event says why."""
    team = Team(id=work.id_for(Team, proposed), founded_on=work.today())
    work.vault.seal(team.name, TeamName(name))
    work.session.add(team)
    return team


def team_name_of(work: Work, team: Team) -> str:
    """Return a team's name."""
    return work.vault.open(team.name).name
