"""``padauk doctor``: check that a deployment is set up as SECURITY.md says."""

from __future__ import annotations

import json
import os
import resource
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.cli.home import FOUND, AsJson, Home, build, load_settings, out, read_root_key
from app.deployment import Deployment
from app.settings import SETTINGS_FILE, Settings
from app.store.migrate import current, head, upgrade
from app.store.models import JobRun

Check = tuple[str, bool, str]
_WORKER_LATE = timedelta(minutes=10)


def doctor(
    home: Home,
    *,
    bring_up: Annotated[
        bool, typer.Option("--upgrade", help="Upgrade both databases to the newest schema first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check files, keys, databases and jobs. Exit code 3 where something is amiss."""
    settings = load_settings(home)
    deployment = build(settings, read_root_key(settings))
    try:
        if bring_up:
            upgrade(deployment.engine, "main")
            upgrade(deployment.keystore.engine, "keystore")
        checks = [*_files(home, settings), *_databases(deployment)]
    finally:
        deployment.close()
    if as_json:
        out.print_json(
            json.dumps([dict(zip(("check", "ok", "says"), c, strict=True)) for c in checks])
        )
    else:
        for name, sound, says in checks:
            mark = "[green]ok[/green]  " if sound else "[red]amiss[/red]"
            out.print(f"{mark} {name}: {says}")
    if not all(sound for _, sound, _ in checks):
        raise typer.Exit(FOUND)


def _files(home: Path, settings: Settings) -> Iterator[Check]:
    yield "environment", settings.environment == "production", settings.environment
    for file in (home, home / SETTINGS_FILE):
        mode = stat.S_IMODE(file.stat().st_mode)
        yield f"mode of {file.name}", not mode & 0o077, oct(mode)
    key = settings.root_key_file
    beside = key is not None and key.resolve().is_relative_to(home.resolve())
    yield (
        "root key",
        not beside,
        "on the same disk as the database" if beside else "kept elsewhere",
    )
    boot = settings.boot_key_file
    if boot is not None:
        yield "boot key", _in_memory(boot), "on tmpfs" if _in_memory(boot) else "on a disk"
    yield "core dumps", _no_core_dumps(), "off" if _no_core_dumps() else "on; set LimitCORE=0"


def _databases(deployment: Deployment) -> Iterator[Check]:
    for name, engine in (("main", deployment.engine), ("keystore", deployment.keystore.engine)):
        try:
            found, wanted = current(engine, name), head(name)  # type: ignore[arg-type]
        except SQLAlchemyError as failure:
            yield f"{name} database", False, type(failure).__name__
            continue
        yield f"{name} schema", found == wanted, f"at {found}, newest {wanted}"
    yield from _jobs(deployment)


def _jobs(deployment: Deployment) -> Iterator[Check]:
    try:
        with deployment.sessions() as session:
            last = session.scalar(select(JobRun.succeeded_at).where(JobRun.name == "sequencer"))
    except SQLAlchemyError:
        return
    if last is None:
        yield "worker", False, "has never run"
        return
    late = abs(deployment.clock() - last) > _WORKER_LATE
    yield "worker", not late, f"last sequenced the log at {last:%Y-%m-%d %H:%M} UTC"


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
