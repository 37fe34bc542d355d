"""What `docs/operating.md` says is what the program does: the drill is walked as it is written."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer.main
from starlette.testclient import TestClient

from app.cli.commands import build_app
from app.cli.serve import GRACE_SECONDS, WORKER_SECONDS
from app.http import request_pool
from app.main import create_app
from app.settings import Settings
from app.store import engine
from app.store.engine import Timeouts
from app.store.identity import StartCode
from app.telemetry import health, metrics
from app.worker import JOBS

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = (_ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
_FOR_PEOPLE = ["README.md", "SECURITY.md", "deploy/README.md", "docs/operating.md"]
_DRILL_MINUTES = 15


def section(heading: str) -> str:
    return re.split(r"^## ", _PAGE.split(f"## {heading}\n", 1)[1], flags=re.MULTILINE)[0]


def rows(heading: str) -> list[list[str]]:
    """The cells of the tables of a section, without their heads."""
    lines = [line for line in section(heading).splitlines() if line.startswith("| ")]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]


def test_every_exit_code_of_a_refused_start_is_in_the_table_and_no_other():
    table = {row[0]: row[1] for row in rows("Starting and stopping") if row[1].isupper()}
    assert table == {str(code.value): code.name for code in StartCode}


def test_the_limits_are_those_of_the_program():
    limits = {row[0]: row[1] for row in rows("What waits, and how long")}
    timeouts = Timeouts()
    said = {
        "connecting to PostgreSQL": engine._CONNECT_SECONDS,
        "a statement on PostgreSQL": timeouts.statement // 1000,
        "a lock on PostgreSQL": timeouts.lock // 1000,
        "an idle transaction on PostgreSQL": timeouts.idle_in_transaction // 1000,
        "an unacknowledged packet": engine._TCP_MILLISECONDS // 1000,
        "locks of a host that has vanished": int(engine._SERVER_KEEPALIVES["tcp_keepalives_idle"])
        + int(engine._SERVER_KEEPALIVES["tcp_keepalives_interval"])
        * int(engine._SERVER_KEEPALIVES["tcp_keepalives_count"]),
        "a connection of the process's own pool": engine._POOL_SECONDS,
        "SQLite's write lock": engine._PRAGMAS["busy_timeout"] // 1000,  # type: ignore[operator]
        "SQLite's write lock, in a command beside the server": engine._COMMAND_MILLISECONDS // 1000,
        "a request in hand": int(request_pool.SECONDS),
        "a round of health checks": int(health.DEADLINE_SECONDS),
    }
    for what, seconds in said.items():
        assert limits[what] == f"{seconds} s"
    stopping = section("Starting and stopping")
    assert f"have {GRACE_SECONDS} seconds to finish" in stopping
    assert f"the job in hand {WORKER_SECONDS}" in stopping


def test_every_metric_is_named_and_none_that_there_is_not():
    there = set(re.findall(r'"(padauk_[a-z_]+)"', Path(metrics.__file__).read_text("utf-8")))
    assert {row[0] for row in rows("Monitoring") if row[0].startswith("padauk_")} == there


def test_every_job_that_can_be_late_is_named_with_its_limit():
    table = {row[0]: row[1] for row in rows("Monitoring")}
    for job, longest in health.LATE.items():
        minutes = longest.total_seconds() // 60
        days = longest.days
        assert table[job] == (f"{days} days" if days else f"{minutes:.0f} minutes")


def test_the_health_addresses_are_served(world):
    client = TestClient(create_app(world.deployment))
    asked = [row[0] for row in rows("Monitoring") if row[0].startswith("/api/")]
    assert len(asked) == 3
    for address in asked:
        assert client.get(address).status_code in {200, 503}


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`([a-z]+(?:_[a-z]+)+)(?: = [^`]*)?`", _PAGE)))
)
def test_every_setting_that_is_named_exists(name):
    foreign = {
        "log_statement",
        "log_parameter_max_length_on_error",
        "synchronous_standby_names",
        "synchronous_commit",
    }
    known = name in Settings.model_fields or name in foreign or name.startswith("padauk_")
    assert known, name


def commands_in(text: str) -> list[str]:
    spans = re.findall(r"`(padauk [a-z][^`]*)`", text)
    lines = re.findall(r"^(?: {4}|.*/bin/)?(padauk [a-z][^|\n]*)", text, flags=re.MULTILINE)
    return [span for span in [*spans, *lines] if "()" not in span]


@pytest.mark.parametrize("document", _FOR_PEOPLE)
def test_every_command_that_a_document_names_exists_with_its_options(document):
    text = (_ROOT / document).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in commands_in(text):
        command: Any = typer.main.get_command(build_app())
        words = line.split()[1:]
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        if words and words[0] != "COMMAND":
            assert not hasattr(command, "commands"), f"{document}: {line}"
            known = {"--help"}
            for parameter in command.params:
                known |= {*parameter.opts, *parameter.secondary_opts}
            asked = {word.split("=")[0].strip(".,;:") for word in words if word.startswith("--")}
            assert asked <= known, f"{document}: {line}"


_COPYING = re.compile(
    r"\b(copy|cp|rsync|tar)\b[^.\n]{0,40}\b(files?|padauk\.db|keystore\.db)\b", re.IGNORECASE
)


def _helps() -> list[str]:
    found: list[str] = []
    waiting: list[Any] = [typer.main.get_command(build_app())]
    while waiting:
        command = waiting.pop()
        found += [command.help or "", *(getattr(p, "help", None) or "" for p in command.params)]
        waiting += getattr(command, "commands", {}).values()
    return found


def test_nothing_tells_anyone_to_copy_the_files_of_a_database():
    texts = {name: (_ROOT / name).read_text("utf-8") for name in _FOR_PEOPLE}
    texts |= {str(page): page.read_text("utf-8") for page in (_ROOT / "docs").glob("*.md")}
    texts |= {f"help {number}": text for number, text in enumerate(_helps())}
    said = {name: found for name, text in texts.items() if (found := _COPYING.findall(text))}
    assert said == {}


def drill() -> str:
    blocks = re.findall(
        r"^```bash\n(.*?)^```$",
        section("A drill of fifteen minutes"),
        flags=re.MULTILINE | re.DOTALL,
    )
    assert len(blocks) >= 5
    return "\n".join(blocks)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_the_drill_is_walked_as_it_is_written(tmp_path):
    """In an empty folder, on SQLite; the passphrase comes from where a person would type it."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    port, bash = free_port(), shutil.which("bash")
    assert bash
    typed = 'exec < <(awk \'$1 == "lead" { $1 = $2 = ""; print }\' members.txt | xargs)\n'
    script = drill().replace("padauk restore", f"{typed}padauk restore", 1)
    environment = {key: v for key, v in os.environ.items() if not key.startswith("PADAUK_")}
    began = time.monotonic()
    walked = subprocess.run(
        [bash, "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment | {"PADAUK_PORT": port, "PADAUK_URL": f"http://127.0.0.1:{port}"},
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert walked.returncode == 0, walked.stdout[-2000:] + walked.stderr[-2000:]
    lines = walked.stdout.splitlines()
    assert lines[-1] == "Drill done."
    assert "sound" in lines
    restored = re.search(r"Restored (\d+) cases", walked.stdout)
    assert restored
    assert 80 <= int(restored.group(1)) < 102, "102 were opened; those that fell due are destroyed"
    assert time.monotonic() - began < 60 * _DRILL_MINUTES
    with closing(sqlite3.connect(tmp_path / "again" / "padauk.db")) as restored_database:
        runs = restored_database.execute("SELECT name, failures, failure FROM job_runs").fetchall()
    assert {name for name, _, _ in runs} >= {job.name for job in JOBS}
    assert [run for run in runs if run[1]] == [], "a job of the worker fails on the demo's cases"
    size = (tmp_path / "again" / "padauk.db").stat().st_size / 102 / 1000
    said = re.search(r"its `padauk.db` is (\d+) kB a case that was opened", _PAGE)
    assert said
    assert size == pytest.approx(int(said.group(1)), rel=0.25)
