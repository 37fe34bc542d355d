"""A sealed part opens whole, with its own key and in its own place, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backup import archive
from app.backup.archive import ArchiveDamaged, open_part, seal_part
from app.crypto.hpke import PrivateKey, PublicKey
from app.store.base import new_id

BACKUP = new_id()
KEY = PrivateKey.generate()


def seal(folder, content: bytes, *, part: str = "main") -> None:
    (folder / "plain").write_bytes(content)
    seal_part(folder / "plain", folder / "sealed", PublicKey(KEY.public), backup=BACKUP, part=part)


def opened(folder, *, key=KEY, backup=BACKUP, part="main") -> bytes:
    target = folder / f"opened-{new_id()}"
    open_part(folder / "sealed", target, key, backup=backup, part=part)
    return target.read_bytes()


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 350])
def test_what_is_sealed_opens(tmp_path, monkeypatch, size):
    monkeypatch.setattr(archive, "_CHUNK", 100)
    content = bytes(range(256)) * 2
    seal(tmp_path, content[:size])
    assert opened(tmp_path) == content[:size]
    assert size < 8 or content[:size] not in (tmp_path / "sealed").read_bytes()


def test_another_key_another_backup_and_another_part_open_nothing(tmp_path):
    seal(tmp_path, b"words")
    for wrong in ({"key": PrivateKey.generate()}, {"backup": new_id()}, {"part": "keystore"}):
        with pytest.raises(ArchiveDamaged):
            opened(tmp_path, **wrong)


@given(cut=st.integers(0, 2_000))
def test_a_part_that_was_cut_short_does_not_open(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("cut")
    seal(folder, b"words " * 100)
    whole = (folder / "sealed").read_bytes()
    (folder / "sealed").write_bytes(whole[: cut % len(whole)])
    with pytest.raises(ArchiveDamaged):
        opened(folder)


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_part_in_which_one_bit_changed_does_not_open(tmp_path_factory, at, bit):
    folder = tmp_path_factory.mktemp("bit")
    seal(folder, b"words " * 100)
    whole = bytearray((folder / "sealed").read_bytes())
    whole[at % len(whole)] ^= 1 << bit
    (folder / "sealed").write_bytes(bytes(whole))
    with pytest.raises(ArchiveDamaged):
        opened(folder)


def test_a_chunk_that_was_left_out_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "_CHUNK", 100)
    seal(tmp_path, b"x" * 300)
    whole = (tmp_path / "sealed").read_bytes()
    length = 4 + 100 + 30
    (tmp_path / "sealed").write_bytes(whole[: -2 * length] + whole[-length:])
    with pytest.raises(ArchiveDamaged):
        opened(tmp_path)


def test_a_sealed_part_is_for_its_owner_alone(tmp_path):
    seal(tmp_path, b"words")
    assert (tmp_path / "sealed").stat().st_mode & 0o077 == 0
