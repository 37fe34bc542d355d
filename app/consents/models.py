"""Rows of consent: a purpose, from when and until when; what was said of it is sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Mapped

from app.permissions import Compartment
from app.store.base import (
    CaseRecord,
    Mark,
    Ordered,
    Versioned,
    always,
    choice,
    plain,
)
from app.store.sealed import NOTES, SealedField


class Purpose(StrEnum):
    """What a person agrees to, one by one."""

    CASEWORK = "casework"
    SHARING = "sharing"
    RESEARCH = "research"
    FOLLOW_UP = "follow_up"
    PUBLICITY = "publicity"


@dataclass(frozen=True, slots=True)
class ConsentSaid:
    """How a person agreed, and with whom something may be shared."""

    how: str | None = None
    with_whom: str | None = None


class Consent(CaseRecord, Ordered, Versioned):
    """A person's consent to one purpose, until they end it."""

    __tablename__ = "consents"
    __mark__ = Mark(
        because="what rests on a consent that was ended goes on",
        when=lambda consent: consent.withdrawn_on is not None,
        for_good=always,
    )

    purpose: Mapped[Purpose] = plain("the worker ends what rests on it", choice(Purpose))
    given_on: Mapped[date] = plain("the day on which it was said")
    taken_by: Mapped[UUID] = plain("random; who took it down")
    withdrawn_on: Mapped[date | None] = plain("the day on which the person ended it")
    withdrawn_by: Mapped[UUID | None] = plain("random; who took that down")

    said = SealedField(ConsentSaid, Compartment.ACCOUNT, step=NOTES)
