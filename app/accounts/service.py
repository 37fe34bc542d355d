"""Members and teams: list them, change roles, remove a member.

- A change of roles ends the member's sessions, and the grants that no role of theirs holds any
  more; a removal ends all of them. Both in the same unit of work.
- The member of a credential's second slot is never listed.
- Knows members and their certificates; nothing of cases but that grants exist.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from app.accounts.admission import (
    certify,
    delete_key_copies,
    is_certified,
    may_certify,
    own_team,
    require_combinable,
    require_teams,
)
from app.accounts.errors import (
    LastLead,
    LeadNeeded,
    MemberNotFound,
    MemberRemoved,
    MemberSuspended,
    RoleNeedsRoot,
    RolesYourOwn,
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
from app.cases.models import Assignment, Case
from app.duty.models import TeamDuty
from app.factors.models import SecondFactor
from app.permissions import MemberRoles, Role, holds, names_of, written_roles
from app.presets import leads_certifying
from app.sessions.ending import end_sessions
from app.store.authenticated import is_altered, leave_out_altered
from app.store.queries import in_order
from app.vault.certificates import certify_member, fingerprint_words
from app.vault.errors import KeyForged, KeyNotCertified, Tampered
from app.vault.holders import may_hold
from app.vault.models import Grant, MemberKeys, OrganisationKeyKind
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
    found = work.session.scalars(in_order(query, Member.joined_on))
    return [
        member
        for member in leave_out_altered(work.session, found)
        if any(
            role in {None, held.role} and team_id in {None, held.team_id} for held in member.roles
        )
    ]


def display_name_of(work: Work, member: Member) -> str:
    """Return the name that colleagues see."""
    return work.vault.open(member.profile).display_name


def find_fingerprint(work: Work, member: Member) -> str | None:
    """Return the three words of who waits for a certificate, which a lead compares; else None.

    A second slot shows those of its first. Raises ``KeyForged`` where keys were altered.
    """
    profile = work.vault.open(member.profile)
    own = member if profile.slot is CredentialSlot.FIRST else get_member(work, profile.pair)
    if own.status is not MemberStatus.INVITED:
        return None
    keys = work.session.get_one(MemberKeys, own.id)
    if is_altered(work.session, keys):
        raise KeyForged
    return fingerprint_words(work.deployment.organisation, keys)


def list_visible_members(
    work: Work, limit: int, after: tuple[date, UUID] | None
) -> list[tuple[Member, str | None]]:
    """Return members that the principal may know of, by day of joining; ``limit`` at most.

    Each with the name that colleagues see, None where it is shut. Leads and administrators know of
    everyone, others of the active members of their own team.
    """
    query = select(Member)
    everyone = _sees_everyone(work)
    if not everyone:
        query = query.where(Member.status == MemberStatus.ACTIVE)
    query = in_order(query, Member.joined_on, after=after)
    found: list[tuple[Member, str | None]] = []
    for member in work.session.scalars(query):
        if not (everyone or _is_near(work, member)):
            continue
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
    if not (_sees_everyone(work) or _is_near(work, member)) or not is_first_slot(work, member):
        raise MemberNotFound
    return member


def _sees_everyone(work: Work) -> bool:
    return any(work.acts_as(role) for role in _SEE_EVERYONE)


def _is_near(work: Work, member: Member) -> bool:
    """Return whether a member has a role in a team in which the principal acts."""
    return any(held.team_id in work.principal.teams for held in member.roles)


def is_first_slot(work: Work, member: Member) -> bool:
    """Return whether a member is the one of a credential's first slot: others are never shown."""
    return work.vault.open(member.profile).slot is CredentialSlot.FIRST


# ---------------------------------------------------------------------- changing and ending


