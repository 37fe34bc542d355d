"""HTTP face of accounts: sessions, oneself, members, teams, alerts."""

from __future__ import annotations

from datetime import date
from typing import cast
from uuid import UUID

from app.accounts import duress, members, passphrases, sessions, sign_in, teams
from app.accounts.admission import Passphrase, admit_member
from app.accounts.credentials import Stretching, fresh_passphrase
from app.accounts.errors import (
    LastLead,
    LeadNeeded,
    LoginInvalid,
    LoginTaken,
    MemberCertified,
    MemberNotFound,
    MemberRemoved,
    PassphraseWrong,
    RoleNeedsRoot,
    RoleUnchanged,
    SessionNotFound,
    SignInBudgetSpent,
    SignInRefused,
    TeamNotFound,
)
from app.accounts.models import Member, Team
from app.accounts.schemas import (
    AlertList,
    AlertView,
    Me,
    MemberAdmitted,
    MemberView,
    NewMember,
    NewRole,
    NewTeam,
    PassphraseAgain,
    PassphraseChanged,
    PassphraseShown,
    SessionList,
    SessionOpened,
    SessionView,
    SignIn,
    TeamList,
    TeamView,
)
from app.crypto.passwords import Stretched
from app.permissions import Permission
from app.web.exchange import StretchTask
from app.web.paging import Page, PageQuery, page_of, position
from app.web.routing import Public, Router, Stretches
from app.work import Work

router = Router(tags=["accounts"])
MOST_ALERTS = 100


# ---------------------------------------------------------------------- sessions


def _begin_sign_in(work: Work, body: SignIn) -> Stretching:
    return sign_in.begin_sign_in(work, body.login, body.passphrase)


@router.post(
    "/sessions",
    needs=Public("nobody is signed in before signing in"),
    stretch=_begin_sign_in,
    status_code=201,
    raises=(SignInRefused, SignInBudgetSpent),
)
def open_session(body: SignIn, work: Work, stretched: Stretched) -> SessionOpened:
    """Sign in. Whatever is wrong with name or passphrase, the refusal is the same."""
    return _opened(work, sign_in.sign_in(work, body.login, stretched))


@router.get("/sessions", needs=Permission.SELF_READ)
def list_own_sessions(work: Work) -> SessionList:
    """List one's own sessions that still hold."""
    return SessionList(
        items=[
            SessionView(
                id=row.id,
                current=row.id == work.principal.session_id,
                opened_at=row.opened_at,
                seen_at=row.seen_at,
                ends_at=row.ends_at,
            )
            for row in sessions.list_sessions(work)
        ]
    )


@router.delete("/sessions/current", needs=Permission.SELF_READ)
def end_current_session(work: Work) -> None:
    """Sign out: the token opens nothing any more."""
    sessions.end_current_session(work)


@router.delete("/sessions/{session_id}", needs=Permission.SELF_READ, raises=(SessionNotFound,))
def end_own_session(session_id: UUID, work: Work) -> None:
    """End another of one's own sessions, such as one on a phone that is gone."""
    sessions.end_session(work, session_id)


def _begin_again(work: Work, body: PassphraseAgain) -> Stretching:
    return passphrases.begin_again(work, body.passphrase)


@router.post(
    "/sessions/current/step-up",
    needs=Permission.STEP_UP,
    stretch=_begin_again,
    status_code=201,
    raises=(PassphraseWrong, SignInBudgetSpent),
)
def step_up(body: PassphraseAgain, work: Work, stretched: Stretched) -> SessionOpened:
    """Unlock a lead's second key for a few minutes. The answer's token replaces the one sent."""
    del body
    return _opened(work, passphrases.step_up(work, stretched))


# ---------------------------------------------------------------------- oneself


@router.get("/me", needs=Permission.SELF_READ)
def read_me(work: Work) -> Me:
    """Show the account that is signed in."""
    member = members.get_member(work, work.principal.id)
    return Me(
        id=member.id,
        called=members.called(work, member),
        role=member.role,
        team_id=member.team_id,
        team=_team_view(work, teams.get_team(work, member.team_id)).name,
        joined_on=member.joined_on,
        session_id=work.principal.session_id,
        stepped_up=work.principal.stepped_up,
    )


def _begin_renewal(work: Work, body: PassphraseAgain) -> list[StretchTask]:
    return list(passphrases.begin_renewal(work, body.passphrase))


