"""``padauk member``: invite, certify, list and remove members on the deployment's own machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

import typer
from rich.panel import Panel
from rich.table import Table

from app.accounts.credentials import stretch_now
from app.accounts.models import MemberStatus
from app.accounts.service import (
    display_name_of,
    list_members,
    list_teams,
    remove_member,
    team_name_of,
)
from app.audit.events import EventKind
from app.cli.home import Home, opened, out, refuse
from app.deployment import Deployment
from app.errors import DomainError
from app.joining.invitations import invite
from app.joining.service import certify_member, compare, list_waiting, refuse_member
from app.organisation.custody import deal_custody_again
from app.organisation.leads import DealtCustody
from app.permissions import Role, by_power, roles_in
from app.principal import NOBODY, Principal
from app.sessions.passphrases import step_up
from app.sessions.service import principal_of
from app.sessions.sign_in import sign_in, start_sign_in
from app.vault.keyring import MemberSecrets
from app.work import ANY_VERSION, Work, begin_work, unit_of_work

app = typer.Typer(
    help="Invite, certify, list and remove members, and list teams.", no_args_is_help=True
)
As = Annotated[str, typer.Option("--as", help="Sign-in name of the lead who does this.")]


@contextmanager
def acting(home: Home, login: str) -> Iterator[Work]:
    """Open a unit of work as a member who types their passphrase, with their own keys."""
    with opened(home) as deployment:
        passphrase = str(typer.prompt("Passphrase", hide_input=True))
        try:
            principal, secrets = open_locally(deployment, login, passphrase)
            with unit_as(deployment, principal, secrets) as work:
                yield work
        except DomainError as refusal:
            refuse(refusal.title)


def open_locally(
    deployment: Deployment, login: str, passphrase: str
) -> tuple[Principal, MemberSecrets]:
    """Sign in without HTTP, and step up if a lead; raises ``SignInRefused``."""
    with unit_as(deployment, NOBODY, None) as work:
        tasks = start_sign_in(work, login, passphrase)
    stretched = [stretch_now(deployment, task) for task in tasks]
    with unit_as(deployment, NOBODY, None) as work:
        token = sign_in(work, login, stretched).token
    with deployment.sessions() as session:
        principal, secrets = principal_of(session, deployment, token)
    if not principal.acts_as(Role.LEAD):
        return principal, secrets
    with unit_as(deployment, principal, secrets) as work:
        token = step_up(work, stretched).token
    with deployment.sessions() as session:
        return principal_of(session, deployment, token)


@contextmanager
def unit_as(
    deployment: Deployment, principal: Principal, secrets: MemberSecrets | None
) -> Iterator[Work]:
    """Open a unit of work as a member, with keys that ``open_locally`` returned."""
    with deployment.sessions() as session:
        work = begin_work(session, deployment, principal, secrets, based_on=ANY_VERSION)
        with unit_of_work(work):
            yield work


@app.command("invite")
def invite_member(
    home: Home,
    display_name: Annotated[str, typer.Argument(help="The name that colleagues will see.")],
    role: Annotated[
        list[Role], typer.Option(help="A role of the new member; give it as often as needed.")
    ],
    team: Annotated[int, typer.Option(help="The team's number in `padauk member teams`.")],
    by: As,
    url: Annotated[str, typer.Option(envvar="PADAUK_URL", help="Address of the server.")],
) -> None:
    """Invite somebody: prints a link for any chat, and six words to be read to them."""
    with acting(home, by) as work:
        teams = list_teams(work)
        if not 1 <= team <= len(teams):
            refuse("there is no such team")
        made = invite(work, roles=roles_in(teams[team - 1].id, *role), display_name=display_name)
    out.print(f"Link, through any chat: {url.rstrip('/')}/join#{made.token}", soft_wrap=True)
    out.print(f"Six words, by voice: [bold]{made.words}[/bold]")
    out.print("They run `padauk join LINK` within 72 hours; then `padauk member certify`.")


@app.command("certify")
def certify(
    home: Home,
    member_id: Annotated[str, typer.Argument(help="Id in `padauk member waiting`.")],
    by: As,
    *,
    differ: Annotated[
        bool, typer.Option("--differ", help="The words differ: end the account.")
    ] = False,
) -> None:
    """Certify who has joined: compares the three words that you hear with those that are here."""
    with acting(home, by) as work:
        found = compare(work, UUID(member_id))
        if differ:
            refuse_member(work, found.member_id)
            out.print("ended")
            return
        out.print(f"Read to them: [bold]{found.words}[/bold]")
        heard = str(typer.prompt("The three words that you hear"))
        root_words = None
        if found.is_lead and found.is_last:
            root_words = str(typer.prompt("Words of the organisation's root", hide_input=True))
        done = certify_member(work, found.member_id, heard, root_words=root_words)
        active = done.member.status is MemberStatus.ACTIVE
        out.print("certified" if active else "kept: another lead must compare them too")
        if done.custody is not None:
            show_custody(done.custody)


def show_custody(dealt: DealtCustody) -> None:
    """Print how custody was dealt, and once the shares on paper."""
    key = dealt.key
    out.print(
        f"Custody was dealt again: {key.threshold} of {key.shares} shares open it, {key.leads} of"
        f" them with leads; the secrets of {dealt.cases} cases were sealed again."
    )
    for number, words in enumerate(dealt.paper, 1):
        title = f"Share {number} on paper: for somebody outside, shown once"
        out.print(Panel(words, title=title))


@app.command("deal-custody")
def deal_custody(home: Home, by: As) -> None:
    """Deal custody to the leads there are now: after leads came or went."""
    with acting(home, by) as work:
        root_words = str(typer.prompt("Words of the organisation's root", hide_input=True))
        show_custody(deal_custody_again(work, root_words))


@app.command("waiting")
def show_waiting(home: Home, by: As) -> None:
    """List who has joined and is not certified yet."""
    with acting(home, by) as work:
        for member in list_waiting(work):
            out.print(f"{member.id} {display_name_of(work, member)}")
        work.trail.record(EventKind.MEMBERS_LISTED)


@app.command("list")
def show(home: Home, by: As) -> None:
    """List the active members."""
    table = Table("id", "display name", "roles", "status")
    with acting(home, by) as work:
        for member in list_members(work, None):
            table.add_row(
                str(member.id),
                display_name_of(work, member),
                ", ".join(one.role for one in by_power(member.roles)),
                member.status.value,
            )
        work.trail.record(EventKind.MEMBERS_LISTED)
    out.print(table)


@app.command("teams")
def show_teams(home: Home, by: As) -> None:
    """List the teams with the numbers that `padauk member invite` takes."""
    with acting(home, by) as work:
        for number, team in enumerate(list_teams(work), 1):
            out.print(f"{number} {team_name_of(work, team)}")


@app.command("remove")
def remove(
    home: Home,
    member_id: Annotated[str, typer.Argument(help="Id in `padauk member list`.")],
    by: As,
) -> None:
    """Remove a member: sessions and grants end at once."""
    with acting(home, by) as work:
        remove_member(work, UUID(member_id))
        out.print("removed")
