"""``padauk reindex``: index all cases again, so that searches open few of them.

The proof at the end counts what is under another version of the index, of every team: exit code 3
where something is. Knows no key but those of the member who signs in.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer
from rich.progress import Progress

from app.accounts.service import list_teams, team_name_of
from app.casework import reindexing
from app.casework.index import versions_in_use
from app.cli.home import FOUND, Home, err, opened, out, refuse
from app.cli.member import open_locally, unit_as
from app.deployment import Deployment
from app.errors import DomainError
from app.permissions import SEARCHING_ROLES, names_of
from app.principal import Principal
from app.vault.keyring import MemberSecrets

As = Annotated[str, typer.Option("--as", help="Sign-in name of a coordinator.")]


def reindex(home: Home, by: As) -> None:
    """Index the cases of a coordinator's team again, under tokens as wide as their number needs.

    May be stopped at any time: the next run goes on. Each team's coordinator runs it once.
    """
    with opened(home) as deployment:
        passphrase = str(typer.prompt("Passphrase", hide_input=True))
        try:
            principal, secrets = open_locally(deployment, by, passphrase)
            if not names_of(principal.roles) & SEARCHING_ROLES:
                refuse("only who may search can index: sign in as a coordinator")
            index_again(deployment, principal, secrets)
        except DomainError as refusal:
            refuse(refusal.title)


def index_again(deployment: Deployment, principal: Principal, secrets: MemberSecrets) -> None:
    """Index all that a member holds again, and print what is left; exits with 3 where some is."""
    with unit_as(deployment, principal, secrets) as work:
        version = reindexing.wanted_version(work)
        was = versions_in_use(work)
    with Progress(console=err) as progress:
        bar = progress.add_task("indexing", total=None)
        unit = partial(unit_as, deployment, principal, secrets)
        for count in reindexing.index_all(unit, version):
            progress.advance(bar, count)
    with unit_as(deployment, principal, secrets) as work:
        left = reindexing.find_backlog(work, version)
        names = {team.id: team_name_of(work, team) for team in list_teams(work)}
    out.print(f"version {version} of the index; before: {', '.join(map(str, was))}")
    for team, count in left.cases.items():
        out.print(f"left: {count} cases of {names.get(team, team)}", highlight=False)
    if not left.nothing:
        out.print(f"left: {left.tokens} tokens, {left.tags} tags")
        out.print("a coordinator who holds these cases runs this too")
        raise typer.Exit(FOUND)
    out.print("nothing is left under another version")
