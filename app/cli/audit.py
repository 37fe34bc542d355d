"""``padauk audit``: verify the log, and every sealed row against it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from itertools import groupby, islice
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.checkpoints import log_verifier
from app.audit.verify import LogVerification, verify_log, verify_rows, verify_triggers
from app.cases.models import Case, CaseStatus
from app.cli.home import FOUND, AsJson, Home, opened, out, refuse
from app.crypto.errors import NoteInvalid
from app.crypto.notes import Checkpoint, Verifier, open_note
from app.deployment import Deployment
from app.models import authenticated_models
from app.retention.verification import SeenTags, verify_erasures
from app.store.authenticated import is_altered, place_of
from app.store.base import ORGANISATION
from app.vault.models import ScopeRow

_CASES = 300
BEHIND = 4

app = typer.Typer(help="Verify the log and print its public key.", no_args_is_help=True)


@app.command("verify")
def verify(
    home: Home,
    *,
    database: Annotated[
        bool, typer.Option("--database", help="Also compare every sealed row with the log.")
    ] = False,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="A checkpoint that you kept elsewhere: the log must have grown from it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check events, leaves and the signed checkpoint, on one state of the database.

    Exit code 0: sound. 3: something is not as it was written. 4: nothing was found, but events wait
    for the sequencer since a day before today, or leaves lie under no signature.
    """
    with opened(home) as deployment:
        verifier = log_verifier(deployment.log_signing_key.public)
        kept = None if checkpoint is None else _read_kept(checkpoint, verifier)
        with deployment.open_snapshot() as session:
            verdict = verify_log(session, verifier, kept=kept)
            verify_triggers(session, verdict)
            if database:
                seen = SeenTags()
                verify_rows(
                    session,
                    verdict,
                    organisation=deployment.organisation,
                    log_keys=seen.collect(log_keys(session, deployment, verdict)),
                    models=authenticated_models(),
                )
                verify_erasures(session, deployment, verdict, seen)
        today = deployment.today()
    _show(verdict, verifier, as_json=as_json)
    if not verdict.sound:
        raise typer.Exit(FOUND)
    if is_behind(verdict, today):
        raise typer.Exit(BEHIND)


def _read_kept(file: Path, verifier: Verifier) -> Checkpoint:
    """Return the checkpoint in a file; ends the command where it is none of this log's."""
    try:
        return Checkpoint.parse(open_note(file.read_text(encoding="utf-8"), verifier))
    except (OSError, UnicodeDecodeError):
        refuse(f"the checkpoint {file} cannot be read")
    except NoteInvalid:
        refuse(f"{file} is no checkpoint that this deployment has signed")


@app.command("key")
def key(home: Home) -> None:
    """Print the verifier's line for the log's checkpoints (C2SP signed note)."""
    with opened(home) as deployment:
        out.print(log_verifier(deployment.log_signing_key.public).vkey, soft_wrap=True)


def is_behind(verdict: LogVerification, today: date) -> bool:
    """Return whether the sequencer leaves events waiting since yesterday, or leaves unsigned."""
    waits = verdict.unsequenced_since is not None and verdict.unsequenced_since < today
    return waits or verdict.covered < verdict.leaves


def log_keys(
    session: Session, deployment: Deployment, verdict: LogVerification
) -> Iterator[dict[UUID, bytes]]:
    """Yield the log keys of the organisation, then of cases, a few hundred at a time.

    A case whose share is gone is a finding, unless its destruction is going on: nobody can read
    such a case, and nobody decided that.
    """
    yield {ORGANISATION: deployment.log_key}
    shares = _share_ids(session, verdict)
    while found := dict(islice(shares, _CASES)):
        keys = deployment.case_log_keys(found)
        lost = [case_id for case_id in found if case_id not in keys]
        for case_id, status in session.execute(
            select(Case.id, Case.status).where(Case.id.in_(lost))
        ):
            if status is not CaseStatus.ERASED:
                verdict.add("share.missing", case_id)
        yield keys


def _share_ids(session: Session, verdict: LogVerification) -> Iterator[tuple[UUID, UUID]]:
    """Yield each case with the id of its share, by the scopes that are as they were written."""
    rows = session.scalars(
        select(ScopeRow).order_by(ScopeRow.case_id), execution_options={"yield_per": _CASES}
    )
    for case_id, scopes in groupby(rows, key=lambda row: row.case_id):
        share_id = None
        for scope in scopes:
            if is_altered(session, scope):
                verdict.add("row.altered", place_of(scope))
            elif share_id is None:
                share_id = scope.share_id
            session.expunge(scope)
        if share_id is not None:
            yield case_id, share_id


def _show(verdict: LogVerification, verifier: Verifier, *, as_json: bool) -> None:
    if as_json:
        out.print_json(
            json.dumps(
                {
                    "sound": verdict.sound,
                    "leaves": verdict.leaves,
                    "covered": verdict.covered,
                    "rows": verdict.rows,
                    "unsequenced": verdict.unsequenced,
                    "erased_cases": verdict.erased_cases,
                    "verifier": verifier.vkey,
                    "findings": [
                        {"kind": finding.kind, "where": finding.where}
                        for finding in verdict.findings
                    ],
                }
            )
        )
        return
    out.print(
        f"{verdict.leaves} leaves, {verdict.covered} under a signed checkpoint,"
        f" {verdict.rows} rows compared; not looked at: {verdict.unsequenced} events that wait"
        f" for the sequencer, rows of {verdict.erased_cases} erased cases"
    )
    for finding in verdict.findings:
        out.print(f"[red]{finding.kind}[/red] {finding.where}")
    out.print("[green]sound[/green]" if verdict.sound else "[red]not sound[/red]")
