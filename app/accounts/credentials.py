"""Credentials: keys wrapped under a passphrase, in one of two slots of the same shape.

- A slot is, from outside in: the pepper (from a deployment secret, replaceable without a
  passphrase), then salt, cost and verifier, and the wrapped keys. Member and slot are bound into
  every layer, salt and cost into the inner ones: a row that is weakened or moved does not open.
- Both slots are always filled, always stretched and always tried, so that nothing shows whether
  the second one is used.
- Each slot has its own salt and cost. A renewal seals its slot at the newest cost. One that is
  older is topped up (``_top_up``) so that trying it does the work that an unknown name costs.
- A passphrase is compared as its words (``app.text.passphrases``), in both slots.

Knows bytes and one row; no sign-in names.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from struct import Struct
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
    SALT_BYTES,
    Argon2Cost,
    Stretched,
    generate_passphrase,
    new_salt,
)
from app.crypto.signing import SigningKey
from app.crypto.stretching import Lane
from app.deployment import Deployment
from app.errors import Busy
from app.text.passphrases import passphrase_letters
from app.vault.keyring import MemberSecrets

FIRST, SECOND = 0, 1
PEPPER_ID = 1
_VERIFIER_BYTES = 32
_WRAP_BYTES = 30  # head, nonce and tag of a wrap
_ID_BYTES = 16
_WORK_BYTES = _ID_BYTES + hpke.SEED_BYTES + signing.SEED_BYTES + _WRAP_BYTES
_LEAD_BYTES = hpke.SEED_BYTES + _WRAP_BYTES
_COST = Struct(">IHB")
_HEAD_BYTES = SALT_BYTES + _COST.size
_KEYS_BYTES = _WORK_BYTES + _LEAD_BYTES
_LEAST_KIB_A_LANE = 8


@dataclass(frozen=True, slots=True)
class Stretching:
    """A passphrase to be stretched: salt, cost, and the delay before it in seconds.

    ``words`` are as typed or generated; ``passphrase`` is what counts of them.
    """

    words: str = field(repr=False)
    salt: bytes
    cost: Argon2Cost
    floor: Argon2Cost
    delay: float = 0.0
    lane: Lane = Lane.STRANGER

    @property
    def passphrase(self) -> str:
        """What is stretched: neither case nor blanks nor punctuation of the words."""
        return passphrase_letters(self.words)


@dataclass(frozen=True, slots=True)
class UnlockedAccount:
    """What a passphrase opened: whose account, by which slot, with which keys."""

    member_id: UUID
    slot: int
    keys: MemberSecrets


@dataclass(frozen=True, slots=True)
class _Slot:
    """What is in a slot under the pepper."""

    salt: bytes
    cost: Argon2Cost
    verifier: bytes = field(repr=False)
    work: bytes = field(repr=False)
    lead: bytes = field(repr=False)

    def packed(self) -> bytes:
        return b"".join(
            (self.salt, _COST.pack(*self.cost.figures), self.verifier, self.work, self.lead)
        )

    @classmethod
    def unpacked(cls, content: bytes) -> _Slot:
        keys = content[_HEAD_BYTES + _VERIFIER_BYTES :]
        return cls(
            content[:SALT_BYTES],
            Argon2Cost(*_COST.unpack(content[SALT_BYTES:_HEAD_BYTES])),
            content[_HEAD_BYTES : _HEAD_BYTES + _VERIFIER_BYTES],
            keys[:_WORK_BYTES],
            keys[_WORK_BYTES:],
        )


def floor_of(deployment: Deployment) -> Argon2Cost:
    """Return the least cost that is accepted from a slot: only tests go below the floor."""
    return deployment.argon2_floor


def fresh_passphrase(deployment: Deployment) -> Stretching:
    """Generate a passphrase for a member, to be stretched with a fresh salt at the newest cost."""
    return replace(own_passphrase(deployment, generate_passphrase()), lane=Lane.AGAIN)


def own_passphrase(deployment: Deployment, words: str) -> Stretching:
    """Return how a passphrase that its owner chose is stretched for a new credential."""
    return Stretching(words, new_salt(), deployment.argon2_cost, floor_of(deployment))


def stretchings_of(
    deployment: Deployment,
    credential: Credential,
    passphrase: str,
    *,
    delay: float = 0.0,
    lane: Lane = Lane.STRANGER,
) -> list[Stretching]:
    """Return how a passphrase is to be stretched against both slots, in their order.

    After them comes what tops up slots of an older cost. Raises ``CredentialTampered`` where a
    cost is below the floor, or the row is not what was written: nothing is stretched at a cost
    that another writer has chosen.
    """
    floor, newest = floor_of(deployment), deployment.argon2_cost
    slots = [_opened(deployment, credential, slot) for slot in (FIRST, SECOND)]
    if any(not _reaches(slot.cost, floor) for slot in slots):
        raise CredentialTampered
    tasks = [Stretching(passphrase, slot.salt, slot.cost, floor, lane=lane) for slot in slots]
    tasks[FIRST] = replace(tasks[FIRST], delay=delay)
    return tasks + [
        Stretching(passphrase, slot.salt, more, more, lane=lane)
        for slot in slots
        if (more := _top_up(slot.cost, newest)) is not None
    ]


def stretch_now(deployment: Deployment, stretching: Stretching) -> Stretched:
    """Stretch a passphrase and wait for it: for commands and the demo. Raises ``Busy``."""
    try:
        return deployment.stretchers.members.stretch_now(
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
    credential = Credential(id=member_id, pepper_id=PEPPER_ID)
    fill_slot(deployment, credential, FIRST, member_id, keys, stretched, salt=salt, cost=cost)
    put_filler(deployment, credential, SECOND)
    return credential


def filler_credential(deployment: Deployment, member_id: UUID) -> Credential:
    """Return a credential that no passphrase opens and that looks like any other."""
    credential = Credential(id=member_id, pepper_id=PEPPER_ID)
    put_filler(deployment, credential, FIRST)
    put_filler(deployment, credential, SECOND)
    return credential


def absent_credential(deployment: Deployment, login_index: bytes) -> Credential:
    """Return a credential for an unknown name: the same salts and costs each time.

    Trying it takes as long as trying a real one.
    """
    credential = Credential(id=UUID(bytes=login_index[:_ID_BYTES]), pepper_id=PEPPER_ID)
    for slot in (FIRST, SECOND):
        salt = mac(deployment.unknown_name_key, login_index + bytes([slot]))[:SALT_BYTES]
        put_filler(deployment, credential, slot, salt=salt)
    return credential


def fill_slot(
    deployment: Deployment,
    credential: Credential,
    slot: int,
    member_id: UUID,
    keys: MemberSecrets,
    stretched: Stretched,
    *,
    salt: bytes,
    cost: Argon2Cost,
) -> None:
    """Seal keys under a stretched passphrase into a slot. Without a lead's key, filler is used."""
    work = member_id.bytes + keys.work.seed + keys.sign.seed
    lead = keys.lead.seed if keys.lead else secrets.token_bytes(hpke.SEED_BYTES)
    of_work = _address(deployment, credential, slot, "work", salt, cost)
    of_lead = _address(deployment, credential, slot, "lead", salt, cost)
    content = _Slot(
        salt,
        cost,
        stretched.verifier,
        WrapKey(stretched.wrap_work).wrap(work, address=of_work),
        WrapKey(stretched.wrap_lead).wrap(lead, address=of_lead),
    )
    _put(deployment, credential, slot, content.packed())


