"""Credentials: keys wrapped under a passphrase, in one of two slots of the same shape.

A slot is, from outside in: the pepper (from a deployment secret, replaceable without a passphrase),
a verifier, and the wrapped keys. Both slots are always filled and always tried, so that nothing
shows whether the second one is used. Cost, salt, member and slot are bound into every layer: a
row that is weakened or moved does not open. Knows bytes and one row; no sign-in names.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from uuid import UUID

from app.accounts.errors import CredentialTampered
from app.accounts.models import Credential
from app.crypto import hpke, signing
from app.crypto.aead import WrapKey
from app.crypto.derive import equal, mac
from app.crypto.errors import CryptoError, QueueFull
from app.crypto.framing import frame
from app.crypto.hpke import PrivateKey
from app.crypto.labels import Label
from app.crypto.passwords import (
    FLOOR,
    SALT_BYTES,
    Argon2Cost,
    Stretched,
    generate_passphrase,
    new_salt,
)
from app.crypto.signing import SigningKey
from app.deployment import Deployment
from app.errors import Busy
from app.vault.keyring import MemberSecrets

FIRST, SECOND = 0, 1
PEPPER_ID = 1
_VERIFIER_BYTES = 32
_WRAP_BYTES = 30  # head, nonce and tag of a wrap
_ID_BYTES = 16
_WORK_BYTES = _ID_BYTES + hpke.SEED_BYTES + signing.SEED_BYTES + _WRAP_BYTES
_LEAD_BYTES = hpke.SEED_BYTES + _WRAP_BYTES
_SLOT_BYTES = _VERIFIER_BYTES + _WORK_BYTES + _LEAD_BYTES


@dataclass(frozen=True, slots=True)
class Stretching:
    """A passphrase to be stretched, how, and how many seconds it has to wait first."""

    passphrase: str = field(repr=False)
    salt: bytes
    cost: Argon2Cost
    floor: Argon2Cost
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What a passphrase opened: whose account, by which slot, with which keys."""

    member_id: UUID
    slot: int
    keys: MemberSecrets


def floor_of(deployment: Deployment) -> Argon2Cost:
    """Return the least cost that is accepted from a row: only tests go below the floor."""
    return deployment.argon2_cost if deployment.settings.environment == "test" else FLOOR


def fresh_passphrase(deployment: Deployment) -> Stretching:
    """Generate a passphrase for a new account, to be stretched with a fresh salt."""
    return Stretching(
        generate_passphrase(), new_salt(), deployment.argon2_cost, floor_of(deployment)
    )


def stretching_of(
    deployment: Deployment, credential: Credential, passphrase: str, *, delay: float = 0.0
) -> Stretching:
    """Return how a passphrase is to be stretched against this credential.

    Raises ``CredentialTampered`` where the row's cost is below the floor, or the row is not what
    was written: nothing is stretched at a cost that another writer has chosen.
    """
    cost, floor = _cost(credential), floor_of(deployment)
    for slot in (FIRST, SECOND):
        _inner(deployment, credential, slot)
    if (
        cost.memory_kib < floor.memory_kib
        or cost.iterations < floor.iterations
        or cost.lanes < floor.lanes
    ):
        raise CredentialTampered
    return Stretching(passphrase, credential.salt, cost, floor, delay)


def stretch_now(deployment: Deployment, stretching: Stretching) -> Stretched:
    """Stretch a passphrase and wait for it: for commands and the demo. Raises ``Busy``."""
    try:
        return deployment.stretcher.stretch_now(
            stretching.passphrase,
            salt=stretching.salt,
            cost=stretching.cost,
            floor=stretching.floor,
        )
    except QueueFull:
        raise Busy from None


# ---------------------------------------------------------------------- writing slots


def new_credential(
    deployment: Deployment,
    member_id: UUID,
    keys: MemberSecrets,
    stretched: Stretched,
    *,
    salt: bytes,
    cost: Argon2Cost,
) -> Credential:
    """Return a credential whose first slot holds these keys; the second holds filler."""
    credential = _empty(member_id, salt, cost)
    fill_slot(deployment, credential, FIRST, member_id, keys, stretched)
    put_filler(deployment, credential, SECOND)
    return credential


def filler_credential(deployment: Deployment, member_id: UUID, salt: bytes) -> Credential:
    """Return a credential that no passphrase opens and that looks like any other."""
    credential = _empty(member_id, salt, deployment.argon2_cost)
    put_filler(deployment, credential, FIRST)
    put_filler(deployment, credential, SECOND)
    return credential


def absent_credential(deployment: Deployment, login_index: bytes) -> Credential:
    """Return a credential for an unknown name: the same salt and cost each time.

    Trying it takes as long as trying a real one.
    """
    salt = mac(deployment.unknown_name_key, login_index)[:SALT_BYTES]
    return filler_credential(deployment, UUID(bytes=login_index[:_ID_BYTES]), salt)


