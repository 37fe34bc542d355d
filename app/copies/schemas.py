"""Responses of a person's copy. Values arrive opened; knows no keys."""

from __future__ import annotations

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import JsonValue

from app.copies.contents import left_out
from app.copies.service import CopiedKind, PersonalCopy, Section
from app.http.schema import Language, Schema
from app.retention.schemas import DueRead


class CopyQuery(Schema):
    """In which language a page is written; that of the case where it is left out."""

    language: Language | None = None


class CopiedNoteRead(Schema):
    """A note on the account, and the day that it is about."""

    on: date
    text: str


class CopiedConsentRead(Schema):
    """What a person agreed to, and until when."""

    purpose: str
    given_on: date
    withdrawn_on: date | None
    with_whom: str | None
    how: str | None


class CopiedEventRead(Schema):
    """What was done, and on which day."""

    on: date
    kind: CopiedKind
    state: str
    detail: str | None


class CopiedFactRead(Schema):
    """One field, with its values as text; none where nothing is known."""

    name: str
    values: list[str]


class CopiedSectionRead(Schema):
    """The facts of one part of the case."""

    name: str
    facts: list[CopiedFactRead]

    @classmethod
    def of(cls, name: str, section: Section) -> Self:
        """Return a part of a copy."""
        facts = [CopiedFactRead(name=key, values=_texts(value)) for key, value in section.items()]
        return cls(name=name, facts=facts)


def _texts(value: JsonValue) -> list[str]:
    match value:
        case None:
            return []
        case bool():
            return ["yes" if value else "no"]
        case list():
            return [", ".join(_texts(entry)) for entry in value]
        case dict():
            return [f"{name}: {text}" for name, each in value.items() for text in _texts(each)]
        case _:
            return [str(value)]


class CopyRead(Schema):
    """What is known of a person, for them. ``left_out``: what is not in it, and why."""

    case_id: UUID
    made_on: date
    language: str
    sections: list[CopiedSectionRead]
    missing: list[str]
    notes: list[CopiedNoteRead]
    consents: list[CopiedConsentRead]
    events: list[CopiedEventRead]
    goes: list[DueRead]
    left_out: dict[str, str]

    @classmethod
    def of(cls, copy: PersonalCopy) -> Self:
        """Return a copy."""
        return cls(
            case_id=copy.case_id,
            made_on=copy.made_on,
            language=copy.language,
            sections=[CopiedSectionRead.of(*named) for named in copy.cells.items()],
            missing=copy.missing,
            notes=[CopiedNoteRead(on=on, text=text) for on, text in copy.notes],
            consents=[
                CopiedConsentRead.model_validate(one, from_attributes=True) for one in copy.consents
            ],
            events=[
                CopiedEventRead(on=one.on, kind=one.kind, state=one.state, detail=one.detail)
                for one in copy.events
            ],
            goes=list(map(DueRead.of, copy.retention.dues)),
            left_out=left_out(),
        )
