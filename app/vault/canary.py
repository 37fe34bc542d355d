"""A fixed text that opens only with a deployment secret and an erasure share: the canary.

Sealed at the founding as a case's cells are, with a share that no case has. Where it opens, the
root key, deployment secrets, keystore and main database belong together: a backup is proved by it.
"""

from __future__ import annotations

from uuid import UUID

from app.crypto.aead import DataKey
from app.crypto.derive import hkdf
from app.crypto.errors import CryptoError
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.deployment import Deployment
from app.errors import IntegrityFault
from app.permissions import Compartment
from app.store.identity import ONLY_ROW
from app.store.models import DeploymentIdentity

_TEXT = b"padauk"
_EPOCH = 1


class CanaryLost(IntegrityFault):
    """The canary does not open: a share, a secret or a row is not the one of the founding."""

    code = "deployment.canary_lost"
    title = "The databases and keys of this deployment do not belong together"


def make_canary(deployment: Deployment) -> tuple[UUID, bytes]:
    """Take a share and return its id and the sealed canary."""
    share_id, shares = deployment.keystore.take(deployment.today())
    key = _key(deployment, shares.part(Compartment.SUMMARY) or b"")
    return share_id, key.seal(_TEXT, address=_address(deployment), epoch=_EPOCH)


def open_canary(deployment: Deployment) -> None:
    """Raise ``CanaryLost`` unless the canary opens."""
    with deployment.sessions() as session:
        row = session.get(DeploymentIdentity, ONLY_ROW)
    shares = None if row is None else deployment.keystore.find([row.canary_share_id])
    share = None
    if row is not None and shares:
        share = shares[row.canary_share_id].part(Compartment.SUMMARY)
    if row is None or share is None:
        raise CanaryLost
    try:
        _key(deployment, share).open(row.canary, address=_address(deployment))
    except CryptoError:
        raise CanaryLost from None


def _key(deployment: Deployment, share: bytes) -> DataKey:
    return DataKey(hkdf(share + deployment.data_secret, info=frame(Label.CANARY_KEY)))


def _address(deployment: Deployment) -> bytes:
    return frame(Label.CANARY, deployment.organisation)
