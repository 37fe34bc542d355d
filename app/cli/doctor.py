"""``padauk doctor``: check that a deployment is set up as SECURITY.md says."""

from __future__ import annotations

import json
import os
import resource
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.events import EventKind
from app.audit.models import INSERT_ONLY
from app.audit.trail import has_event
from app.backup.service import JOB as BACKUP
from app.backup.service import KEYSTORE_DAYS, list_old_keystores
from app.casework.reindexing import find_narrow
from app.cli.home import (
    FOUND,
    AsJson,
    Home,
    KeystoreOwnerUrl,
    OwnerUrl,
    bring_up_both,
    build,
    load_settings,
    opened,
    out,
    read_root_key,
    refuse,
)
from app.clock import find_past_doubt, trust
from app.deployment import Deployment
from app.principal import NOBODY
from app.settings import SETTINGS_FILE, Settings
from app.store.identity import StartRefused, check_upgradable
from app.store.jobs import RESTORE
from app.store.models import DeploymentIdentity, JobRun
from app.store.owners import Owners, owns_tables
from app.telemetry.health import Check, Writability, check_degraded, check_ready
from app.work import begin_work, unit_of_work

_BACKUP_LATE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that a careful operator would do differently; no reason to call anybody."""

    name: str
    says: str


def doctor(
    home: Home,
    *,
    bring_up: Annotated[
        bool, typer.Option("--upgrade", help="Upgrade both databases to the newest schema first.")
    ] = False,
    trust_clock: Annotated[
        bool, typer.Option("--trust-clock", help="Say that the present time is right; logged.")
    ] = False,
    take_back_marks: Annotated[
        bool,
        typer.Option(
            "--take-back-marks",
            help="After an older main database was put back by hand: let its rows count again, but"
            " for what ended for good; logged.",
        ),
    ] = False,
    owner_url: OwnerUrl = None,
    keystore_owner_url: KeystoreOwnerUrl = None,
    backups: Annotated[
        Path | None, typer.Option(help="Where backups are kept: names keystores kept too long.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check keys, databases, jobs, clock, disk and backups. Exit code 3 where something is amiss.

    Advice is printed and changes no exit code: a sound embedded installation ends with 0.
    """
    if bring_up:
        _upgrade(load_settings(home), Owners(owner_url, keystore_owner_url))
    with opened(home) as deployment:
        if trust_clock:
            _trust_clock(deployment)
        if take_back_marks:
            _take_back_marks(deployment)
        checks = [*check_ready(deployment, 0.0, Writability()), *check_degraded(deployment)]
        settings = deployment.settings
        advice = [*_advice(home, settings), *_about_records(deployment, backups)]
        checks += [*_files(home), *_last_backup(deployment), *_journal(deployment)]
    advice += [Advice(check.name, check.says) for check in checks if _only_advises(check)]
    checks = [check for check in checks if not _only_advises(check)]
    _show(checks, advice, as_json=as_json)
    if not all(check.ok for check in checks):
        raise typer.Exit(FOUND)


def _only_advises(check: Check) -> bool:
    return check.advises and not check.ok


def _show(checks: list[Check], advice: list[Advice], *, as_json: bool) -> None:
    if as_json:
        told = {
            "checks": [{"name": c.name, "ok": c.ok, "says": c.says} for c in checks],
            "advice": [asdict(item) for item in advice],
        }
        out.print_json(json.dumps(told))
        return
    for check in checks:
        mark = "[green]ok[/green]    " if check.ok else "[red]amiss[/red] "
        out.print(f"{mark} {check.name}: {check.says}", soft_wrap=True)
    for item in advice:
        out.print(f"[yellow]advice[/yellow] {item.name}: {item.says}", soft_wrap=True)


def _upgrade(settings: Settings, owners: Owners) -> None:
    """Upgrade what was founded once; makes no tables in an empty database."""
    deployment = build(settings, read_root_key(settings))
    try:
        check_upgradable(deployment.engine, deployment.keystore.engine)
        bring_up_both(deployment, owners)
    except StartRefused as refusal:
        refuse(str(refusal), refusal.code)
    finally:
        deployment.close()


def _trust_clock(deployment: Deployment) -> None:
    """Take the present time for right, put that on record, and let what waited go on."""
    with deployment.sessions() as session, session.begin():
        trust(session, deployment.clock())
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            work.trail.record(EventKind.CLOCK_TRUSTED)


def _take_back_marks(deployment: Deployment) -> None:
    """Let the rows of an older main database count again, and put that on record."""
    with deployment.engine.begin() as main:
        count = deployment.marks.take_back(main, has_event)
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            work.trail.record(EventKind.MARKS_TAKEN_BACK, count=count)


