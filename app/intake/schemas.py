"""What intake takes over HTTP. Knows no keys and converts nothing: the service does."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import ConfigDict

from app.cases.models import (
    RankBand,
    RegionGroup,
    Standing,
    Summary,
)
from app.cases.schemas import AccountTold, ContactTold, IdentityTold, Language
from app.cases.views import CaseItem, case_item
from app.casework.duplicates import Proposal
from app.http.schema import Reason, Schema
from app.intake.drafts import CaseDraft
from app.intake.triage import Triage
from app.search.models import SearchKind

_EXAMPLE: dict[str, Any] = {
    "standing": "left",
    "urgent": True,
    "language": "my",
    "identity": {
        "name": "Ko Thiha Zin",
        "name_burmese": "ကိုသီဟဇင်",
        "nrc": "9/MaHaMa(N)123456",
        "household": [{"relation": "spouse", "with_person": False, "in_compound": True}],
    },
    "contact": {"channel": "messenger", "phones": ["09 771 234 567"], "handles": ["@zin_t"]},
    "account": {"says": "Walked from noon to nine at night.", "needs": ["food", "phone credit"]},
}


class OpenCase(Schema):
    """One first contact. ``id`` may be made by the client, so that sending it again is safe."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    standing: Standing
    identity: IdentityTold
    contact: ContactTold
    account: AccountTold
    urgent: bool = False
    language: Language = "my"
    rank_band: RankBand = RankBand.UNKNOWN
    region_group: RegionGroup = RegionGroup.UNKNOWN
    id: UUID | None = None

    def to_draft(self) -> CaseDraft:
        """Return the intake as the service takes it."""
        return CaseDraft(
            id=self.id,
            standing=self.standing,
            urgent=self.urgent,
            language=self.language,
            rank_band=self.rank_band,
            region_group=self.region_group,
            identity=self.identity.to_cell(),
            contact=self.contact.to_cell(),
            account=self.account.to_cell(),
        )


class DecideTriage(Schema):
    """The first decision. Merging needs the case that goes on instead, in ``into``."""

    decision: Triage
    reason: Reason | None = None
    into: UUID | None = None


class DismissDuplicate(Schema):
    """Why the other case is another person."""

    reason: Reason


class DuplicateShown(Schema):
    """A case that may be the same person, and why; ``likely`` ones must be dealt with."""

    case: CaseItem
    why: list[SearchKind]
    likely: bool
    dismissed: bool
    dismissal: str | None


class DuplicateList(Schema):
    """What is proposed for a case."""

    items: list[DuplicateShown]


def duplicate_shown(proposal: Proposal, summary: Summary) -> DuplicateShown:
    """Return a proposal with the other case's summary."""
    return DuplicateShown(
        case=case_item(proposal.row, summary),
        why=proposal.why,
        likely=proposal.likely,
        dismissed=proposal.dismissed,
        dismissal=proposal.dismissal,
    )
