"""Requests and responses of links between cases."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from app.http.schema import Schema
from app.links.models import CaseLink, LinkKind


class CaseLinkCreate(Schema):
    """Another case that belongs to this one."""

    other_id: UUID
    kind: Annotated[LinkKind, Field(examples=["family"])]


class CaseLinkRead(Schema):
    """A case that belongs to this one."""

    id: UUID
    other_id: UUID
    kind: LinkKind
    linked_on: date

    @classmethod
    def of(cls, link: CaseLink, case_id: UUID) -> Self:
        """Return a link as it looks from one of its two cases."""
        other = link.other_id if link.case_id == case_id else link.case_id
        return cls(id=link.id, other_id=other, kind=link.kind, linked_on=link.linked_on)


class CaseLinkListRead(Schema):
    """The cases that belong to this one, as far as the reader holds them."""

    items: list[CaseLinkRead]
