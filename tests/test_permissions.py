"""The tables of roles are complete: a missing row is named, with the file to add it in."""

import pytest

from app.permissions import (
    ROLE_COMPARTMENTS,
    ROLE_PERMISSIONS,
    Permission,
    Role,
    _require_all_rows,
)
from app.totality import RowMissing


@pytest.mark.parametrize("table", [ROLE_PERMISSIONS, ROLE_COMPARTMENTS])
def test_every_role_has_a_row_that_nothing_changes(table):
    assert set(table) == set(Role)
    with pytest.raises(TypeError):
        table[Role.AUDITOR] = frozenset(Permission)


def without(table, role):
    return {other: row for other, row in table.items() if other is not role}


def test_a_role_without_permissions_is_named_with_the_file_to_add_a_row_in():
    missing = without(ROLE_PERMISSIONS, Role.VETTER)
    with pytest.raises(RowMissing, match=r"^Role\.VETTER has no row in ROLE_PERMISSIONS: add one "):
        _require_all_rows(missing, ROLE_COMPARTMENTS)


def test_a_role_without_compartments_is_named():
    missing = without(ROLE_COMPARTMENTS, Role.VETTER)
    with pytest.raises(RowMissing, match=r"ROLE_COMPARTMENTS: add one in app/permissions\.py$"):
        _require_all_rows(ROLE_PERMISSIONS, missing)


def test_a_permission_that_no_role_has_is_named():
    lead = ROLE_PERMISSIONS[Role.LEAD] - {Permission.CASE_REGRANT}
    with pytest.raises(RowMissing, match=r"^Permission\.CASE_REGRANT has no row in any role"):
        _require_all_rows({**ROLE_PERMISSIONS, Role.LEAD: lead}, ROLE_COMPARTMENTS)


def test_a_compartment_that_only_leads_may_hold_is_named():
    changed = {**ROLE_COMPARTMENTS, Role.REGISTRAR: frozenset()}
    with pytest.raises(RowMissing, match=r"^Compartment\.REGISTRATION has no row in any role"):
        _require_all_rows(ROLE_PERMISSIONS, changed)
