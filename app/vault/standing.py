"""How custody stands, by its plain rows: who was dealt a share, and whether they are leads now.

For health, `doctor` and leads. Knows plain columns, and checks
no MAC: it is for people to read. Opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.permissions import Role, holds
from app.vault.models import KeyCopy, MemberKeys, OrganisationKey, OrganisationKeyKind


@dataclass(frozen=True, slots=True)
class CustodyStanding:
    """The newest custody key: how it was dealt, and to how many of those who are leads now."""

    epoch: int
    threshold: int
    shares: int
    dealt_to: int
    holders: int
    leads: int

    @property
    def alone(self) -> bool:
        """Whether one lead has the only share."""
        return self.shares == 1

    @property
    def due(self) -> bool:
        """Whether leads have come or gone since it was dealt."""
        return not self.dealt_to == self.holders == self.leads


def custody_standing(session: Session) -> CustodyStanding | None:
    """Return how custody stands; None before a founding."""
    keys = OrganisationKey
    newest = (
        select(keys.epoch, keys.threshold, keys.shares, keys.leads)
        .where(keys.kind == OrganisationKeyKind.CUSTODY)
        .order_by(keys.epoch.desc())
        .limit(1)
    )
    key = session.execute(newest).first()
    if key is None:
        return None
    certified = select(MemberKeys.id, MemberKeys.roles).where(
        MemberKeys.lead_public.is_not(None),
        MemberKeys.certificate.is_not(None),
        MemberKeys.revoked_on.is_(None),
    )
    leads = {row.id for row in session.execute(certified) if holds(row.roles, Role.LEAD)}
    copies = select(KeyCopy.member_id).where(
        KeyCopy.kind == OrganisationKeyKind.CUSTODY, KeyCopy.epoch == key.epoch
    )
    holders = leads & set(session.scalars(copies))
    return CustodyStanding(
        key.epoch, key.threshold, key.shares, key.leads, len(holders), len(leads)
    )
