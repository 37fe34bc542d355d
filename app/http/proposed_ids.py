"""Ids that clients propose for what they add, so that they can name it before it is sent.

- A body that adds takes ``id``; a list of what is added takes one in each entry.
- The zero id is refused: it is the organisation's.
- A request is known again by the first id that it proposes (``idempotency.Claim.of_proposed_id``).

Knows bodies and no domain; ``Work.id_for`` says whether an id is free.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, TypeAlias, get_args, get_origin
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from app.store.base import ORGANISATION

_PROPOSED: Final = "proposed by the client"


def _not_zero(proposed: UUID | None) -> UUID | None:
    if proposed == ORGANISATION:
        raise PydanticCustomError("uuid_parsing", "the zero id")
    return proposed


ProposedId: TypeAlias = Annotated[
    UUID | None,
    AfterValidator(_not_zero),
    _PROPOSED,
    Field(
        description="Random, proposed by you; made here where it is left out. Sent again with the "
        "same content it gets the same response, with other content `id.taken`.",
        examples=["5b1d6c0e-9a47-4f2b-8c33-0d6e7f1a2b94"],
    ),
]
"""The id of something new: 128 random bits, or none."""


def _any(value: object, read: ValidatorFunctionWrapHandler) -> UUID | str | None:
    """Return what is no id as it came: what is always heard is not refused for one."""
    try:
        found: UUID | None = read(value)
    except ValidationError:
        return str(value)
    return found


AnyProposedId: TypeAlias = Annotated[
    UUID | None,
    WrapValidator(_any),
    _PROPOSED,
    Field(
        description="Random, proposed by you; one that is no id or is in use is left out.",
        examples=["5b1d6c0e-9a47-4f2b-8c33-0d6e7f1a2b94"],
    ),
]
"""As ``ProposedId``, of something that is never refused for its form."""


def takes_id(body: object) -> bool:
    """Return whether a body, or each entry of a list in it, takes the id of something new."""
    fields = [field for model in _models(body) for field in model.model_fields.values()]
    lists = [field.annotation for field in fields if get_origin(field.annotation) in (list, tuple)]
    return any(_PROPOSED in field.metadata for field in fields) or any(map(takes_id, lists))


def proposed_ids(body: object) -> Iterator[UUID]:
    """Yield the ids that a body proposes, its own before those of its entries."""
    if not isinstance(body, BaseModel):
        return
    fields = type(body).model_fields
    own = [name for name, field in fields.items() if _PROPOSED in field.metadata]
    yield from (id_ for name in own if isinstance(id_ := getattr(body, name), UUID))
    for name in fields:
        value = getattr(body, name)
        for entry in value if isinstance(value, list | tuple) else ():
            yield from proposed_ids(entry)


def _models(hint: object) -> Iterator[type[BaseModel]]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    for inner in get_args(hint):
        yield from _models(inner)
