"""The README's first journey, run as it is written: it founds a group of four and serves it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_HEADING = "## A first journey\n"


def _journey() -> str:
    section = (_ROOT / "README.md").read_text(encoding="utf-8").split(_HEADING, 1)[1]
    section = re.split(r"^## ", section, flags=re.MULTILINE)[0]
    blocks = re.findall(r"^```bash\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 8
    return "\n".join(blocks)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a virtual environment, as `make install` leaves it."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def test_the_first_journey_of_the_readme_runs_as_it_is_written(folder):
    bash = shutil.which("bash")
    assert bash
    ran = subprocess.run(
        [bash, "-euo", "pipefail", "-c", f"trap 'kill $SERVER' ERR\n{_journey()}"],
        cwd=folder,
        env={**os.environ, "PADAUK_PORT": str(_free_port())},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    lines = ran.stdout.splitlines()
    assert lines[-1] == "The case is closed."
    assert lines[-2] == "sound"
    assert lines[:5] == ["active", "active", "active", "2", "3"]
    assert "Coot cannot read the second leg." in lines
    assert "Coot cannot read the case." in lines
    assert "Heron does not approve what Heron asked for." in lines
    assert "Dove cannot read the case." in lines


def test_the_first_journey_takes_as_many_accounts_as_a_small_group_has_at_least():
    journey = _journey()
    joining = re.findall(r"^join \w+ (\w+)", journey, flags=re.MULTILINE)
    assert ["HERON", *joining] == ["HERON", "EGRET", "COOT", "DOVE"]
    assert set(re.findall(r"\bas ([A-Z]+)\b", journey)) == {"HERON", *joining}