def _files(home: Path) -> Iterator[Check]:
    for file in (home, home / SETTINGS_FILE):
        mode = stat.S_IMODE(file.stat().st_mode)
        says = oct(mode) if not mode & 0o077 else f"{oct(mode)}: others can read it; chmod go="
        yield Check(f"mode of {file.name}", ok=not mode & 0o077, says=says)


def _advice(home: Path, settings: Settings) -> Iterator[Advice]:
    if settings.environment != "production":
        yield Advice("environment", f"{settings.environment}: for no real person")
    key = settings.root_key_file
    if key is not None and key.resolve().is_relative_to(home.resolve()):
        yield Advice("root key", "lies on the same disk as the databases; move it off")
    boot = settings.boot_key_file
    if boot is not None and not _in_memory(boot):
        yield Advice("boot key", "lies on a disk; put it on tmpfs")
    if not _no_core_dumps():
        yield Advice("core dumps", "are on; set LimitCORE=0")


def _find_last_backup(session: Session) -> tuple[datetime | None, JobRun | None]:
    """Return when this deployment's newest backup was proved, and the restore it comes from.

    What the copy says of backups before the restore is said of the deployment that it is a copy of.
    """
    restored = session.get(JobRun, RESTORE)
    query = select(JobRun.succeeded_at).where(JobRun.name == BACKUP)
    if restored is not None:
        query = query.where(JobRun.succeeded_at > restored.succeeded_at)
    return session.scalar(query), restored


def _last_backup(deployment: Deployment) -> Iterator[Check]:
    with deployment.sessions() as session:
        last, _ = _find_last_backup(session)
    if last is not None:
        hours = (deployment.clock() - last) // timedelta(hours=1)
        yield Check(
            "backup", ok=True, says=f"last proved {hours} hours ago, {last:%Y-%m-%d %H:%M} UTC"
        )


def _journal(deployment: Deployment) -> Iterator[Check]:
    """Say whether both databases have heard of everything that was destroyed."""
    journal = deployment.keystore.journal
    entries, newest = journal.newest_number(), journal.newest_destruction()
    with deployment.sessions() as session:
        applied = session.scalar(select(DeploymentIdentity.journal_number)) or 0
    says = f"{entries} entries, applied to both databases"
    if applied < newest:
        says = f"{newest} entries, {applied} applied to the main database; `padauk retention run`"
    yield Check("journal", ok=applied >= newest, says=says)


def _about_records(deployment: Deployment, folder: Path | None) -> Iterator[Advice]:
    with deployment.sessions() as session:
        last, restored = _find_last_backup(session)
        doubted = find_past_doubt(session)
        narrow = find_narrow(session)
        owns = owns_tables(session.connection(), INSERT_ONLY)
    if doubted is not None:
        says = f"{doubted}. Is it right now? Then `padauk doctor --trust-clock`"
        yield Advice("clock", says)
    if narrow is not None:
        says = "its tokens have {} bits, {} suit the number of cases; `padauk reindex`"
        yield Advice("blind index", says.format(*narrow))
    if owns:
        yield Advice(
            "database role", "can rewrite the log: let another own the tables (docs/operating.md)"
        )
    if last is None and restored is not None:
        from_day, on = (
            at and deployment.day_of(at) for at in (restored.began_at, restored.succeeded_at)
        )
        says = f"restored on {on} from the backup of {from_day}; none was made since"
        yield Advice("backup", f"{says}; `padauk backup --to FOLDER`")
    elif last is None:
        yield Advice("backup", "none was ever made; `padauk backup --to FOLDER`")
    elif deployment.clock() - last > _BACKUP_LATE:
        days = (deployment.clock() - last).days
        says = f"the last proved copy is {days} days old, of {last:%Y-%m-%d %H:%M} UTC"
        yield Advice("backup", f"{says}; see that padauk-backup.timer runs")
    if folder is not None:
        for file in list_old_keystores(folder, deployment.clock()):
            yield Advice("old keystore", f"{file} is older than {KEYSTORE_DAYS} days; delete it")


def _in_memory(path: Path) -> bool:
    mounts = Path("/proc/mounts")
    if not mounts.is_file():
        return False
    under = [
        (Path(fields[1]), fields[2])
        for fields in (line.split() for line in mounts.read_text(encoding="utf-8").splitlines())
        if path.resolve().is_relative_to(fields[1])
    ]
    kind = max(under, key=lambda found: len(found[0].parts), default=(Path("/"), ""))[1]
    return kind in {"tmpfs", "ramfs"}


def _no_core_dumps() -> bool:
    return os.name == "posix" and resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
