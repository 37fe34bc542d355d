"""Requests and responses of searches. Opens nothing."""

from __future__ import annotations

from app.cases.schemas import CaseSummary
from app.http.schema import Code, Schema
from app.search.models import SearchKind


class SearchCreate(Schema):
    """What to look for. In the body, because addresses are logged in many places."""

    kind: SearchKind
    value: Code


class SearchRead(Schema):
    """The cases that match. Where not ``complete``, some still wait to be indexed: search again."""

    items: list[CaseSummary]
    complete: bool
