"""A backup's parts as files that open with the custody key alone.

Layout of a part: ``magic | u32 length | file key sealed by HPKE`` and then chunks of one mebibyte,
each ``u32 length | wrap``. A chunk is bound to the backup, the part, its number and whether it is
the last, so that none can be left out, moved or exchanged, and a file cut short does not open.

Knows bytes and files; knows no table.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from app.crypto.aead import WrapKey
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.hpke import PrivateKey, PublicKey
from app.crypto.labels import Label

_MAGIC: Final = b"padauk-backup-part/1\n"
_CHUNK: Final = 1024 * 1024
_LENGTH_BYTES: Final = 4
_KEY_BYTES: Final = 32
_MOST: Final = _CHUNK + 4096
"""No length that is read may be more: a wrap is a few dozen bytes longer than its chunk."""


class ArchiveDamaged(RuntimeError):
    """A part does not open: another key, another backup, cut short, or altered."""


def seal_part(source: Path, target: Path, recipient: PublicKey, *, backup: UUID, part: str) -> None:
    """Seal a file to a public key, into a new file that its owner alone may read."""
    key = secrets.token_bytes(_KEY_BYTES)
    wrap = WrapKey(key)
    target.touch(mode=0o600, exist_ok=False)
    with source.open("rb") as plain, target.open("wb") as sealed:
        sealed.write(_MAGIC)
        _write(sealed, recipient.seal(key, info=frame(Label.BACKUP_PART, backup, part)))
        for number, (chunk, last) in enumerate(_chunks(plain)):
            _write(sealed, wrap.wrap(chunk, address=_address(backup, part, number, last=last)))
        sealed.flush()
        os.fsync(sealed.fileno())


def open_part(source: Path, target: Path, private: PrivateKey, *, backup: UUID, part: str) -> None:
    """Open a sealed part into a new file of its owner's alone; raises ``ArchiveDamaged``."""
    target.touch(mode=0o600, exist_ok=False)
    try:
        with source.open("rb") as sealed, target.open("wb") as plain:
            if sealed.read(len(_MAGIC)) != _MAGIC:
                raise ArchiveDamaged(part)
            info = frame(Label.BACKUP_PART, backup, part)
            wrap = WrapKey(private.open(_read(sealed, part), info=info))
            number, last = 0, False
            while not last:
                chunk = _read(sealed, part)
                plain.write(_unwrap(wrap, chunk, backup, part, number))
                last = _is_end(sealed)
                if last:
                    wrap.unwrap(chunk, address=_address(backup, part, number, last=True))
                number += 1
    except CryptoError:
        raise ArchiveDamaged(part) from None


@contextmanager
def private_folder(beside: Path, needed: int, owner: UUID) -> Iterator[Path]:
    """Yield a folder that its user alone may enter; what lies in it is gone afterwards.

    In memory where there is twice the room that is needed, because what lies in it is in the
    clear; otherwise beside the databases, where the same lies already. What a killed process left
    of ``owner`` (one at a time) is removed first.
    """
    memory = Path("/dev/shm")  # noqa: S108 - the kernel's own tmpfs
    prefix = f".padauk-{owner.hex}-"
    for left in [*memory.glob(f"{prefix}*"), *beside.glob(f"{prefix}*")]:
        shutil.rmtree(left, ignore_errors=True)
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 * needed
    with tempfile.TemporaryDirectory(prefix=prefix, dir=memory if roomy else beside) as folder:
        yield Path(folder)


def _unwrap(wrap: WrapKey, chunk: bytes, backup: UUID, part: str, number: int) -> bytes:
    """Open a chunk as one in the middle, or as the last one."""
    try:
        return wrap.unwrap(chunk, address=_address(backup, part, number, last=False))
    except CryptoError:
        return wrap.unwrap(chunk, address=_address(backup, part, number, last=True))


def _address(backup: UUID, part: str, number: int, *, last: bool) -> bytes:
    return frame(Label.BACKUP_CHUNK, backup, part, number, int(last))


def _chunks(plain: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    chunk = plain.read(_CHUNK)
    while True:
        following = plain.read(_CHUNK)
        yield chunk, not following
        if not following:
            return
        chunk = following


def _write(sealed: BinaryIO, blob: bytes) -> None:
    sealed.write(len(blob).to_bytes(_LENGTH_BYTES, "big") + blob)


def _read(sealed: BinaryIO, part: str) -> bytes:
    length = int.from_bytes(sealed.read(_LENGTH_BYTES), "big")
    blob = sealed.read(length) if 0 < length <= _MOST else b""
    if len(blob) != length or not blob:
        raise ArchiveDamaged(part)
    return blob


def _is_end(sealed: BinaryIO) -> bool:
    at = sealed.tell()
    ended = not sealed.read(1)
    sealed.seek(at)
    return ended
