"""``padauk retention``: what is kept until when, what is due, destroying it, proofs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from app.audit.checkpoints import log_verifier
from app.cases.models import Case
from app.cli.home import FOUND, AsJson, Home, opened, out, refuse
from app.crypto.errors import NoteInvalid
from app.crypto.notes import Verifier
from app.deployment import Deployment
from app.models import sealed_models
from app.retention.certificates import read_certificate
from app.retention.choices import rules_now
from app.retention.destruction import own_work
from app.retention.due import Due, list_due
from app.retention.errors import TimeInDoubt
from app.retention.models import Destruction
from app.retention.passes import SOON, find_pass, orders_of, run_pass, write_journal
from app.retention.schedule import BY_NAME
from app.store.engine import rewrite_tables
from app.vault.models import Bundle, Grant, ScopeRow

app = typer.Typer(help="What is kept, for how long, and what is due.", no_args_is_help=True)
_AT_ONCE = 200


@app.command("show")
def show(home: Home, *, as_json: AsJson = False) -> None:
    """Print the schedule as it counts here, and what the last pass counted."""
    with opened(home) as deployment, own_work(deployment) as work:
        row, rules = find_pass(work.session), rules_now(work)
        told = {
            "rules": {
                rule.name: {
                    "from": rule.trigger.value,
                    "days": rule.days,
                    "default": BY_NAME[rule.name].days,
                    "most": rule.most,
                    "says": rule.says,
                }
                for rule in rules
            },
            "counted_on": None if row is None or row.counted_on is None else str(row.counted_on),
            "counts": {} if row is None else row.counts,
            "waiting": [] if row is None else row.waiting,
        }
        if as_json:
            out.print_json(json.dumps(told))
            return
        for rule in rules:
            chosen = "" if rule == BY_NAME[rule.name] else "chosen by the leads, "
            out.print(
                f"{rule.name:<18} {rule.days:>3} days ({chosen}most {rule.most}),"
                f" {rule.trigger}: {rule.says}",
                soft_wrap=True,
                highlight=False,
            )
        out.print(f"counted on {told['counted_on']}:")
        for name, count in sorted((row.counts if row else {}).items()):
            out.print(f"  {name}: {count}", highlight=False)


@app.command("due")
def due(home: Home, *, as_json: AsJson = False) -> None:
    """Print how much is due by rule, falls due within 30 days, or waits, and why."""
    with opened(home) as deployment:
        counts: dict[str, int] = {}
        today = deployment.today()
        for one in _all_due(deployment):
            kinds = one.stops or ("due",)
            if one.on > today:
                kinds = ("within 30 days",) if one.on <= today + SOON else ("later",)
            for kind in kinds:
                name = f"{one.rule.name}: {kind}"
                counts[name] = counts.get(name, 0) + 1
        with deployment.sessions() as session:
            counts["certificates"] = len(session.scalars(select(Destruction.id)).all())
    if as_json:
        out.print_json(json.dumps(counts))
        return
    for name, count in sorted(counts.items()):
        out.print(f"{name}: {count}", highlight=False)


@app.command("plan")
def plan(
    home: Home,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Always so: nothing is done.")] = True,
) -> None:
    """Print what the next run would destroy: random ids, rules and parts. Destroys nothing."""
    del dry_run
    with opened(home) as deployment, own_work(deployment) as work:
        for cases in work.session.scalars(select(Case).order_by(Case.id)).partitions(_AT_ONCE):
            for order in orders_of(list_due(work, cases), work):
                out.print(f"{order.case_id} {order.rule} {order.what}", highlight=False)


@app.command("run")
def run(home: Home) -> None:
    """Destroy what is due, over all cases, with its certificates. Refused on a clock in doubt."""
    with opened(home) as deployment:
        total = 0

        def progress(count: int) -> None:
            nonlocal total
            total += count
            out.print(f"{total} destroyed", highlight=False)

        try:
            count = run_pass(deployment, progress)
        except TimeInDoubt as doubt:
            refuse(doubt.title)
        out.print(f"{count} destroyed; the journal has", end=" ")
        out.print(f"{deployment.keystore.journal.newest_number()} entries")


@app.command("scrub")
def scrub(home: Home) -> None:
    """Rewrite every table that held something sealed, in a quiet hour: each is locked meanwhile."""
    with opened(home) as deployment:
        names = {str(model.__tablename__) for model in sealed_models()}
        names |= {model.__tablename__ for model in (ScopeRow, Bundle, Grant)}
        rewrite_tables(deployment.engine, sorted(names))
        write_journal(deployment)
        out.print(f"{len(names)} tables were rewritten")


@app.command("certificates")
def certificates(home: Home, folder: Annotated[Path, typer.Argument(help="Where to.")]) -> None:
    """Write every certificate to a file of its own, to be kept elsewhere or shown."""
    with opened(home) as deployment, deployment.sessions() as session:
        folder.mkdir(parents=True, exist_ok=True)
        count = 0
        for number, note in session.execute(select(Destruction.id, Destruction.certificate)):
            if note is None:
                continue
            (folder / f"certificate-{number}.txt").write_text(note, encoding="utf-8")
            count += 1
    out.print(f"{count} certificates")


@app.command("verify")
def verify(
    certificate: Annotated[Path, typer.Argument(help="A certificate.", dir_okay=False)],
    *,
    key: Annotated[
        str | None, typer.Option(help="The line that `padauk audit key` prints.")
    ] = None,
    home: Annotated[Path | None, typer.Option(help="Or a deployment, to take it from.")] = None,
) -> None:
    """Verify a certificate of destruction, offline. Exit code 3 where it is not what was signed."""
    try:
        verifier = _verifier(key, home)
        stated = read_certificate(certificate.read_text(encoding="utf-8"), verifier)
    except (NoteInvalid, UnicodeDecodeError) as invalid:
        out.print(f"[red]not valid[/red]: {invalid}", soft_wrap=True)
        raise typer.Exit(FOUND) from None
    out.print(stated.text(), end="", highlight=False, soft_wrap=True)
    out.print("[green]signed by this key[/green]")


def _verifier(key: str | None, home: Path | None) -> Verifier:
    if key is not None:
        return Verifier.from_vkey(key)
    if home is None:
        refuse("give --key, the line that `padauk audit key` prints, or --home")
    with opened(home) as deployment:
        return log_verifier(deployment.log_signing_key.public)


def _all_due(deployment: Deployment) -> list[Due]:
    found: list[Due] = []
    with own_work(deployment) as work:
        for cases in work.session.scalars(select(Case).order_by(Case.id)).partitions(_AT_ONCE):
            found += list_due(work, cases)
    return found
