"""``python -m benchmarks``: ours, unsealed and bare, side by side, and where the time goes."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from benchmarks import growth
from benchmarks.figures import record_of
from benchmarks.ground import Ask
from benchmarks.load import ACTS
from benchmarks.machine import machine
from benchmarks.profiling import Profile, profile
from benchmarks.run import DATABASES, Plan, run
from benchmarks.tables import show_cells, show_growth, show_machine, show_profile

_WIDTH = 112
_QUICK = {"requests": 40, "sign_ins": 2, "rounds": 1, "cases": 60}


def main(  # noqa: PLR0913 - one argument an option
    *,
    requests: Annotated[int, typer.Option(min=1, help="Requests a cell, side and round.")] = 200,
    sign_ins: Annotated[int, typer.Option(min=1, help="Sign-ins, likewise: Argon2 is slow.")] = 8,
    rounds: Annotated[int, typer.Option(min=1, help="How often the sides take turns.")] = 3,
    cases: Annotated[int, typer.Option(min=50, help="Cases that the reader has met.")] = 300,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Databases or acts: {', '.join(DATABASES + ACTS)}.")
    ] = None,
    connections: Annotated[list[int] | None, typer.Option(help="1 and 16 unless told.")] = None,
    quick: Annotated[bool, typer.Option(help="One short round: does it run at all?")] = False,
    weak_argon2: Annotated[bool, typer.Option(help="Argon2 at the cost of tests.")] = False,
    without_key_rows: Annotated[
        bool, typer.Option(help="Unsealed writes no bundles and compares no scopes.")
    ] = False,
    profiled: Annotated[
        bool, typer.Option("--profile/--no-profile", help="Say where the time goes.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Figures as one JSON object.")] = False,
) -> None:
    """Time the sides and print what came out. Nothing is asserted: machines differ.

    With ``--growth``, writes over grown databases instead: ``--growth --help``.
    """
    chosen = set(only or ())
    if unknown := chosen - {*DATABASES, *ACTS}:
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}")
    cost = {"argon2_memory_kib": 8, "argon2_iterations": 1} if weak_argon2 else {}
    sizes = {"requests": requests, "sign_ins": sign_ins, "rounds": rounds, "cases": cases}
    plan = Plan(
        databases=[name for name in DATABASES if name in chosen] or DATABASES,
        acts=[name for name in ACTS if name in chosen] or ACTS,
        connections=connections or (1, 16),
        key_rows=not without_key_rows,
        **(sizes | (_QUICK if quick else {}) | cost),
    )
    _report(plan, profiled=profiled, as_json=as_json)


def report_growth(
    *,
    growing: Annotated[bool, typer.Option("--growth", help="What chooses this command.")] = False,
    size: Annotated[
        list[int] | None, typer.Option(min=50, help="Cases; 10^3, 10^4 and 10^5 unless told.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help=f"Where they are kept; or {growth.CACHE_VARIABLE}.")
    ] = None,
    database: Annotated[str, typer.Option(help=f"One of: {', '.join(DATABASES)}.")] = DATABASES[0],
    seconds: Annotated[float, typer.Option(help="How long a phase is, at least.")] = 20.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often the phases take turns.")] = 3,
) -> None:
    """Grow databases; time writes and reads over them while jobs, backup, verification run."""
    del growing
    if database not in DATABASES:
        raise typer.BadParameter(f"unknown: {database}")
    err, console = Console(stderr=True), Console(width=_WIDTH)

    def tell(told: str) -> None:
        err.print(f"[dim]{told}")

    folder = growth.cache_folder(cache)
    with growth.database_server(folder, database) as server:
        for cases in sorted(size or growth.SIZES):
            home = growth.grow(folder, cases, tell)
            if server is not None:
                home = growth.grow_on(server, home, tell)
            turns: dict[str, list[growth.Turn]] = {}
            for phase, turn in growth.measure(home, seconds, server, rounds=rounds):
                turns.setdefault(phase, []).append(turn)
                tell(f"{phase}: {len(turn.writes)} writes, {len(turn.reads)} reads")
            show_growth(console, f"{cases} cases, {database}", turns)


def _report(plan: Plan, *, profiled: bool, as_json: bool) -> None:
    console, err = Console(stderr=as_json, width=_WIDTH), Console(stderr=True)
    facts = machine()
    show_machine(console, facts, plan)
    records: list[dict[str, Any]] = []
    for cell in run(plan, lambda told: err.print(f"[dim]{told}")):
        records.append(record_of(cell))
        show_cells(console, records[-1:])
    profiles = _profiles(plan) if profiled else []
    for each in profiles:
        show_profile(console, each)
    if as_json:
        whole = {"machine": facts, "plan": msgspec.to_builtins(plan), "cells": records}
        print(json.dumps(whole | {"profiles": msgspec.to_builtins(profiles)}, indent=1))


def _profiles(plan: Plan) -> list[Profile]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        ask = Ask(
            "ours",
            f"sqlite:///{Path(folder)}/main.db",
            f"sqlite:///{Path(folder)}/keys.db",
            plan.cases,
            argon2_memory_kib=8,
            argon2_iterations=1,
        )
        return list(profile(ask, min(plan.requests, 100)))


if __name__ == "__main__":
    typer.run(report_growth if "--growth" in sys.argv else main)