def change_roles(work: Work, member_id: UUID, roles: MemberRoles) -> Member:
    """Give a member other roles: sessions end, and the keys need a new certificate.

    Assignments and grants end that the member holds in none of the new roles. A lead who has
    stepped up certifies at once whose keys are certified, unless two leads must; otherwise the
    member waits until leads have compared the words again.
    Nobody changes their own roles. Raises ``MemberNotFound``, ``MemberRemoved``,
    ``MemberSuspended``, ``RoleUnchanged``, ``RoleNeedsRoot``, ``RolesYourOwn``,
    ``RolesNotCombinable``, ``TeamNotFound``, ``LeadNeeded``, ``LastLead``.
    """
    member = _changeable(work, member_id)
    if member.id == work.principal.id:
        raise RolesYourOwn
    if member.status is MemberStatus.SUSPENDED:
        raise MemberSuspended
    if holds(roles, Role.LEAD):
        raise RoleNeedsRoot
    if member.roles == roles:
        raise RoleUnchanged
    require_teams(work, roles)
    require_combinable(work.deployment.organisation_settings.preset, roles)
    if holds(member.roles, Role.LEAD):
        _take_over_certificates(work, member)
    certified = is_certified(work, member)
    keys = work.session.get_one(MemberKeys, member.id)
    member.roles = keys.roles = roles
    member.team_id = own_team(roles, member.team_id)
    member.status = MemberStatus.INVITED
    keys.lead_public = keys.certificate = keys.certified_by = None
    keys.confirmed_by = keys.confirmation = None
    end_sessions(work, member.id)
    delete_key_copies(work, member.id)
    ended = _end_what_roles_do_not_hold(work, member)
    if certified and may_certify(work) and leads_needed(work, roles) == 1:
        certify(work, member)
    work.session.flush()
    work.trail.record(
        EventKind.MEMBER_ROLES_CHANGED,
        member=str(member.id),
        roles=written_roles(roles),
        ended=ended,
    )
    return member


def leads_needed(work: Work, roles: MemberRoles) -> int:
    """Return how many leads must certify who has these roles: no more than there are."""
    preset = work.deployment.organisation_settings.preset
    leads = len(list_members(work, None, Role.LEAD))
    return min(leads_certifying(preset, names_of(roles)), max(leads, 1))


def remove_member(work: Work, member_id: UUID) -> Member:
    """Remove a member: sessions, grants, passphrases and copies of keys end at once.

    From the third removal of a day on, two people are needed: ``SecondLeadNeeded``. Also raises
    ``MemberNotFound``, ``MemberRemoved``, ``LeadNeeded``, ``LastLead``.
    """
    member = _changeable(work, member_id)
    _require_second_person(work, member)
    if holds(member.roles, Role.LEAD):
        _take_over_certificates(work, member)
    ended = end_membership(work, member)
    work.session.flush()
    work.trail.record(EventKind.MEMBER_REMOVED, member=str(member.id), ended=ended)
    return member


def end_membership(work: Work, member: Member) -> int:
    """Close a member's account, and that of their second slot; returns how many grants ended."""
    second = work.session.get(Member, work.vault.open(member.profile).pair)
    if second is not None:
        close_account(work, second)
    close_account(work, member)
    _end_assignments(work, member, frozenset())
    return work.grants.end_all_of(member.id)


def _end_what_roles_do_not_hold(work: Work, member: Member) -> int:
    """End assignments and grants that none of a member's roles holds; returns how many grants."""
    _end_assignments(work, member, member.roles)
    live = select(Grant).where(Grant.holder_id == member.id, Grant.ended_on.is_(None))
    grants = work.session.scalars(live).all()
    teams = _teams_of(work, {grant.case_id for grant in grants})
    return work.grants.end_each(
        [one for one in grants if not may_hold(member.roles, one.reason, teams[one.case_id])]
    )


def _teams_of(work: Work, case_ids: Collection[UUID]) -> dict[UUID, UUID]:
    found = work.session.scalars(select(Case).where(Case.id.in_(case_ids)))
    return {case.id: case.team_id for case in found}


def _end_assignments(work: Work, member: Member, roles: MemberRoles) -> None:
    """End the assignments that these roles do not hold: visibly, on each case."""
    live = select(Assignment).where(
        Assignment.member_id == member.id, Assignment.ended_on.is_(None)
    )
    assignments = leave_out_altered(work.session, work.session.scalars(live))
    teams = _teams_of(work, {one.case_id for one in assignments})
    for assignment in assignments:
        if holds(roles, Role.VOLUNTEER, teams[assignment.case_id]):
            continue
        work.grants.end(assignment.case_id, about=assignment.id)
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
    for model in (Credential, SecondFactor):
        row = work.session.get(model, member.id)
        if row is not None:
            work.session.delete(row)
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
    on_paper = custody.shares - custody.leads
    if not others or len(others) + on_paper < custody.threshold:
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
    work.session.add_all([team, TeamDuty(id=team.id)])
    return team


def team_name_of(work: Work, team: Team) -> str:
    """Return a team's name."""
    return work.vault.open(team.name).name
