"""A table of moves has a row for every status, or its module does not load."""

from __future__ import annotations

from enum import StrEnum

import pytest

from app.casework.moves import MoveTable
from app.totality import RowMissing


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


def test_a_status_without_a_row_of_moves_is_named_with_the_file_to_mend():
    with pytest.raises(RowMissing, match=r"Light\.GREEN has no row in MOVES: add one in"):
        MoveTable(Light, {Light.RED: ()})


def test_a_final_status_has_an_empty_row():
    assert list(MoveTable(Light, {Light.RED: (), Light.GREEN: ()})) == []