def fill_slot(
    deployment: Deployment,
    credential: Credential,
    slot: int,
    member_id: UUID,
    keys: MemberSecrets,
    stretched: Stretched,
) -> None:
    """Seal keys under a stretched passphrase into a slot. Without a lead's key, filler is used."""
    work = member_id.bytes + keys.work.seed + keys.sign.seed
    lead = keys.lead.seed if keys.lead else secrets.token_bytes(hpke.SEED_BYTES)
    inner = b"".join(
        (
            stretched.verifier,
            WrapKey(stretched.wrap_work).wrap(
                work, address=_address(deployment, credential, slot, "work")
            ),
            WrapKey(stretched.wrap_lead).wrap(
                lead, address=_address(deployment, credential, slot, "lead")
            ),
        )
    )
    _put(deployment, credential, slot, inner)


def put_filler(deployment: Deployment, credential: Credential, slot: int) -> None:
    """Fill a slot with random bytes, which no passphrase opens."""
    _put(deployment, credential, slot, secrets.token_bytes(_SLOT_BYTES))


def repepper(deployment: Deployment, credential: Credential, pepper_id: int) -> None:
    """Put both slots under another pepper; no passphrase is needed. Raises as ``try_slots``."""
    inner = [_inner(deployment, credential, slot) for slot in (FIRST, SECOND)]
    credential.pepper_id = pepper_id
    for slot, content in enumerate(inner):
        _put(deployment, credential, slot, content)


# ---------------------------------------------------------------------- trying slots


def try_slots(
    deployment: Deployment, credential: Credential, stretched: Stretched
) -> Unlocked | None:
    """Return what a passphrase opens, or None. Both slots are always tried.

    Raises ``CredentialTampered`` where the row is not what was written.
    """
    inner = [_inner(deployment, credential, slot) for slot in (FIRST, SECOND)]
    fits = [equal(content[:_VERIFIER_BYTES], stretched.verifier) for content in inner]
    if not any(fits):
        return None
    slot = FIRST if fits[FIRST] else SECOND
    wrapped = inner[slot][_VERIFIER_BYTES : _VERIFIER_BYTES + _WORK_BYTES]
    address = _address(deployment, credential, slot, "work")
    opened = _unwrap(stretched.wrap_work, wrapped, address)
    seeds = opened[_ID_BYTES:]
    keys = MemberSecrets(PrivateKey(seeds[: hpke.SEED_BYTES]), SigningKey(seeds[hpke.SEED_BYTES :]))
    return Unlocked(UUID(bytes=opened[:_ID_BYTES]), slot, keys)


def open_lead_key(
    deployment: Deployment, credential: Credential, slot: int, stretched: Stretched
) -> PrivateKey:
    """Return a lead's second key; only a step-up needs it. Raises ``CredentialTampered``.

    For a member who is no lead, the returned key opens nothing.
    """
    wrapped = _inner(deployment, credential, slot)[_VERIFIER_BYTES + _WORK_BYTES :]
    address = _address(deployment, credential, slot, "lead")
    return PrivateKey(_unwrap(stretched.wrap_lead, wrapped, address))


# ---------------------------------------------------------------------- layers


def _empty(member_id: UUID, salt: bytes, cost: Argon2Cost) -> Credential:
    return Credential(
        id=member_id,
        salt=salt,
        memory_kib=cost.memory_kib,
        iterations=cost.iterations,
        lanes=cost.lanes,
        pepper_id=PEPPER_ID,
    )


def _cost(credential: Credential) -> Argon2Cost:
    return Argon2Cost(credential.memory_kib, credential.iterations, credential.lanes)


def _put(deployment: Deployment, credential: Credential, slot: int, inner: bytes) -> None:
    sealed = _pepper(deployment, credential).wrap(
        inner, address=_pepper_address(deployment, credential, slot)
    )
    if slot == FIRST:
        credential.slot_0 = sealed
    else:
        credential.slot_1 = sealed


def _inner(deployment: Deployment, credential: Credential, slot: int) -> bytes:
    sealed = credential.slot_0 if slot == FIRST else credential.slot_1
    try:
        return _pepper(deployment, credential).unwrap(
            sealed, address=_pepper_address(deployment, credential, slot)
        )
    except CryptoError:
        raise CredentialTampered from None


def _unwrap(key: bytes, wrapped: bytes, address: bytes) -> bytes:
    try:
        return WrapKey(key).unwrap(wrapped, address=address)
    except CryptoError:
        raise CredentialTampered from None


def _pepper(deployment: Deployment, credential: Credential) -> WrapKey:
    return WrapKey(deployment.pepper_key(credential.pepper_id))


def _pepper_address(deployment: Deployment, credential: Credential, slot: int) -> bytes:
    address = _address(deployment, credential, slot, "pepper")
    return frame(Label.PEPPER, credential.pepper_id, address)


def _address(deployment: Deployment, credential: Credential, slot: int, layer: str) -> bytes:
    return frame(
        Label.CREDENTIAL,
        deployment.organisation,
        credential.id,
        slot,
        layer,
        credential.salt,
        credential.memory_kib,
        credential.iterations,
        credential.lanes,
    )
