"""The server leaves no core, and a boot key is guarded as the root key is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.crypto.errors import KeyFileRefused
from app.crypto.guarded import read_key_file

ASKED = """
import resource
from app.cli.memory import forbid_dumps, is_dumpable
assert is_dumpable()
forbid_dumps()
print(is_dumpable(), resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_a_process_that_forbids_dumps_leaves_none_and_cannot_take_it_back():
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False (0, 0)"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o700, 0o620])
def test_a_key_that_others_may_read_or_write_is_refused(tmp_path, mode):
    file = tmp_path / "boot-key"
    file.write_bytes(bytes(32))
    file.chmod(mode)
    with pytest.raises(KeyFileRefused, match="the boot key"):
        read_key_file(file, name="the boot key", size=32)
    file.chmod(0o600)
    assert read_key_file(file, name="the boot key", size=32) == bytes(32)


def test_a_key_behind_a_link_is_refused(tmp_path):
    (tmp_path / "real").write_bytes(bytes(32))
    (tmp_path / "boot-key").symlink_to(tmp_path / "real")
    with pytest.raises(KeyFileRefused, match="cannot be read"):
        read_key_file(tmp_path / "boot-key", name="the boot key", size=32)
