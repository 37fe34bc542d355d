"""All grants of a member open nothing while they rest: since a sign-in under duress.

- It is a mark in the keystore, and no row of the main database: it holds in every process from the
  next request on, whatever is changed or deleted there.
- Every sign-in makes one, mostly of a member who does not exist: nobody without the deployment's
  secret can tell which it is.
- The grants stay as they are. A lead lets them open again.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.deployment import Deployment
from app.store.kept_counts import add_to_count, read_count

_RESTING: Final = "members whose grants rest"
_NEVER_SO_OFTEN: Final = 1_000_000


def rest_all_of(session: Session, member_id: UUID) -> None:
    """Let a member's grants and copies of keys open nothing from this commit on."""
    add_to_count(session, _RESTING, member_id, 1)


def resume_all_of(session: Session, member_id: UUID) -> None:
    """Let a member's grants and copies of keys open again what they opened."""
    add_to_count(session, _RESTING, member_id, -_NEVER_SO_OFTEN)


def are_resting(deployment: Deployment, member_id: UUID) -> bool:
    """Return whether a member's grants rest."""
    return read_count(deployment.marks, _RESTING, member_id) > 0
