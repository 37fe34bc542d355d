"""Requests and responses of alerts. Opens nothing."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.http.schema import Schema


class AlertView(Schema):
    """Something that the leads must look at."""

    id: UUID
    code: Annotated[str, Field(examples=["sign_in.forced"])]
    member_id: UUID
    raised_on: date


class AlertList(Schema):
    """What leads must look at, of the last month, newest first; a hundred at most."""

    items: list[AlertView]
