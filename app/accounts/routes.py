"""HTTP routes of accounts: the signed-in member, members, teams."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from app.accounts import service, suspensions
from app.accounts.errors import (
    LastLead,
    LeadNeeded,
    MemberNotFound,
    MemberNotSuspended,
    MemberRemoved,
    MemberSuspended,
    RoleNeedsRoot,
    RolesNotCombinable,
    RolesYourOwn,
    RoleUnchanged,
    SecondLeadNeeded,
    SuspensionFinal,
    SuspensionNotYours,
    TeamNotFound,
)
from app.accounts.models import Member, Team
from app.accounts.schemas import (
    MemberRead,
    MemberRolesUpdate,
    MemberSummary,
    MeRead,
    SuspensionRead,
    TeamCreate,
    TeamListRead,
    TeamRead,
    TeamSummary,
    roles_given,
)
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router
from app.permissions import Permission
from app.work import Work

router = Router(tags=["accounts"])


@router.get("/me", needs=Permission.SELF_READ)
def read_me(work: Work) -> MeRead:
    """Show the account that is signed in."""
    member = service.get_member(work, work.principal.id)
    team = service.get_team(work, member.team_id)
    return MeRead.of(
        member,
        service.display_name_of(work, member),
        service.team_name_of(work, team),
        work.principal,
        custody_of_one=work.custody.is_of_one(),
        fingerprint=service.find_fingerprint(work, member),
    )


@router.get("/members", needs=Permission.MEMBER_LIST)
def list_members(work: Work, page: PageQuery) -> Page[MemberSummary]:
    """List members: of one's own team, or all of them for leads and administrators."""
    after = position(work, page, date, UUID)
    rows = service.list_visible_members(work, page.limit + 1, after)
    return page_of(
        work,
        page,
        rows,
        keys=lambda row: (row[0].joined_on, row[0].id),
        show=lambda shown: [MemberSummary.of(*row) for row in shown],
    )


@router.get("/members/{member_id}", needs=Permission.MEMBER_LIST, raises=(MemberNotFound,))
def read_member(member_id: UUID, work: Work) -> MemberRead:
    """Show one member of whom the caller may know."""
    return _member(work, service.get_visible_member(work, member_id))


@router.post(
    "/members/{member_id}/roles",
    needs=Permission.MEMBER_CHANGE,
    changes=True,
    raises=(
        MemberNotFound,
        MemberRemoved,
        MemberSuspended,
        RoleUnchanged,
        RoleNeedsRoot,
        RolesNotCombinable,
        RolesYourOwn,
        TeamNotFound,
        LeadNeeded,
        LastLead,
    ),
)
def change_roles(member_id: UUID, body: MemberRolesUpdate, work: Work) -> MemberRead:
    """Give a member other roles. What none of them holds ends; a lead must certify again."""
    return _member(work, service.change_roles(work, member_id, roles_given(body.roles)))


@router.delete(
    "/members/{member_id}",
    needs=Permission.MEMBER_CHANGE,
    changes=True,
    raises=(MemberNotFound, MemberRemoved, SecondLeadNeeded, LeadNeeded, LastLead),
)
def remove_member(member_id: UUID, work: Work) -> MemberRead:
    """Remove a member: sessions, grants and passphrases end at once."""
    return _member(work, service.remove_member(work, member_id))


@router.post(
    "/members/{member_id}/suspension",
    needs=Permission.MEMBER_SUSPEND,
    raises=(MemberNotFound, MemberRemoved),
)
def suspend_member(member_id: UUID, work: Work) -> SuspensionRead:
    """Shut a member out at once: a lead, who has the watch, or two coordinators within a day."""
    return SuspensionRead.of(suspensions.suspend_member(work, member_id))


@router.delete(
    "/members/{member_id}/suspension",
    needs=Permission.MEMBER_REINSTATE,
    changes=True,
    raises=(MemberNotFound, MemberNotSuspended, SuspensionNotYours, SuspensionFinal),
)
def reinstate_member(member_id: UUID, work: Work) -> SuspensionRead:
    """Undo a suspension within 72 hours, as another lead than the one who suspended."""
    return SuspensionRead.of(suspensions.reinstate_member(work, member_id))


@router.post(
    "/members/{member_id}/resumption",
    needs=Permission.MEMBER_CERTIFY,
    raises=(MemberNotFound, MemberRemoved),
)
def resume_member(member_id: UUID, work: Work) -> MemberRead:
    """Let a member's grants open again that rest since a sign-in under duress."""
    return _member(work, suspensions.resume_member(work, member_id))


@router.get("/teams", needs=Permission.TEAM_LIST)
def list_teams(work: Work) -> TeamListRead:
    """List the teams of the organisation."""
    teams = service.list_teams(work)
    names = work.vault.open_listed([team.name for team in teams])
    return TeamListRead(items=list(map(TeamSummary.of, teams, names)))


@router.post("/teams", needs=Permission.TEAM_CREATE, creates=True, status_code=201)
def create_team(body: TeamCreate, work: Work) -> TeamRead:
    """Make a team."""
    return _team(work, service.create_team(work, body.name, proposed=body.id))


def _member(work: Work, member: Member) -> MemberRead:
    return MemberRead.of(member, service.display_name_of(work, member))


def _team(work: Work, team: Team) -> TeamRead:
    return TeamRead.of(team, service.team_name_of(work, team))
