"""HTTP face of accounts: sessions, oneself, members, teams, alerts."""

from __future__ import annotations

from datetime import date
from typing import cast
from uuid import UUID

from app.accounts import service, teams
from app.accounts.admission import admit_member
from app.accounts.credentials import fresh_passphrase
from app.accounts.errors import (
    LastLead,
    LeadNeeded,
    LoginInvalid,
    LoginTaken,
    MemberCertified,
    MemberNotFound,
    MemberRemoved,
    RoleNeedsRoot,
    RoleUnchanged,
    TeamNotFound,
)
from app.accounts.models import Member, Team
from app.accounts.schemas import (
    Me,
    MemberAdmitted,
    MemberView,
    NewMember,
    NewRole,
    NewTeam,
    TeamList,
    TeamView,
)
from app.http.exchange import StretchTask
from app.http.paging import Page, PageQuery, page_of, position
from app.http.routing import Router, Stretches
from app.permissions import Permission
from app.sessions.routes import _generated
from app.work import Work

router = Router(tags=["accounts"])


# ---------------------------------------------------------------------- sessions


# ---------------------------------------------------------------------- oneself


@router.get("/me", needs=Permission.SELF_READ)
def read_me(work: Work) -> Me:
    """Show the account that is signed in."""
    member = service.get_member(work, work.principal.id)
    return Me(
        id=member.id,
        called=service.called(work, member),
        role=member.role,
        team_id=member.team_id,
        team=_team_view(work, teams.get_team(work, member.team_id)).name,
        joined_on=member.joined_on,
        session_id=work.principal.session_id,
        stepped_up=work.principal.stepped_up,
    )


# ---------------------------------------------------------------------- members and teams


def _begin_admission(work: Work, body: NewMember) -> list[StretchTask]:
    del body
    return [fresh_passphrase(work.deployment)]


@router.post(
    "/members",
    needs=Permission.MEMBER_ADMIT,
    creates=True,
    stretch=_begin_admission,
    status_code=201,
    raises=(TeamNotFound, LoginInvalid, LoginTaken, RoleNeedsRoot),
)
def admit(body: NewMember, work: Work, stretched: Stretches) -> MemberAdmitted:
    """Make an account. A lead must certify its keys, or has by admitting it after a step-up."""
    admission = admit_member(
        work,
        team_id=body.team_id,
        role=body.role,
        login=body.login,
        called=body.called,
        passphrase=_generated(stretched, 0),
    )
    return MemberAdmitted(member=_view(work, admission.member), passphrase=admission.passphrase)


@router.get("/members", needs=Permission.MEMBER_LIST)
def list_members(work: Work, page: PageQuery) -> Page[MemberView]:
    """List members: of one's own team, or all of them for leads and administrators."""
    after = cast("tuple[date, UUID] | None", position(work, page, date, UUID))
    rows = service.list_roll(work, page.limit + 1, after)
    return page_of(
        work,
        page,
        rows,
        keys=lambda member: (member.joined_on, member.id),
        show=lambda shown: [_view(work, member) for member in shown],
    )


@router.get("/members/{member_id}", needs=Permission.MEMBER_LIST, raises=(MemberNotFound,))
def read_member(member_id: UUID, work: Work) -> MemberView:
    """Show one member of whom the caller may know."""
    return _view(work, service.get_known(work, member_id))


@router.post(
    "/members/{member_id}/certificate",
    needs=Permission.MEMBER_CERTIFY,
    changes=True,
    raises=(MemberNotFound, MemberRemoved, MemberCertified),
)
def certify_member(member_id: UUID, work: Work) -> MemberView:
    """Certify an invited member's keys: from now on work can be handed to them."""
    return _view(work, service.certify_keys(work, member_id))


@router.post(
    "/members/{member_id}/role",
    needs=Permission.MEMBER_CHANGE,
    changes=True,
    raises=(MemberNotFound, MemberRemoved, RoleUnchanged, RoleNeedsRoot, LeadNeeded, LastLead),
)
def change_role(member_id: UUID, body: NewRole, work: Work) -> MemberView:
    """Give a member another role. Their sessions and grants end; a lead certifies anew."""
    return _view(work, service.change_role(work, member_id, body.role))


@router.delete(
    "/members/{member_id}",
    needs=Permission.MEMBER_CHANGE,
    changes=True,
    raises=(MemberNotFound, MemberRemoved, LeadNeeded, LastLead),
)
def remove_member(member_id: UUID, work: Work) -> MemberView:
    """Remove a member: sessions, grants and passphrases end at once."""
    return _view(work, service.remove_member(work, member_id))


@router.get("/teams", needs=Permission.TEAM_LIST)
def list_teams(work: Work) -> TeamList:
    """List the teams of the organisation."""
    return TeamList(items=[_team_view(work, team) for team in teams.list_teams(work)])


@router.post("/teams", needs=Permission.TEAM_CREATE, creates=True, status_code=201)
def create_team(body: NewTeam, work: Work) -> TeamView:
    """Make a team."""
    return _team_view(work, teams.create_team(work, body.name))


# ---------------------------------------------------------------------- shapes


def _view(work: Work, member: Member) -> MemberView:
    return MemberView(
        id=member.id,
        called=service.called(work, member),
        role=member.role,
        status=member.status,
        team_id=member.team_id,
        joined_on=member.joined_on,
        removed_on=member.removed_on,
        version=member.version,
    )


def _team_view(work: Work, team: Team) -> TeamView:
    return TeamView(
        id=team.id,
        name=work.vault.open(team.name).name,
        founded_on=team.founded_on,
        version=team.version,
    )
