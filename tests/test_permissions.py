"""The tables of roles are total: a role without a row is named, with where to add it."""

import pytest

from app.permissions import (
    ROLE_COMPARTMENTS,
    ROLE_PERMISSIONS,
    Permission,
    Role,
    RoleWithoutRow,
    _by_role,
)


@pytest.mark.parametrize("table", [ROLE_PERMISSIONS, ROLE_COMPARTMENTS])
def test_every_role_has_a_row_that_nothing_changes(table):
    assert set(table) == set(Role)
    with pytest.raises(TypeError):
        table[Role.AUDITOR] = frozenset(Permission)


def test_a_role_without_a_row_is_refused_by_name_with_where_to_add_it():
    rows = {role: frozenset() for role in Role if role is not Role.AUDITOR}
    with pytest.raises(RoleWithoutRow, match=r"_ROLE_PERMISSIONS in app/permissions\.py: AUDITOR"):
        _by_role("_ROLE_PERMISSIONS", rows)
