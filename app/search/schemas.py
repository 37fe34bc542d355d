"""Requests and responses of searches. Opens nothing."""

from __future__ import annotations

from app.cases.views import CaseItem
from app.http.schema import Code, Schema
from app.search.models import SearchKind


class Search(Schema):
    """What to look for. It stands in the body, because addresses are written down everywhere."""

    kind: SearchKind
    value: Code


class Hits(Schema):
    """What was found. Where not ``complete``, some cases still wait to be indexed: ask again."""

    items: list[CaseItem]
    complete: bool
