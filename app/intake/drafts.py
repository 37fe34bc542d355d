"""What a first contact brings, before it is a case, and what may be changed in it later.

Plain values on their way into cells. Knows no rows and no keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.cases.models import Account, Contact, Identity, RankBand, RegionGroup, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDraft:
    """One intake. Text may come in Zawgyi or Unicode; ``id`` may be proposed by the client."""

    standing: Standing
    identity: Identity
    contact: Contact
    account: Account
    urgent: bool = False
    language: str = "my"
    rank_band: RankBand = RankBand.UNKNOWN
    region_group: RegionGroup = RegionGroup.UNKNOWN
    id: UUID | None = None
