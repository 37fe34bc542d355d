"""``padauk init``: found an organisation, with no default passphrase."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Annotated

import typer
from rich.panel import Panel
from sqlalchemy import Engine

from app.accounts.logins import check_login
from app.cli.choices import choose_preset, choose_small_sums, choose_zone, read_lead
from app.cli.home import (
    ROOT_KEY_FILE,
    Home,
    KeystoreOwnerUrl,
    OwnerUrl,
    bring_up_both,
    build,
    fresh_values,
    out,
    refuse,
    write_settings,
)
from app.crypto.root import RootKey, create_root_key_file
from app.deployment import Deployment
from app.errors import DomainError
from app.organisation.root import OrganisationRoot
from app.organisation.service import Founding, NewLead, found_organisation
from app.presets import PRESETS, Preset
from app.principal import NOBODY
from app.settings import Settings
from app.store.identity import empty_keystore, has_founding
from app.store.organisation_settings import OrganisationSettings
from app.store.owners import Owners
from app.text.dates import get_zone
from app.work import begin_work, unit_of_work

_DEFAULTS = OrganisationSettings()
Lead = Annotated[
    str,
    typer.Option(
        "--lead",
        help="Sign-in name of the first lead. NAME=coordinator,vetter gives further roles.",
    ),
]
Teams = Annotated[list[str], typer.Option("--team", help="Name of a team; at least one.")]
Zone = Annotated[
    str | None, typer.Option(help="Time zone whose days count, such as Asia/Yangon (the default).")
]
MakesCodes = Annotated[
    bool,
    typer.Option(
        "--codes-made-here", help="The group is itself the authority that makes registration codes."
    ),
]
ChosenPreset = Annotated[
    Preset | None,
    typer.Option("--preset", help="For 3 to 6, 7 to 18 or 19 to 40 people; see docs/presets.md."),
]
SmallSums = Annotated[
    list[str] | None,
    typer.Option(
        "--small-sum",
        help="A currency of the group's and a small sum in it, MMK=100000; the limits follow.",
    ),
]
ReportWeeks = Annotated[
    int,
    typer.Option(help="How many weeks a half-year stays provisional in reports.", min=0, max=26),
]
DatabaseUrl = Annotated[
    str | None, typer.Option(help="postgresql+psycopg://...; default: SQLite in the folder.")
]
KeystoreUrl = Annotated[
    str | None, typer.Option(help="The same for the keystore, which must be another database.")
]


def init(  # noqa: PLR0913 - each is an option
    home: Home,
    lead: Lead,
    team: Teams,
    database_url: DatabaseUrl = None,
    keystore_url: KeystoreUrl = None,
    zone: Zone = None,
    report_weeks: ReportWeeks = _DEFAULTS.report_weeks,
    *,
    owner_url: OwnerUrl = None,
    keystore_owner_url: KeystoreOwnerUrl = None,
    preset: ChosenPreset = None,
    small_sum: SmallSums = None,
    codes_made_here: MakesCodes = False,
) -> None:
    """Found an organisation with one lead: keys, custody, recovery kit; secrets are shown once.

    Everybody else joins by an invitation, the further leads too.
    """
    founder = read_lead(lead)
    sums = choose_small_sums(small_sum or ())
    chosen = OrganisationSettings(
        choose_zone(zone), codes_made_here, report_weeks, choose_preset(preset), sums
    )
    _check(chosen, founder)
    if home.exists() and any(home.iterdir()):
        refuse(f"{home} is not empty")
    root = OrganisationRoot.generate()
    values = _values(root, database_url=database_url, keystore_url=keystore_url)
    with draft_of(home) as draft:
        root_key = create_root_key_file(draft / ROOT_KEY_FILE)
        deployment = build(write_settings(draft, values), root_key, create=True)
        with _refused(deployment):
            bring_up_both(deployment, Owners(owner_url, keystore_owner_url))
            with _taken_back(deployment.keystore.engine):
                founding = found(deployment, root, teams=team, lead=founder, chosen=chosen)
    _show(home, founding, root_key, founder, chosen)
    _show_settings(Settings.load(home))


def _values(root: OrganisationRoot, **urls: str | None) -> dict[str, object]:
    """Return the settings of a new deployment, with the addresses that were given."""
    given = {key: url for key, url in urls.items() if url}
    return fresh_values("production", root.fingerprint) | given


@contextmanager
def _refused(deployment: Deployment) -> Iterator[None]:
    """Refuse in one line what a founding raises, and close the deployment."""
    try:
        yield
    except DomainError as refusal:
        refuse(refusal.title)
    finally:
        deployment.close()


@contextmanager
def _taken_back(keystore: Engine) -> Iterator[None]:
    """Leave a keystore as empty as it was where a founding fails; refuse one that is not."""
    if has_founding(keystore):
        refuse(
            "the keystore is not empty: another deployment's, or of a founding that was killed;"
            " give `padauk init` two empty databases"
        )
    try:
        yield
    except BaseException:
        empty_keystore(keystore)
        raise


def _check(chosen: OrganisationSettings, lead: NewLead) -> None:
    try:
        get_zone(chosen.zone)
        check_login(lead.login)
    except DomainError as refusal:
        refuse(refusal.title)


@contextmanager
def draft_of(home: Path) -> Iterator[Path]:
    """Yield a folder beside a home: the home, when all went well; gone, if not."""
    home.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=f".{home.name}-being-founded-", dir=home.parent))
    try:
        yield draft
    except BaseException:
        rmtree(draft, ignore_errors=True)
        raise
    if home.exists():
        home.rmdir()
    draft.rename(home)


def found(
    deployment: Deployment,
    root: OrganisationRoot,
    *,
    teams: list[str],
    lead: NewLead,
    chosen: OrganisationSettings,
) -> Founding:
    """Found the organisation in two databases of the newest schema."""
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            return found_organisation(work, root, teams=teams, lead=lead, chosen=chosen)


def _show_settings(settings: Settings) -> None:
    """Show what no database alone brings back: without both, nothing that is kept opens."""
    out.print("\nWrite these two lines of padauk.toml down with the kit; they are no secret:")
    for name in ("organisation_id", "organisation_root"):
        out.print(f'  {name} = "{getattr(settings, name)}"', highlight=False, soft_wrap=True)


def _show(
    home: Path,
    founding: Founding,
    root_key: RootKey,
    lead: NewLead,
    chosen: OrganisationSettings,
) -> None:
    out.print(f"Founded in [bold]{home}[/bold]. What follows is shown once and kept nowhere.\n")
    out.print(Panel(founding.lead.passphrase, title=f"passphrase of {lead.login}", expand=False))
    out.print(
        Panel(
            "\n\n".join(
                [
                    "ORGANISATION ROOT (certifies leads)\n" + founding.root_words,
                    "ROOT KEY (the process needs it to start)\n" + root_key.recovery_words(),
                    "CUSTODY SHARE 1 of 1 (opens every case)\n" + founding.recovery_kit[0],
                ]
            ),
            title="Recovery kit: write it down, keep the parts apart, show no one",
        )
    )
    out.print(
        "[bold]Custody is with one lead alone[/bold], and ten cases are active at most, until a"
        " second lead has joined\n(`padauk member invite NAME --role lead`). It is then dealt"
        " again, and this share opens nothing new."
    )
    out.print(f"A group of this size ([bold]{chosen.preset}[/bold]) gives up:")
    for given_up in PRESETS[chosen.preset].gives_up:
        out.print(f"  - {given_up}", highlight=False)
    out.print(
        f"\nNext: move [bold]{ROOT_KEY_FILE}[/bold] off this disk (deploy/README.md), then"
        f" [bold]padauk serve --home {home}[/bold]"
    )
