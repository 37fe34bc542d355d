"""Takes the sealing out of this very process, and nothing else. For comparison only.

What stays: grants as rows and their look-up, scopes, bundles and erasure shares as rows, audit
events with their tags and commitments, sessions, standing, idempotency, blind indexes. What goes
is listed below. Never imported by the application; a server that runs so says so in its name.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, Final
from uuid import UUID

from app import deployment
from app.audit import trail
from app.crypto.aead import DataKey, WrapKey
from app.crypto.hpke import PrivateKey, PublicKey
from app.crypto.signing import SIGNATURE_BYTES, SigningKey
from app.sessions import service as sessions
from app.store.sealed import SealedCell
from app.vault import certificates, grants, keyring, scope_rows, vault
from app.vault.scopes import ScopeEntry, unpack_entries

_HEAD: Final = Struct(">2sI")
_CONSTANT: Final = bytes(32)
_WRAP_HEAD: Final = bytes(30)
"""As long as a wrap's head, nonce and tag: a credential's slots are cut by that length."""


def _no_key(self: object, key: bytes) -> None:
    del self, key


def _seal(self: object, plaintext: bytes, *, address: bytes, epoch: int, step: int = 32) -> bytes:
    del self, address, step
    return _HEAD.pack(b"\x01\x01", epoch) + plaintext


def _open(self: object, envelope: bytes, *, address: bytes) -> bytes:
    del self, address
    return envelope[_HEAD.size :]


def _epoch_of(envelope: bytes) -> int:
    epoch: int = _HEAD.unpack_from(envelope)[1]
    return epoch


def _wrap(self: object, plaintext: bytes, *, address: bytes) -> bytes:
    del self, address
    return _WRAP_HEAD + plaintext


def _unwrap(self: object, blob: bytes, *, address: bytes) -> bytes:
    del self, address
    return blob[len(_WRAP_HEAD) :]


def _same(self: object, given: bytes, **context: bytes) -> bytes:
    del self, context
    return given


def _derive(secret: bytes, *, info: bytes, salt: bytes = b"", length: int = 32) -> bytes:
    del info, salt
    return secret[:length]


def _entries(
    _rows: object, _case: UUID, _share: UUID, packed: bytes, *_: object
) -> list[ScopeEntry]:
    return unpack_entries(packed)


def _commit(secret: bytes, address: bytes) -> bytes:
    del secret, address
    return _CONSTANT


def _nothing(*_: object) -> bytes:
    return b""


def _sign(self: object, message: bytes) -> bytes:
    del self, message
    return bytes(SIGNATURE_BYTES)


def _unchecked(*_: object) -> None:
    return None


_UNWRAPPED: Final = WrapKey(_CONSTANT)


def _session_key(*_: object) -> WrapKey:
    return _UNWRAPPED


_OUT: Final[tuple[tuple[Any, str, Any], ...]] = (
    # Cells, event details and kept answers: the bytes stand as they are, with their epoch.
    (DataKey, "__init__", _no_key),
    (DataKey, "seal", _seal),
    (DataKey, "open", _open),
    (vault, "epoch_of", _epoch_of),
    (SealedCell, "address", _nothing),
    # Keys: none is derived, so no key object is made ready.
    (keyring, "hkdf", _derive),
    (deployment, "hkdf", _derive),
    (trail, "hkdf", _derive),
    (sessions, "_wrap_key", _session_key),
    # Wraps: of grants, the session's private keys, the slots of a credential.
    (WrapKey, "__init__", _no_key),
    (WrapKey, "wrap", _wrap),
    (WrapKey, "unwrap", _unwrap),
    # HPKE: grants on their way, bundles to custody and reporting, copies of the search key.
    (PublicKey, "seal", _same),
    (PrivateKey, "open", _same),
    # Commitments, and the addresses that scopes and wraps are bound to.
    (scope_rows, "commit", _commit),
    (grants, "commit", _commit),
    (keyring, "scope_address", _nothing),
    (grants, "scope_address", _nothing),
    (keyring, "grant_address", _nothing),
    (grants, "grant_address", _nothing),
    # Signatures of grants, bundles and certificates, and what they are computed over.
    (SigningKey, "sign", _sign),
    (certificates, "verify", _unchecked),
    (certificates.Certificates, "_check", _unchecked),
    (certificates, "member_statement", _nothing),
    (certificates, "organisation_statement", _nothing),
    (keyring, "grant_statement", _nothing),
    (grants, "grant_statement", _nothing),
)

_ONLY_FOR_KEYS: Final[tuple[tuple[Any, str, Any], ...]] = (
    (grants.Grants, "_bundle", _unchecked),
    (scope_rows.ScopeRows, "check", _entries),
)


def take_out_sealing(*, key_rows: bool = True) -> None:
    """Replace the sealing in this process by functions that hand bytes through.

    Without ``key_rows``, bundles are not written and a rewrapped grant's scopes not compared:
    rows and look-ups that would not exist if nothing were sealed.
    """
    for place, name, instead in _OUT if key_rows else (*_OUT, *_ONLY_FOR_KEYS):
        if not hasattr(place, name):
            raise AttributeError(f"{place.__name__} has no {name}: the sealing has moved")
        setattr(place, name, instead)
