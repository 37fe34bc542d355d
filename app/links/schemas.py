"""Requests and responses of links between cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from app.cases.models import FreeText
from app.http.proposed_ids import ProposedId
from app.http.schema import Reason, Schema, Shut, case_shut
from app.links.models import CaseLink, LinkKind


class CaseLinkCreate(Schema):
    """Another case that belongs to this one."""

    id: ProposedId = None
    other_id: UUID
    kind: Annotated[LinkKind, Field(examples=["family"])]


class CaseLinkEndingCreate(Schema):
    """Why two cases belong together no longer."""

    reason: Annotated[Reason, Field(examples=["They are not brothers after all."])]


class CaseLinkRead(Schema):
    """A case that belongs to this one; with ``ended_on``, one that did until then."""

    id: UUID
    other_id: UUID
    kind: LinkKind
    linked_on: date
    ended_on: date | None
    ended_by: UUID | None
    ended_because: str | None
    shut: Shut = None

    @classmethod
    def of(
        cls, link: CaseLink, case_id: UUID, reasons: Mapping[UUID, FreeText | None] | None = None
    ) -> Self:
        """Return a link as it looks from one of its two cases, with why it was ended."""
        reason = (reasons or {}).get(link.id, FreeText(""))
        because = None if reason is None else reason.text or None
        other = link.other_id if link.case_id == case_id else link.case_id
        return cls(
            id=link.id, other_id=other, kind=link.kind, linked_on=link.linked_on,
            ended_on=link.ended_on, ended_by=link.ended_by, ended_because=because,
            shut=case_shut(reason),
        )  # fmt: skip


class CaseLinkListRead(Schema):
    """The cases that belong to this one, or did, as far as the reader holds them."""

    items: list[CaseLinkRead]
