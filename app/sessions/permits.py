"""Permits of devices: who signs in where somebody signed in before does not queue with strangers.

- A permit is random, with the day it was given and the size of the log then, sealed under a key of
  the deployment. It names nobody: on a lost phone it does not say whose it was.
- It is good for ``DAYS`` days, and for some attempts an hour (``throttle``). What is no permit, or
  is used up, waits with strangers, and nothing says so.
- It shows that the device was used with Padauk, so that it is given only where it is asked for.
- A permit that knows a larger log than the databases hold was given before they were set back: that
  goes on record at the next sign-in (``sign_in``).
"""

from __future__ import annotations

import binascii
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.audit.sequencer import newest_size
from app.crypto.aead import WrapKey
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.deployment import Deployment
from app.work import Work

DAYS: Final = 90
_ID_BYTES: Final = 16
_CONTENT: Final = struct.Struct(f">{_ID_BYTES}sIQ")


@dataclass(frozen=True, slots=True)
class Permit:
    """What is in a permit: its id, the day it was given and how many leaves the log had then."""

    id: bytes
    given_on: date
    log_size: int


def give_permit(work: Work) -> str:
    """Return a new permit, as text for the device to keep."""
    size = newest_size(work.session)
    content = _CONTENT.pack(secrets.token_bytes(_ID_BYTES), work.today().toordinal(), size)
    key = WrapKey(work.deployment.permit_key)
    return urlsafe_b64encode(key.wrap(content, address=_address(work.deployment))).decode()


def find_permit(work: Work, text: str | None) -> Permit | None:
    """Return the permit that a device has sent, or None for what is none, or none any more."""
    try:
        blob = urlsafe_b64decode((text or "").encode("ascii"))
        content = WrapKey(work.deployment.permit_key).unwrap(
            blob, address=_address(work.deployment)
        )
    except (CryptoError, binascii.Error, ValueError):
        return None
    id_, day, size = _CONTENT.unpack(content)
    permit = Permit(id_, date.fromordinal(day), size)
    return permit if 0 <= (work.today() - permit.given_on).days <= DAYS else None


def _address(deployment: Deployment) -> bytes:
    return frame(Label.DEVICE_PERMIT, deployment.organisation)
