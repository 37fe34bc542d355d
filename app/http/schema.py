"""What bodies are made of: a base that refuses surprises, and the texts and numbers it takes.

Texts are trimmed and refuse what has no place in them: control characters (also C1), line breaks
where one line is meant, and the marks that reorder text on a screen. They are not normalised:
Zawgyi must arrive as it was typed, because the original is kept. Knows no domain and no request.
"""

from __future__ import annotations

import re
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

SHORT_TEXT: Final = 200
LONG_TEXT: Final = 10_000
REASON: Final = 500
LARGEST_AMOUNT: Final = 10**12

CONTROL_CHARACTER: Final = "control_character"
"""The code of a text that holds what no text may hold."""

_REORDERING = "\u202a-\u202e\u2066-\u2069"
_NEVER = f"\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\ud800-\udfff\ufffe\uffff{_REORDERING}"
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


def _read_moment(value: Any) -> Any:
    """Return a moment in UTC. A number, also in quotes, is none: seconds since 1970 are refused."""
    if isinstance(value, str) and value[4:5] == "-":
        value = _MOMENT.validate_strings(value, strict=True)
    try:
        return value.astimezone(UTC)
    except (AttributeError, OverflowError):
        raise PydanticCustomError("datetime_parsing", "not a moment") from None


def _text(most: int, *, least: int = 1) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=least, max_length=most)


ShortText: TypeAlias = Annotated[
    str, _text(SHORT_TEXT), AfterValidator(one_line), Field(examples=["by the blue gate"])
]
"""One line of 1 to 200 characters."""

LongText: TypeAlias = Annotated[
    str, _text(LONG_TEXT), AfterValidator(many_lines), Field(examples=["Called back; calm."])
]
"""Paragraphs, 1 to 10,000 characters."""

Reason: TypeAlias = Annotated[
    str, _text(REASON), AfterValidator(many_lines), Field(examples=["Agreed by telephone."])
]
"""Why something was done, 1 to 500 characters."""

Code: TypeAlias = Annotated[str, _text(64), AfterValidator(one_line), Field(examples=["7K3F-92QD"])]
"""Something read aloud or typed off a screen: 1 to 64 characters, judged by the service."""

PastDay: TypeAlias = Annotated[
    date | None, Field(description="The day on which it happened; today where it is left out.")
]
"""A day that is not to come, judged by ``Work.day_said``."""

Secret: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=1024, repr=False, examples=["as typed"])
]
"""A passphrase, exactly as typed: neither trimmed nor judged here."""

Name: TypeAlias = Annotated[str, _text(80), AfterValidator(one_line), Field(examples=["Teak"])]
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