@router.post(
    "/me/passphrase",
    needs=Permission.SELF_CHANGE,
    creates=True,
    stretch=_begin_renewal,
    status_code=201,
    raises=(PassphraseWrong, SignInBudgetSpent),
)
def change_passphrase(body: PassphraseAgain, work: Work, stretched: Stretches) -> PassphraseChanged:
    """Replace one's passphrase by a generated one. Other sessions end; this one within minutes."""
    del body
    old, fresh = _renewal(stretched)
    opened = _opened(work, passphrases.change_passphrase(work, old, fresh))
    return PassphraseChanged(**opened.model_dump(), passphrase=fresh.words)


@router.put(
    "/me/duress-passphrase",
    needs=Permission.SELF_CHANGE,
    creates=True,
    stretch=_begin_renewal,
    raises=(PassphraseWrong, SignInBudgetSpent),
)
def set_duress_passphrase(
    body: PassphraseAgain, work: Work, stretched: Stretches
) -> PassphraseShown:
    """Generate a second passphrase, which opens a harmless account and tells the leads."""
    del body
    old, fresh = _renewal(stretched)
    passphrases.set_second_passphrase(work, old, fresh)
    return PassphraseShown(passphrase=fresh.words)


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
    rows = members.list_roll(work, page.limit + 1, after)
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
    return _view(work, members.get_known(work, member_id))


@router.post(
    "/members/{member_id}/certificate",
    needs=Permission.MEMBER_CERTIFY,
    changes=True,
    raises=(MemberNotFound, MemberRemoved, MemberCertified),
)
def certify_member(member_id: UUID, work: Work) -> MemberView:
    """Certify an invited member's keys: from now on work can be handed to them."""
    return _view(work, members.certify_keys(work, member_id))


@router.post(
    "/members/{member_id}/role",
    needs=Permission.MEMBER_CHANGE,
    changes=True,
    raises=(MemberNotFound, MemberRemoved, RoleUnchanged, RoleNeedsRoot, LeadNeeded, LastLead),
)
def change_role(member_id: UUID, body: NewRole, work: Work) -> MemberView:
    """Give a member another role. Their sessions and grants end; a lead certifies anew."""
    return _view(work, members.change_role(work, member_id, body.role))


@router.delete(
    "/members/{member_id}",
    needs=Permission.MEMBER_CHANGE,
    changes=True,
    raises=(MemberNotFound, MemberRemoved, LeadNeeded, LastLead),
)
def remove_member(member_id: UUID, work: Work) -> MemberView:
    """Remove a member: sessions, grants and passphrases end at once."""
    return _view(work, members.remove_member(work, member_id))


@router.get("/teams", needs=Permission.TEAM_LIST)
def list_teams(work: Work) -> TeamList:
    """List the teams of the organisation."""
    return TeamList(items=[_team_view(work, team) for team in teams.list_teams(work)])


@router.post("/teams", needs=Permission.TEAM_CREATE, creates=True, status_code=201)
def create_team(body: NewTeam, work: Work) -> TeamView:
    """Make a team."""
    return _team_view(work, teams.create_team(work, body.name))


@router.get("/alerts", needs=Permission.ALERT_LIST)
def list_alerts(work: Work) -> AlertList:
    """List what the leads must look at."""
    return AlertList(
        items=[
            AlertView(
                id=raised.id,
                code=raised.code,
                member_id=raised.member_id,
                raised_on=raised.raised_on,
            )
            for raised in duress.list_alerts(work, MOST_ALERTS)
        ]
    )


# ---------------------------------------------------------------------- shapes


def _opened(work: Work, opened: sessions.Opened) -> SessionOpened:
    return SessionOpened(
        token=opened.token,
        session_id=opened.session.id,
        member_id=opened.member.id,
        role=opened.member.role,
        team_id=opened.member.team_id,
        idle_minutes=work.deployment.settings.session_idle_minutes,
        ends_at=opened.session.ends_at,
        lead_until=opened.session.lead_until,
    )


def _generated(stretched: Stretches, number: int) -> Passphrase:
    task = stretched.tasks[number]
    return Passphrase(task.passphrase, task.salt, task.cost, stretched.results[number])


def _renewal(stretched: Stretches) -> tuple[Stretched, Passphrase]:
    return stretched.results[0], _generated(stretched, 1)


def _view(work: Work, member: Member) -> MemberView:
    return MemberView(
        id=member.id,
        called=members.called(work, member),
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
