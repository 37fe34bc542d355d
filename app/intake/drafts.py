"""What a first contact brings, before it is a case, and what may be changed in it later.

Plain values on their way into cells. Knows no rows and no keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.intake.models import Account, Contact, Identity, RankBand, RegionGroup, Standing

INFANT_MONTHS = 24
"""Under this age a child still lives on milk, and counts as an infant."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """New values of whole compartments, or of facts in the summary; None leaves one as it is."""

    identity: Identity | None = None
    contact: Contact | None = None
    account: Account | None = None
    standing: Standing | None = None
    urgent: bool | None = None
    language: str | None = None
    rank_band: RankBand | None = None
    region_group: RegionGroup | None = None


def count_people(identity: Identity) -> tuple[int, int]:
    """Return how many come, the person included, and how many of them are infants."""
    coming = [relative for relative in identity.household if relative.with_person]
    infants = [r for r in coming if r.age_months is not None and r.age_months < INFANT_MONTHS]
    return 1 + len(coming), len(infants)
