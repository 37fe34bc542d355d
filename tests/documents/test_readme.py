"""The README's first journey, run as it is written, over a demo that is served for it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_PADAUK = str(Path(sys.prefix) / "bin" / "padauk")
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


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert server.poll() is None, "the server ended before it listened"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the server did not listen within a minute")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as `make run` leaves it: a virtual environment, and a demo beside it."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """The address of a demo that is served out of the folder."""
    port = _free_port()
    making = [_PADAUK, "demo", "--no-serve", "--port", str(port)]
    subprocess.run(making, cwd=folder, check=True, capture_output=True)
    server = subprocess.Popen(
        [_PADAUK, "serve", "--home", ".demo"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=60)


def test_the_first_journey_of_the_readme_runs_as_it_is_written(folder, address):
    bash = shutil.which("bash")
    assert bash
    ran = subprocess.run(
        [bash, "-euo", "pipefail", "-c", _journey()],
        cwd=folder,
        env={**os.environ, "PADAUK_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    lines = ran.stdout.splitlines()
    assert lines[-1] == "The case is closed."
    assert lines[-2] == "sound"
    assert "Sparrow cannot read it any more." in lines
    assert "Mynah cannot read the second leg." in lines
    assert "Swift cannot read the case." in lines