def put_filler(
    deployment: Deployment, credential: Credential, slot: int, *, salt: bytes | None = None
) -> None:
    """Fill a slot with random bytes at the newest cost; no passphrase opens it."""
    filler = secrets.token_bytes(_VERIFIER_BYTES), secrets.token_bytes(_KEYS_BYTES)
    head = (salt or new_salt()) + _COST.pack(*deployment.argon2_cost.figures)
    _put(deployment, credential, slot, b"".join((head, *filler)))


def repepper(deployment: Deployment, credential: Credential, pepper_id: int) -> None:
    """Put both slots under another pepper; no passphrase is needed. Raises as ``try_slots``."""
    inner = [_inner(deployment, credential, slot) for slot in (FIRST, SECOND)]
    credential.pepper_id = pepper_id
    for slot, content in enumerate(inner):
        _put(deployment, credential, slot, content)


# ---------------------------------------------------------------------- trying slots


def try_slots(
    deployment: Deployment, credential: Credential, stretched: Sequence[Stretched]
) -> UnlockedAccount | None:
    """Return what a passphrase, stretched for both slots, opens, or None. Both are always tried.

    Raises ``CredentialTampered`` where the row is not what was written.
    """
    slots = [_opened(deployment, credential, slot) for slot in (FIRST, SECOND)]
    fits = [equal(slots[slot].verifier, stretched[slot].verifier) for slot in (FIRST, SECOND)]
    if not any(fits):
        return None
    slot = FIRST if fits[FIRST] else SECOND
    found = slots[slot]
    address = _address(deployment, credential, slot, "work", found.salt, found.cost)
    opened = _unwrap(stretched[slot].wrap_work, found.work, address)
    seeds = opened[_ID_BYTES:]
    keys = MemberSecrets(PrivateKey(seeds[: hpke.SEED_BYTES]), SigningKey(seeds[hpke.SEED_BYTES :]))
    return UnlockedAccount(UUID(bytes=opened[:_ID_BYTES]), slot, keys)


