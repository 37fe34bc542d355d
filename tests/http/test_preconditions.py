"""A change says on which version it is based."""

from __future__ import annotations

import pytest

from app.accounts.models import Member
from app.permissions import Role
from tests.http import toys
from tests.http.asgi import scope, speak_at_once
from tests.http.conftest import Served


def path_of(served: Served) -> str:
    return f"/api/toys/members/{served.world.member(Role.VOLUNTEER).id}"


def version_of(served: Served) -> int:
    with served.world.deployment.sessions() as session:
        return session.get_one(Member, served.world.member(Role.VOLUNTEER).id).version


def rename(served: Served, if_match: str | None):
    headers = {} if if_match is None else {"if-match": if_match}
    return served.ask(
        Role.ADMINISTRATOR, "PATCH", path_of(served), json={"name": "Ebony"}, headers=headers
    )


def test_a_change_on_the_newest_version_goes_through_and_tells_the_next(served: Served):
    version = version_of(served)
    response = rename(served, f'"{version}"')
    assert (response.status_code, response.json()) == (200, {"version": version + 1})
    assert response.headers["etag"] == f'"{version + 1}"'


@pytest.mark.usefixtures("world_on_both")
def test_a_change_on_an_older_version_is_refused_and_told_the_newest(served: Served):
    """On both databases: transaction."""
    version = version_of(served)
    assert rename(served, f'"{version}"').status_code == 200
    response = rename(served, f'"{version}"')
    assert (response.status_code, response.json()["code"]) == (412, "version.stale")
    assert response.json()["current"] == version + 1
    assert version_of(served) == version + 1


def test_a_change_without_a_version_is_refused(served: Served):
    response = rename(served, None)
    assert (response.status_code, response.json()["code"]) == (428, "precondition.missing")
    assert toys.handled == []


@pytest.mark.parametrize("told", ["*", "7", 'W/"1"', '"1", "2"', '""', '"01"', '"-1"', '"x"'])
def test_a_version_stands_alone_and_in_quotes(served: Served, told: str):
    response = rename(served, told)
    assert (response.status_code, response.json()["code"]) == (422, "precondition.invalid")
    assert response.json()["errors"][0]["field"] == "If-Match"


@pytest.mark.usefixtures("world_on_both")
def test_of_two_changes_at_once_one_is_stale(served: Served):
    """On both databases: race."""
    version, world = version_of(served), served.world
    asked = []
    for role in (Role.ADMINISTRATOR, Role.LEAD):
        headers = {
            "authorization": f"Bearer {world.token(world.member(role))}",
            "content-type": "application/json",
            "if-match": f'"{version}"',
        }
        asked.append(scope("PATCH", path_of(served), headers))
    heard = speak_at_once(served.app, asked, b'{"name":"Ebony"}')
    assert sorted(one.status or 0 for one in heard) == [200, 412]
    assert version_of(served) == version + 1
