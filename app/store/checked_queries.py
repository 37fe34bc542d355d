"""Queries that read and check many rows at once, without the ORM.

Each row is read as driver values, its MAC is computed over them, and what the caller wants of it is
made of them: nothing is selected or converted twice. A row that fails comes with that word; what
then happens to it is the caller's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Generic, TypeVar

from sqlalchemy import Connection, Dialect, Select, select
from sqlalchemy.sql.elements import KeyedColumnElement

from app.store.authenticated import RowMacs, authenticated_columns, fixed_columns
from app.store.base import Record
from app.store.kept_statements import Converter, KeptStatement, Parameters, converters

R = TypeVar("R")


class CheckedQuery(Generic[R]):
    """Reads rows of ``model`` as ``make`` makes them of ``columns``, each with whether it is
    authentic. ``narrow`` adds conditions and an order to the statement; see ``KeptStatement``.
    ``with_fixed``: ``make`` takes ``fixed_columns`` of the row behind them.
    """

    def __init__(
        self,
        model: type[Record],
        make: Callable[..., R],
        columns: Sequence[KeyedColumnElement[object]],
        narrow: Callable[[Select[*tuple[object, ...]]], Select[*tuple[object, ...]]],
        *,
        list_: str | None = None,
        with_fixed: bool = False,
    ) -> None:
        self._with_fixed = with_fixed
        self._model = model
        self._make = make
        self._columns = columns
        checked = authenticated_columns(model)
        selected = [*checked, *(column for column in columns if column not in set(checked))]
        places = {column: place for place, column in enumerate(selected)}
        self._pick = itemgetter(*(places[column] for column in columns))
        self._statement = KeptStatement(narrow(select(*selected)), list_=list_)
        self._converters: dict[str, list[tuple[int, Converter]]] = {}

    def all(self, connection: Connection, macs: RowMacs, given: Parameters) -> list[tuple[R, bool]]:
        """Return all rows, each with whether it is as it was written."""
        dialect, make, model = connection.dialect, self._make, self._model
        pick, converted = self._pick, self._converters_for(dialect)
        as_written = dialect.name == "sqlite"
        found = []
        rows = self._statement.rows(connection, given)
        macs.read_marks(model, rows)
        for row in rows:
            values = [*pick(row)]
            for place, convert in converted:
                if values[place] is not None:
                    values[place] = convert(values[place])
            if self._with_fixed:
                values.append(fixed_columns(model, row, as_written=as_written))
            found.append((make(*values), macs.is_authentic(model, row, as_written=as_written)))
        return found

    def _converters_for(self, dialect: Dialect) -> list[tuple[int, Converter]]:
        """Return what converts which columns; the others are as the driver gives them."""
        known = self._converters.get(dialect.name)
        if known is None:
            each = enumerate(converters(dialect, self._columns))
            known = [(place, convert) for place, convert in each if convert is not None]
            self._converters[dialect.name] = known
        return known
