"""Base class of bodies, which refuses unknown fields, and the types of texts and numbers in them.

Texts are cleaned before they are judged (`app.text.characters.clean`): what messengers wrap text
in goes, what shows nothing is too short. They refuse what has no place in them: control characters
(also C1), and line breaks where one line is meant. They are not normalised: text stays as it was
typed. Knows no domain and no request.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
)
from pydantic_core import PydanticCustomError

from app.text.births import read_birth
from app.text.characters import clean

SHORT_TEXT: Final = 200
LONG_TEXT: Final = 10_000
REASON: Final = 500
LARGEST_AMOUNT: Final = 10**12

CONTROL_CHARACTER: Final = "control_character"
"""The code of a text that holds what no text may hold."""

_NEVER = "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\ufffe\uffff"
_NOT_IN_A_LINE = re.compile(f"[{_NEVER}\\t\\n\\r\u2028\u2029]")
_NOT_IN_A_TEXT = re.compile(f"[{_NEVER}]")

KNOWN_FIELDS: set[str] = set()
"""Every field name of every schema: the only words of a path that a response may repeat."""


class Schema(BaseModel):
    """Base of every body, in and out: unknown fields are refused, and nothing changes later.

    Bodies are read strictly (``"7"`` is no number, ``1`` is no date); code may build one from
    anything that pydantic converts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        """Show no value: bodies hold passphrases, codes and what is known of people."""
        return []

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Remember the field names, so that a refusal may name them."""
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            KNOWN_FIELDS.add(field.alias or name)


def _refused() -> PydanticCustomError:
    return PydanticCustomError(CONTROL_CHARACTER, "a character that no text may hold")


def one_line(text: str) -> str:
    """Return the text; raises pydantic's error where it is not one plain line."""
    if _NOT_IN_A_LINE.search(text):
        raise _refused()
    return text


def many_lines(text: str) -> str:
    """Return the text; raises pydantic's error where it holds more than words and line breaks."""
    if _NOT_IN_A_TEXT.search(text):
        raise _refused()
    return text


_MOMENT: Final = TypeAdapter[datetime](AwareDatetime)


def _read_moment(value: object) -> datetime:
    """Return a moment in UTC. A number, also in quotes, is none: seconds since 1970 are refused."""
    if isinstance(value, str) and value[4:5] == "-":
        value = _MOMENT.validate_strings(value, strict=True)
    if isinstance(value, datetime):
        with suppress(OverflowError):
            return value.astimezone(UTC)
    raise PydanticCustomError("datetime_parsing", "not a moment")


_LINE_BREAKS = re.compile("[\\s\x85]*[\t\n\r\x0b\x0c\x85\u2028\u2029][\\s\x85]*")


def _cleaned(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def _cleaned_paragraphs(value: object) -> object:
    return clean(value, keep_ends=True) if isinstance(value, str) else value


def _on_one_line(value: object) -> object:
    return _LINE_BREAKS.sub(", ", clean(value)) if isinstance(value, str) else value


def _text(most: int) -> StringConstraints:
    return StringConstraints(min_length=1, max_length=most)


_CLEANED: Final = BeforeValidator(_cleaned)
_CLEANED_PARAGRAPHS: Final = BeforeValidator(_cleaned_paragraphs)

ShortText: TypeAlias = Annotated[
    str, _text(SHORT_TEXT), _CLEANED, AfterValidator(one_line), Field(examples=["by the blue gate"])
]
"""One line of 1 to 200 characters."""

Number: TypeAlias = Annotated[
    str,
    _text(SHORT_TEXT),
    BeforeValidator(_on_one_line),
    AfterValidator(one_line),
    Field(examples=["09 771 234 567"]),
]
"""Numbers or handles as they were typed or pasted, 1 to 200 characters; lines become one."""


def _read_birth(text: str) -> str:
    birth = read_birth(text)
    if birth is None:
        raise PydanticCustomError("birth_parsing", "not a birth")
    return birth


Birth: TypeAlias = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(_read_birth),
    Field(description="A day, a month or a year.", examples=["1996-05-04"]),
]
"""When somebody was born: ``1996``, ``1996-05`` or ``1996-05-04``."""

Numbers: TypeAlias = Annotated[tuple[Number, ...], Field(max_length=20)]
MOST_ENTRIES: Final = 30
Entries: TypeAlias = Annotated[tuple[ShortText, ...], Field(max_length=MOST_ENTRIES)]
"""Short texts, one for each thing named."""

Language: TypeAlias = Annotated[str, Field(pattern=r"^[a-z]{2,3}$", examples=["my"])]
"""ISO 639, two or three letters."""

LongText: TypeAlias = Annotated[
    str,
    _text(LONG_TEXT),
    _CLEANED_PARAGRAPHS,
    AfterValidator(many_lines),
    Field(examples=["Called back; calm."]),
]
"""Paragraphs, 1 to 10,000 characters."""

Reason: TypeAlias = Annotated[
    str,
    _text(REASON),
    _CLEANED_PARAGRAPHS,
    AfterValidator(many_lines),
    Field(examples=["Agreed by telephone."]),
]
"""Why something was done, 1 to 500 characters."""

Code: TypeAlias = Annotated[
    str, _text(64), _CLEANED, AfterValidator(one_line), Field(examples=["7K3F-92QD"])
]
"""Something read aloud or typed off a screen: 1 to 64 characters, judged by the service."""

PastDay: TypeAlias = Annotated[
    date | None, Field(description="The day on which it happened; today where it is left out.")
]
"""A day that is not to come, judged by ``Work.day_said``."""

Secret: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=1024, repr=False, examples=["as typed"])
]
"""A passphrase, exactly as typed: neither trimmed nor judged here."""

Name: TypeAlias = Annotated[
    str, _text(80), _CLEANED, AfterValidator(one_line), Field(examples=["Teak"])
]
"""What a member, a team or a fund is called, 1 to 80 characters."""

UtcMoment: TypeAlias = Annotated[
    AwareDatetime,
    BeforeValidator(_read_moment),
    Field(examples=["2026-03-02T15:00:00Z"]),
]
"""A day and time with its zone, taken from any and kept in UTC."""

Currency: TypeAlias = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["MMK"])]
"""ISO 4217, three capitals."""

Minor: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=LARGEST_AMOUNT, examples=[50_000])]
"""An amount in the smallest unit of its currency, 1 to 10^12."""

Count: TypeAlias = Annotated[int, Field(strict=True, ge=0, le=1_000)]
"""How many: 0 to 1,000."""

Shut: TypeAlias = Annotated[
    Literal["case.shut", "record.shut"] | None,
    Field(description="Why nothing of this row is shown: it does not open. A lead should look."),
]
"""The code of a row that does not open, in a list."""


def case_shut(value: object) -> Shut:
    """Return the code of a case's row whose cell did not open."""
    return "case.shut" if value is None else None


def record_shut(value: object) -> Shut:
    """Return the code of a row of the organisation's whose cell did not open."""
    return "record.shut" if value is None else None


Version: TypeAlias = Annotated[int, Field(ge=1)]
"""Which state of a record this is; ``If-Match`` repeats it."""
