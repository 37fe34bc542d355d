"""Requests and responses of intake. Converts no text: the service does. Knows no keys."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from app.cases.models import (
    Account,
    Contact,
    Household,
    Identity,
    Papers,
    RankBand,
    RegionGroup,
    Standing,
    Summary,
)
from app.cases.schemas import (
    AccountCreate,
    CaseStateRead,
    CaseSummary,
    ContactCreate,
    HouseholdCreate,
    IdentityCreate,
    PapersCreate,
)
from app.casework.duplicates import Proposal
from app.consents.schemas import ConsentCreate
from app.http.proposed_ids import ProposedId
from app.http.schema import Language, PastDay, Reason, Schema
from app.intake.elsewhere import DuplicateElsewhere
from app.intake.merging import Merger
from app.intake.service import Intake
from app.intake.triage import Triage
from app.search.models import SearchKind

_MOST_CONSENTS = 20
_EXAMPLE: dict[str, Any] = {
    "standing": "left",
    "urgent": True,
    "language": "my",
    "identity": {
        "name": "Ko Thiha Zin",
        "name_burmese": "ကိုသီဟဇင်",
    },
    "papers": {"nrc": "9/MaHaMa(N)123456"},
    "household": {"relatives": [{"relation": "spouse", "with_person": False, "in_compound": True}]},
    "contact": {"channel": "messenger", "phones": ["09 771 234 567"], "handles": ["@zin_t"]},
    "account": {"says": "Walked from noon to nine at night.", "needs": ["food", "phone credit"]},
    "consents": [{"purpose": "casework", "how": "said so on the phone"}],
}


class CaseCreate(Schema):
    """One first contact. ``id`` may be made by the client, so that sending it again is safe.

    ``taken_on``: the day on which it was taken down, where that is not today.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    standing: Standing
    identity: IdentityCreate
    papers: PapersCreate = PapersCreate()
    household: HouseholdCreate = HouseholdCreate()
    contact: ContactCreate
    account: AccountCreate
    urgent: bool = False
    language: Language = "my"
    rank_band: RankBand = RankBand.UNKNOWN
    region_group: RegionGroup = RegionGroup.UNKNOWN
    id: ProposedId = None
    taken_on: PastDay = None
    consents: Annotated[tuple[ConsentCreate, ...], Field(max_length=_MOST_CONSENTS)] = ()

    def to_intake(self) -> Intake:
        """Return the intake as the service takes it."""
        return Intake(
            id=self.id,
            taken_on=self.taken_on,
            consents=tuple(consent.to_draft() for consent in self.consents),
            standing=self.standing,
            urgent=self.urgent,
            language=self.language,
            rank_band=self.rank_band,
            region_group=self.region_group,
            identity=self.identity.to_cell(),
            papers=self.papers.to_cell(),
            household=self.household.to_cell(),
            contact=self.contact.to_cell(),
            account=self.account.to_cell(),
        )


class TriageCreate(Schema):
    """The first decision. Merging needs the case that goes on instead, in ``into``."""

    decision: Annotated[Triage, Field(examples=["accept"])]
    reason: Reason | None = None
    into: UUID | None = None


class MergerCreate(Schema):
    """The case that goes on. ``dry_run`` shows what it would hold and changes nothing.

    ``reopen``: also where that case is closed or declined, which then goes on.
    """

    into: UUID
    reason: Reason | None = None
    reopen: bool = False
    dry_run: bool = False


class MergerRead(Schema):
    """What the case that goes on holds after a merger, and how many rows came along.

    ``also`` in each part is what the merged case says otherwise.
    """

    dry_run: bool
    case: CaseStateRead
    into: CaseStateRead
    summary: Summary
    identity: Identity | None
    papers: Papers | None
    household: Household | None
    contact: Contact | None
    account: Account | None
    notes: int
    links: int

    @classmethod
    def of(cls, merger: Merger, *, dry_run: bool) -> Self:
        """Return a merger that was made, or would be."""
        cells = merger.cells
        return cls(
            dry_run=dry_run, case=CaseStateRead.of(merger.case), into=CaseStateRead.of(merger.into),
            summary=cells.summary, identity=cells.identity, papers=cells.papers,
            household=cells.household, contact=cells.contact, account=cells.account,
            notes=merger.notes, links=merger.links,
        )  # fmt: skip


class DismissalCreate(Schema):
    """Why the other case is another person."""

    reason: Annotated[Reason, Field(examples=["Brothers; seen both."])]


class DuplicateRead(Schema):
    """A case that may be the same person, and why; ``likely`` ones must be settled."""

    case: CaseSummary
    why: list[SearchKind]
    likely: bool
    dismissed: bool
    dismissal: str | None

    @classmethod
    def of(cls, proposal: Proposal, summary: Summary | None) -> Self:
        """Return a proposal with the other case's summary."""
        return cls(
            case=CaseSummary.of(proposal.row, summary),
            why=proposal.why,
            likely=proposal.likely,
            dismissed=proposal.dismissed,
            dismissal=proposal.dismissal,
        )


class DuplicateElsewhereRead(Schema):
    """Another team may know this person. Both teams' coordinators must agree before they look."""

    id: UUID
    found_on: date
    agreed: bool
    other_agreed: bool

    @classmethod
    def of(cls, found: DuplicateElsewhere) -> Self:
        """Return that another team may know this person."""
        return cls.model_validate(found, from_attributes=True)


class DuplicateListRead(Schema):
    """The proposed duplicates of a case, and those that another team holds."""

    items: list[DuplicateRead]
    elsewhere: list[DuplicateElsewhereRead]
