"""A change says on which version it is based."""

from __future__ import annotations

import pytest

from app.accounts.models import Member
from app.permissions import Role
from app.work import Work
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


NO_VERSION = [
    "*",
    "7",
    "W/7",
    '""',
    '"01"',
    '"-1"',
    '"x"',
    '"7", *',
    '"7" "8"',
    '"7-zip"',
    '"7',
    ",",
]


@pytest.mark.parametrize("told", NO_VERSION)
def test_a_version_is_in_quotes(served: Served, told: str):
    response = rename(served, told)
    assert (response.status_code, response.json()["code"]) == (422, "precondition.invalid")
    assert response.json()["errors"][0]["field"] == "If-Match"


SENT_BY_CLIENTS = [
    'W/"{v}"',
    '"{v}-gzip"',
    'W/"{v}-br"',
    '"{v}--gzip"',
    '"{v};gzip"',
    '"999", "{v}"',
    'W/"{v}","999"',
    '"{v}", ',
    ', "{v}"',
]
"""What proxies that compress make of an entity tag, and lists (RFC 9110, section 13.1.1)."""


@pytest.mark.parametrize("told", SENT_BY_CLIENTS)
def test_a_version_is_taken_as_proxies_and_lists_write_it(served: Served, told: str):
    version = version_of(served)
    response = rename(served, told.format(v=version))
    assert (response.status_code, response.json()) == (200, {"version": version + 1})


@pytest.mark.parametrize("told", ['W/"{v}"', '"{v}", "99"', '"{v}-gzip"'])
def test_an_older_version_is_stale_however_it_is_written(served: Served, told: str):
    version = version_of(served)
    rename(served, f'"{version}"')
    response = rename(served, told.format(v=version))
    assert (response.status_code, response.json()["current"]) == (412, version + 1)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("if_match", "status"), [(True, 412), (False, 200)])
def test_a_change_whose_row_another_changed_meanwhile_is_judged_again(
    served: Served, monkeypatch: pytest.MonkeyPatch, if_match: bool, status: int
):
    """On both databases: race. SQLite has one writer: there the two follow one another."""
    version, world, runs = version_of(served), served.world, []
    member_id = world.member(Role.VOLUNTEER).id

    def change(work: Work, member: Member) -> None:
        work.vault.seal(member.profile, work.vault.open(member.profile))
        work.trail.record("member:renamed")
        work.session.flush()

    def change_second(work: Work) -> None:
        member = work.session.get_one(Member, member_id)
        if if_match:
            work.claim(member)
        runs.append(member.version)
        if len(runs) == 1:
            with world.work_as(world.member(Role.LEAD)) as faster:
                change(faster, faster.session.get_one(Member, member_id))
        change(work, member)

    monkeypatch.setattr(toys, "touch", change_second)
    path = "/api/toys/versioned" if if_match else "/api/toys/unversioned"
    headers = {"if-match": f'"{version}"'} if if_match else {}
    response = served.ask(Role.ADMINISTRATOR, "POST", path, headers=headers)
    assert response.status_code == status
    assert response.json().get("current") == (version + 1 if if_match else None)
    assert version_of(served) == version + (1 if if_match else 2)


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
