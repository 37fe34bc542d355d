"""The state of a second factor, as bytes of one length, sealed for both slots of an account.

- It is sealed to the work key of the account's second member, which the keys of the first derive:
  a passphrase of either slot opens it, and nobody else. Who holds no key can still write it again,
  as a lead does who ends somebody's factor.
- Row and organisation are bound into it: moved to another member it does not open.

Knows bytes; no passphrase, no rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from struct import Struct
from uuid import UUID

from app.crypto.derive import SHORT_BYTES
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.hpke import PrivateKey, PublicKey
from app.crypto.labels import Label
from app.crypto.totp import SECRET_BYTES
from app.factors.errors import FactorTampered
from app.factors.models import SecondFactor

CODES = 10
HASH_BYTES = SHORT_BYTES
_LAYOUT = Struct(f">?{SECRET_BYTES}s?{SECRET_BYTES}sQQB{CODES * HASH_BYTES}sI")


@dataclass(frozen=True, slots=True)
class FactorState:
    """A member's second factor; without a ``secret`` there is none.

    ``pending`` is a secret that waits for its first code, until the minute ``pending_until``.
    ``last_step``: the newest step whose code was used. ``hashes``: of recovery codes not used yet.
    ``ended_on``: the day on which a lead ended it, until there is a new one.
    """

    secret: bytes | None = field(default=None, repr=False)
    pending: bytes | None = field(default=None, repr=False)
    pending_until: int = 0
    last_step: int = 0
    hashes: tuple[bytes, ...] = field(default=(), repr=False)
    ended_on: date | None = None

    def packed(self) -> bytes:
        """Return the state as bytes, of one length whatever is in it."""
        return _LAYOUT.pack(
            self.secret is not None,
            self.secret or b"",
            self.pending is not None,
            self.pending or b"",
            self.pending_until,
            self.last_step,
            len(self.hashes),
            b"".join(self.hashes),
            self.ended_on.toordinal() if self.ended_on else 0,
        )

    @classmethod
    def unpacked(cls, content: bytes) -> FactorState:
        """Return the state that ``packed`` wrote."""
        is_set, secret, waits, pending, until, step, count, hashes, day = _LAYOUT.unpack(content)
        starts = range(0, count * HASH_BYTES, HASH_BYTES)
        return cls(
            secret if is_set else None,
            pending if waits else None,
            until,
            step,
            tuple(hashes[start : start + HASH_BYTES] for start in starts),
            date.fromordinal(day) if day else None,
        )


def new_row(organisation: UUID, member_id: UUID, public: bytes) -> SecondFactor:
    """Return the row of a member without a second factor, sealed to the account's second member."""
    row = SecondFactor(id=member_id)
    seal_state(organisation, row, FactorState(), public)
    return row


def seal_state(organisation: UUID, row: SecondFactor, state: FactorState, public: bytes) -> None:
    """Write a state into a row, sealed to a public key."""
    row.state = PublicKey(public).seal(state.packed(), info=_address(organisation, row))


def open_state(organisation: UUID, row: SecondFactor, key: PrivateKey) -> FactorState:
    """Return the state in a row; raises ``FactorTampered`` where it is not what was written."""
    try:
        content = key.open(row.state, info=_address(organisation, row))
    except CryptoError:
        raise FactorTampered from None
    return FactorState.unpacked(content)


def _address(organisation: UUID, row: SecondFactor) -> bytes:
    return frame(Label.SECOND_FACTOR, organisation, row.id)
