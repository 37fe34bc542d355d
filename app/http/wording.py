"""What is wrong with a field, in words that a tired volunteer understands.

Pydantic's kinds of error become codes of ours, which stay the same when pydantic changes, and
sentences that name limits and choices from the schema. A sentence never repeats what was sent,
and a path repeats only names that are in a schema.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from app.http.errors import Fault
from app.http.schema import CONTROL_CHARACTER, KNOWN_FIELDS


class Wording(NamedTuple):
    """A stable code and its sentence; braces take the schema's limits."""

    code: str
    sentence: str


UNKNOWN_FIELD: Final = "extra_forbidden"
MISSING: Final = "missing"
GIVEN_TWICE: Final = "given_twice"
_NUMBER = Wording("not_a_number", "A whole number is needed, without quotes")
_DAY = Wording("not_a_day", "A day is needed, such as 2026-01-31")
_MOMENT = Wording("not_a_moment", "A day and time are needed, such as 2026-01-31T18:30:00Z")
_YES_OR_NO = Wording("not_yes_or_no", "true or false is needed")
_TEXT = Wording("not_a_text", "A text is needed")
_LIST = Wording("not_a_list", "A list is needed")
_GROUP = Wording("not_a_group", "A group of fields is needed")
_ID = Wording("not_an_id", "This is not an id")
_CHOICE = Wording("not_a_choice", "Choose one of: {expected}")
_FORM = Wording("wrong_form", "This is not in the form that it has to be")
_OTHER = Wording("invalid", "This is not what it has to be")

_WORDINGS: Final[dict[str, Wording]] = {
    MISSING: Wording("missing", "This is needed"),
    UNKNOWN_FIELD: Wording("unknown_field", "There is no such field here"),
    GIVEN_TWICE: Wording(GIVEN_TWICE, "This is given twice, and it is not clear which counts"),
    CONTROL_CHARACTER: Wording(
        CONTROL_CHARACTER, "A hidden or control character is in this text; type it again"
    ),
    "string_too_short": Wording("too_short", "At least {min_length} characters are needed"),
    "string_too_long": Wording("too_long", "At most {max_length} characters fit here"),
    "string_type": _TEXT,
    "string_unicode": _TEXT,
    "string_pattern_mismatch": _FORM,
    "too_short": Wording("too_few", "At least {min_length} are needed"),
    "too_long": Wording("too_many", "At most {max_length} fit here"),
    "greater_than": Wording("too_small", "This must be more than {gt}"),
    "greater_than_equal": Wording("too_small", "This must be {ge} or more"),
    "less_than": Wording("too_large", "This must be less than {lt}"),
    "less_than_equal": Wording("too_large", "This must be {le} or less"),
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_parsing_size": _NUMBER,
    "int_from_float": _NUMBER,
    "bool_type": _YES_OR_NO,
    "bool_parsing": _YES_OR_NO,
    "date_type": _DAY,
    "date_parsing": _DAY,
    "birth_parsing": Wording(
        "not_a_birth", "A year, month or day of birth is needed: 1996, 1996-05 or 1996-05-04"
    ),
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "timezone_aware": Wording(
        "zone_missing",
        "Say the zone too: Z for UTC, or the distance from it, such as 2026-01-31T18:30:00+06:30",
    ),
    "uuid_type": _ID,
    "uuid_parsing": _ID,
    "enum": _CHOICE,
    "literal_error": _CHOICE,
    "union_tag_invalid": Wording("not_a_choice", "Choose one of: {expected_tags}"),
    "union_tag_not_found": Wording("missing", "It must say of which kind it is"),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "dict_type": _GROUP,
    "model_type": _GROUP,
    "model_attributes_type": _GROUP,
}


def put_in_words(fault: Fault) -> dict[str, str]:
    """Return ``{"field", "code", "message"}`` of one fault."""
    wording = _WORDINGS.get(fault.kind, _OTHER)
    return {
        "field": path_of(fault.where),
        "code": wording.code,
        "message": wording.sentence.format_map(fault.limits),
    }


def path_of(where: tuple[str | int, ...]) -> str:
    """Return a path such as ``contacts.0.number``; a name that no schema has becomes ``*``."""
    return ".".join(
        str(part) if isinstance(part, int) or part in KNOWN_FIELDS else "*" for part in where
    )


def all_codes() -> tuple[str, ...]:
    """Return every code that a field's error may carry, in order."""
    return tuple(sorted({wording.code for wording in (*_WORDINGS.values(), _OTHER)}))
