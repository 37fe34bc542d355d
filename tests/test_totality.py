"""A table without a row for a new member of its enumeration fails with what to add."""

from __future__ import annotations

from enum import StrEnum

import pytest

from app import permissions
from app.permissions import ROLE_PERMISSIONS, Permission, Role
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


@pytest.mark.parametrize("table", ["ROLE_PERMISSIONS", "ROLE_COMPARTMENTS"])
def test_a_role_without_a_row_in_permissions_is_named(monkeypatch, table):
    monkeypatch.delitem(getattr(permissions, table), Role.VETTER)
    expected = rf"Role\.VETTER has no row in {table}: add one in app/permissions\.py"
    with pytest.raises(RowMissing, match=expected):
        permissions._require_all_rows()


def test_a_permission_that_no_role_has_is_named(monkeypatch):
    without = ROLE_PERMISSIONS[Role.LEAD] - {Permission.ALERT_LIST}
    monkeypatch.setitem(ROLE_PERMISSIONS, Role.LEAD, without)
    with pytest.raises(RowMissing, match=r"Permission\.ALERT_LIST has no row in any role"):
        permissions._require_all_rows()


def test_a_compartment_that_only_leads_may_hold_is_named(monkeypatch):
    monkeypatch.setitem(permissions.ROLE_COMPARTMENTS, Role.REGISTRAR, frozenset())
    with pytest.raises(RowMissing, match=r"Compartment\.REGISTRATION has no row"):
        permissions._require_all_rows()