def open_lead_key(
    deployment: Deployment, credential: Credential, slot: int, stretched: Sequence[Stretched]
) -> PrivateKey:
    """Return a lead's second key; only a step-up needs it. Raises ``CredentialTampered``.

    For a member who is no lead, the returned key opens nothing.
    """
    found = _opened(deployment, credential, slot)
    address = _address(deployment, credential, slot, "lead", found.salt, found.cost)
    return PrivateKey(_unwrap(stretched[slot].wrap_lead, found.lead, address))


# ---------------------------------------------------------------------- costs


def _reaches(cost: Argon2Cost, floor: Argon2Cost) -> bool:
    return all(figure >= least for figure, least in zip(cost.figures, floor.figures, strict=True))


def _top_up(cost: Argon2Cost, newest: Argon2Cost) -> Argon2Cost | None:
    """Return the cost that, after ``cost``, makes the work of ``newest``; None where none lacks.

    Work is memory times passes, which is what Argon2 takes time for.
    """
    lacks = newest.memory_kib * newest.iterations - cost.memory_kib * cost.iterations
    memory = lacks // newest.iterations
    if memory < _LEAST_KIB_A_LANE * newest.lanes:
        return None
    return Argon2Cost(memory, newest.iterations, newest.lanes)


# ---------------------------------------------------------------------- layers


def _put(deployment: Deployment, credential: Credential, slot: int, inner: bytes) -> None:
    sealed = _pepper(deployment, credential).wrap(
        inner, address=_pepper_address(deployment, credential, slot)
    )
    if slot == FIRST:
        credential.slot_0 = sealed
    else:
        credential.slot_1 = sealed


def _opened(deployment: Deployment, credential: Credential, slot: int) -> _Slot:
    return _Slot.unpacked(_inner(deployment, credential, slot))


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
    place = frame(Label.CREDENTIAL, deployment.organisation, credential.id, slot)
    return frame(Label.PEPPER, credential.pepper_id, place)


def _address(
    deployment: Deployment,
    credential: Credential,
    slot: int,
    layer: str,
    salt: bytes,
    cost: Argon2Cost,
) -> bytes:
    place = deployment.organisation, credential.id, slot, layer
    return frame(Label.CREDENTIAL, *place, salt, *cost.figures)
