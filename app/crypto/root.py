"""The root key: one a deployment, kept off the database, never stored by the program.

It wraps the deployment's secrets (``store.deployment_secrets``) and takes part in nothing else, so
that a new root key re-wraps a handful of rows. Knows where the key may come from and how such a
place must be guarded.

A typed root key is 64 hexadecimal digits, or the words that ``RootKey.recovery_words`` gave.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

from app.crypto.aead import KEY_BYTES, WrapKey, new_key
from app.crypto.derive import hkdf
from app.crypto.errors import KeyFileRefused, RootKeyRefused, SharesInvalid
from app.crypto.framing import frame
from app.crypto.guarded import NOT_THE_WORLD, OWNER_ONLY, read_key_file
from app.crypto.labels import Label
from app.crypto.shares import combine, split

_CREDENTIALS = "CREDENTIALS_DIRECTORY"
ID_BYTES = 16
_HEX_DIGITS = 2 * KEY_BYTES


class RootKey:
    """Wraps the secrets of a deployment. Build with 32 bytes; else raises RootKeyRefused."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise RootKeyRefused("a root key has 32 bytes")
        self._key = key

    @classmethod
    def generate(cls) -> Self:
        """A fresh root key, kept nowhere yet."""
        return cls(new_key())

    def __repr__(self) -> str:
        return "<RootKey>"

    @property
    def id(self) -> bytes:
        """Sixteen bytes that name the key and say nothing of it."""
        return hkdf(self._key, info=frame(Label.ROOT_KEY_ID), length=ID_BYTES)

    def wrap_key(self) -> WrapKey:
        """The key that wraps the deployment's secrets: all that is ever made of the root key."""
        return WrapKey(hkdf(self._key, info=frame(Label.ROOT_WRAP_KEY)))

    def recovery_words(self) -> str:
        """The key as 33 SLIP-39 words, to be printed and locked away."""
        return split(self._key, 1, 1)[0]


def create_root_key_file(path: Path) -> RootKey:
    """Make a root key and keep it as 32 raw bytes, mode 0600, on the disk before this returns.

    Raises RootKeyRefused if there is anything at the path already, or it cannot be written.
    """
    key = new_key()
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            os.fchmod(file, 0o600)
            os.write(file, key)
            os.fsync(file)
        finally:
            os.close(file)
        _sync_directory(path.parent)
    except FileExistsError:
        raise RootKeyRefused("there is a file already") from None
    except OSError:
        raise RootKeyRefused("the root key file cannot be written") from None
    return RootKey(key)


def load_root_key(
    *,
    file: Path | None = None,
    credential: str | None = None,
    prompt: Callable[[], str] | None = None,
) -> RootKey:
    """Read the root key from exactly one place; there is no second try elsewhere.

    ``file`` must be ours and closed to everyone else; ``credential`` names a systemd credential;
    ``prompt`` returns hexadecimal digits or recovery words. Raises RootKeyRefused.
    """
    if [file, credential, prompt].count(None) != 2:  # noqa: PLR2004 - all but one
        raise RootKeyRefused("name exactly one place of the root key")
    if file is not None:
        return _read(file, forbidden=OWNER_ONLY, owned=True)
    if credential is not None:
        return _read(_credential(credential), forbidden=NOT_THE_WORLD, owned=False)
    return _typed(prompt() if prompt else "")


def _credential(name: str) -> Path:
    directory = os.environ.get(_CREDENTIALS)
    if not directory:
        raise RootKeyRefused("no credentials were handed over by the service manager")
    if not name or name in {".", ".."} or "/" in name or "\0" in name:
        raise RootKeyRefused("a credential has a plain name")
    return Path(directory) / name


def _read(path: Path, *, forbidden: int, owned: bool) -> RootKey:
    try:
        key = read_key_file(
            path, name="the root key", size=KEY_BYTES, forbidden=forbidden, owned=owned
        )
    except KeyFileRefused as refusal:
        raise RootKeyRefused(str(refusal)) from None
    return RootKey(key)


def _typed(text: str) -> RootKey:
    digits = "".join(text.split())
    if len(digits) == _HEX_DIGITS:
        try:
            return RootKey(bytes.fromhex(digits))
        except ValueError:
            raise RootKeyRefused("these are no hexadecimal digits") from None
    try:
        return RootKey(combine([text]))
    except SharesInvalid:
        raise RootKeyRefused("neither 64 hexadecimal digits nor recovery words") from None


def _sync_directory(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
