"""A keystore for tests that found no organisation."""

from __future__ import annotations

from app.deployment import Deployment
from app.store.models import KeystoreBase


def make_keystore(deployment: Deployment) -> None:
    """Create the keystore's tables, and the deployment's secrets in them."""
    KeystoreBase.metadata.create_all(deployment.keystore.engine)
    deployment.create_secrets()
