"""Destroying again what a restored main database has back, by the journal in the keystore.

- The main database notes how far the journal was applied to it. An older one, restored, is behind:
  its rows of what was destroyed since lie there, shut, until they are deleted here.

Runs before anything else of retention, and in ``padauk restore``.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, update

from app.cases.models import Case
from app.deployment import Deployment
from app.retention.destruction import Order, destroy, own_work
from app.retention.models import RESTORED
from app.store.identity import ONLY_ROW
from app.store.journal import DestructionEntry
from app.store.models import DeploymentIdentity


def destroy_again(deployment: Deployment) -> int:
    """Delete what the journal names and the main database still has; returns how much."""
    with deployment.sessions() as session:
        applied = session.scalars(select(DeploymentIdentity.journal_number)).first()
    if applied is None:
        return 0
    entries = deployment.keystore.journal.entries(applied)
    if not entries:
        return 0
    done = destroy(deployment, _orders(deployment, entries))
    with own_work(deployment) as work:
        work.session.execute(
            update(DeploymentIdentity)
            .where(DeploymentIdentity.id == ONLY_ROW)
            .values(journal_number=entries[-1].number),
            execution_options={"housekeeping": "how far the journal was applied"},
        )
    return done


def _orders(deployment: Deployment, entries: Iterable[DestructionEntry]) -> list[Order]:
    named = [(UUID(bytes=e.subject), e.part) for e in entries if e.part is not None]
    with deployment.sessions() as session:
        ids = {share_id for share_id, _ in named}
        cases = {
            row.share_id: row.id
            for row in session.execute(select(Case.id, Case.share_id).where(Case.share_id.in_(ids)))
        }
    return [Order(cases[share_id], RESTORED, part) for share_id, part in named if share_id in cases]
