"""Requests and responses of searches. Opens nothing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.cases.schemas import CaseSummary
from app.http.schema import Number, Schema
from app.search.models import SearchKind


class SearchCreate(Schema):
    """What to look for. In the body, because addresses are logged in many places."""

    kind: Annotated[SearchKind, Field(examples=["phone"])]
    value: Annotated[Number, Field(examples=["09 771 234 567"])]


class SearchRead(Schema):
    """The cases that match. Where not ``complete``, some still wait to be indexed: search again.

    ``looked_through``: nobody is called so; of so many of the newest cases the names were looked
    through for a part of it.
    """

    items: list[CaseSummary]
    complete: bool
    looked_through: int
