"""A table without a row for a new member of its enumeration fails with what to add."""

from __future__ import annotations

from enum import StrEnum

import pytest

from app.totality import RowMissing, require_rows


class Fruit(StrEnum):
    MANGO = "mango"
    GUAVA = "guava"


def test_a_complete_table_is_accepted():
    require_rows("PRICES", dict.fromkeys(Fruit, 1), Fruit, file="app/shop.py")


def test_a_missing_row_is_named_with_its_table_and_file():
    with pytest.raises(RowMissing) as refusal:
        require_rows("PRICES", {Fruit.MANGO: 1}, Fruit, file="app/shop.py")
    assert str(refusal.value) == "Fruit.GUAVA has no row in PRICES: add one in app/shop.py"


def test_several_missing_rows_are_named_together():
    with pytest.raises(RowMissing, match=r"^Fruit\.MANGO, Fruit\.GUAVA have no row in PRICES"):
        require_rows("PRICES", {}, Fruit, file="app/shop.py")
