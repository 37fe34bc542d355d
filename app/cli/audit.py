"""``padauk audit``: prove that the log, and the rows, are what was written."""

from __future__ import annotations

import json
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.checkpoints import log_verifier
from app.audit.verify import Verdict, verify_log, verify_rows
from app.cli.home import FOUND, AsJson, Home, opened, out
from app.crypto.notes import Verifier
from app.deployment import Deployment
from app.models import sealed_models
from app.store.base import ORGANISATION
from app.vault.models import ScopeRow

app = typer.Typer(help="Verify the log.", no_args_is_help=True)


@app.command("verify")
def verify(
    home: Home,
    *,
    database: Annotated[
        bool, typer.Option("--database", help="Compare every sealed row with the log as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check events, leaves and the signed checkpoint. Exit code 3 where anything is amiss."""
    with opened(home) as deployment, deployment.sessions() as session:
        verifier = log_verifier(deployment.log_signing_key.public)
        verdict = verify_log(session, verifier)
        if database:
            verify_rows(
                session,
                verdict,
                organisation=deployment.organisation,
                log_keys=log_keys(session, deployment),
                models=sealed_models(),
            )
    _show(verdict, verifier, as_json=as_json)
    if not verdict.sound:
        raise typer.Exit(FOUND)


@app.command("key")
def key(home: Home) -> None:
    """Print the verifier's line for the log's checkpoints (C2SP signed note)."""
    with opened(home) as deployment:
        out.print(log_verifier(deployment.log_signing_key.public).vkey, soft_wrap=True)


def log_keys(session: Session, deployment: Deployment) -> dict[UUID, bytes]:
    """Return the log keys of the organisation and of every case whose share still exists."""
    rows = session.execute(select(ScopeRow.case_id, ScopeRow.share_id).distinct()).all()
    shares = deployment.keystore.find({row.share_id for row in rows})
    keys: dict[UUID, bytes] = {
        row.case_id: deployment.case_log_key(row.case_id, shares[row.share_id])
        for row in rows
        if row.share_id in shares
    }
    keys[ORGANISATION] = deployment.log_key
    return keys


def _show(verdict: Verdict, verifier: Verifier, *, as_json: bool) -> None:
    if as_json:
        out.print_json(
            json.dumps(
                {
                    "sound": verdict.sound,
                    "leaves": verdict.leaves,
                    "covered": verdict.covered,
                    "rows": verdict.rows,
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
        f" {verdict.rows} rows compared"
    )
    for finding in verdict.findings:
        out.print(f"[red]{finding.kind}[/red] {finding.where}")
    out.print("[green]sound[/green]" if verdict.sound else "[red]not sound[/red]")
