"""Role by route by own or another team's: generated from what the application really serves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count, product
from typing import Any

import pytest
from httpx2 import Response

from app.http.routing import ServedRoute as Route
from app.http.routing import declared_needs
from app.permissions import NEEDS_STEP_UP, ROLE_PERMISSIONS, Permission, Role
from app.store.base import new_id
from tests.support.served import Served, serve
from tests.support.world import Founded, Person, copy_sqlite, open_world
from tests.walls.routes_table import ROUTES, Ids, Row
from tests.walls.routes_walk import walk

OPEN = 7
ACROSS_TEAMS = 24
_PARAMETER = re.compile(r"\{(\w+)\}")
_NOBODY = (
    ({}, "session.required"),
    ({"authorization": f"Bearer {'A' * 43}"}, "session.ended"),
    ({"authorization": "Bearer broken"}, "session.ended"),
    ({"authorization": "Basic bm9ib2R5"}, "session.required"),
)
_numbers = count()


@dataclass
class TwoTeams:
    """One served world with two teams that have walked equally far, and ways to ask it."""

    served: Served
    routes: dict[str, Route]
    ids: dict[int, Ids] = field(default_factory=dict)

    @property
    def guarded(self) -> dict[str, Route]:
        return {
            name: route
            for name, route in self.routes.items()
            if isinstance(route.needs, Permission)
        }

    def member(self, role: Role, team: int = 1) -> Person:
        return self.served.world.member(role, team=team)

    def ask(
        self,
        person: Person | None,
        name: str,
        path_ids: Ids,
        body_ids: Ids,
        *,
        version: int = 1,
        stepped_up: bool = True,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Ask for a route with these ids in its path and those in its body."""
        method, path = name.split(" ")
        row = ROUTES[name]
        sent = dict(headers or {})
        if person is not None:
            fresh = row.ends_session or (stepped_up and person.role is Role.LEAD)
            token = self.served.world.token(
                person, stepped_up=fresh and (stepped_up or person.role is not Role.LEAD)
            )
            sent["authorization"] = f"Bearer {token}"
        route = self.routes[name]
        if route.creates:
            sent["idempotency-key"] = f"walls-key-{next(_numbers):06}"
        if route.changes:
            sent["if-match"] = f'"{version}"'
        return self.served.client.request(
            method,
            _PARAMETER.sub(lambda found: str(path_ids[found[1]]), path),
            json=None if row.body is None else row.body(body_ids),
            headers=sent,
        )

    def sessions_of(self, person: Person) -> str:
        """The id of a session of theirs that no other test asks with."""
        token = self.served.world.token(person, stepped_up=True)
        answer = self.served.client.get("/api/me", headers={"authorization": f"Bearer {token}"})
        return str(answer.json()["session_id"])


def require_a_row_for_each(routes: Iterable[str]) -> None:
    missing, gone = set(routes) - set(ROUTES), set(ROUTES) - set(routes)
    table = "ROUTES of tests/walls/routes_table.py"
    assert not missing, f"{sorted(missing)} have no row in {table}: add one for each"
    assert not gone, f"{sorted(gone)} are served no longer: remove them from {table}"


@pytest.fixture(scope="module")
def two_teams(
    founded_sqlite: tuple[Founded, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TwoTeams]:
    founded, source = founded_sqlite
    folder = tmp_path_factory.mktemp("routes")
    world = open_world(founded, copy_sqlite(founded, source, folder))
    with serve(world) as served:
        app = served.client.app
        routes = {f"{route.method} {route.path}": route for route in declared_needs(app)}
        require_a_row_for_each(routes)
        two_teams = TwoTeams(served, routes)
        for team in (1, 2):
            two_teams.ids[team] = walk(served, team)
            two_teams.ids[team]["session_id"] = two_teams.sessions_of(
                two_teams.member(Role.COORDINATOR, team)
            )
        yield two_teams
    world.close()


def nowhere(ids: Ids) -> Ids:
    """The same names, of things that do not exist."""
    return {
        name: [str(new_id()) for _ in value] if isinstance(value, list) else str(new_id())
        for name, value in ids.items()
    } | {"tomorrow": ids["tomorrow"]}


def names_in(path: str) -> list[str]:
    return _PARAMETER.findall(path)


def code_of(answer: Response) -> str | None:
    if answer.status_code < 400:
        return None
    return str(answer.json()["code"])


def test_every_route_stands_in_the_table_once_and_the_table_has_no_other(two_teams: TwoTeams):
    assert set(ROUTES) == set(two_teams.routes)
    assert len(two_teams.guarded) == len(ROUTES) - OPEN


def test_a_method_that_an_address_does_not_take_is_told_all_that_it_takes(two_teams: TwoTeams):
    taken: dict[str, set[str]] = {}
    for route in two_teams.routes.values():
        methods = {"GET", "HEAD"} if route.method == "GET" else {route.method}
        taken.setdefault(route.path, set()).update(methods)
    for path, methods in taken.items():
        address = _PARAMETER.sub(lambda found: str(two_teams.ids[1][found[1]]), path)
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - methods:
            answer = two_teams.served.client.request(method, address)
            assert (answer.status_code, code_of(answer)) == (405, "method.not_allowed"), path
            assert set(answer.headers["allow"].split(", ")) == methods, path
    assert len(taken) > 70


def test_nobody_and_a_broken_token_are_refused_on_every_guarded_route(two_teams: TwoTeams):
    ids = two_teams.ids[1]
    asked = 0
    for name, (headers, code) in product(two_teams.guarded, _NOBODY):
        answer = two_teams.ask(None, name, ids, ids, headers=headers)
        assert (answer.status_code, code_of(answer)) == (401, code), name
        assert answer.headers["www-authenticate"] == "Bearer"
        asked += 1
    assert asked == len(_NOBODY) * (len(ROUTES) - OPEN)


@pytest.mark.parametrize("role", Role)
def test_a_role_is_denied_exactly_what_its_permissions_leave_out(two_teams: TwoTeams, role: Role):
    ids, gone = two_teams.ids[1], nowhere(two_teams.ids[1])
    person = two_teams.member(role)
    for name, route in two_teams.guarded.items():
        allowed = route.needs in ROLE_PERMISSIONS[role]
        # What would be carried out is asked of what does not exist.
        path_ids = gone if allowed else ids
        answer = two_teams.ask(person, name, path_ids, ids)
        denied = (answer.status_code, code_of(answer)) == (403, "permission.denied")
        assert denied is not allowed, (name, answer.text)
        assert answer.status_code < 500, (name, answer.text)
        assert code_of(answer) != "request.invalid", (name, answer.text)


def test_a_lead_without_the_second_unlock_is_stopped_exactly_where_it_is_needed(
    two_teams: TwoTeams,
):
    lead, gone = two_teams.member(Role.LEAD), nowhere(two_teams.ids[1])
    stopped = set()
    for name, route in two_teams.guarded.items():
        if route.needs in ROLE_PERMISSIONS[Role.LEAD] and not ROUTES[name].ends_session:
            answer = two_teams.ask(lead, name, gone, two_teams.ids[1], stepped_up=False)
            if code_of(answer) == "session.step_up_required":
                assert answer.status_code == 403
                stopped.add(name)
    assert stopped == {n for n, route in two_teams.guarded.items() if route.needs in NEEDS_STEP_UP}
    assert len(stopped) == 13


@pytest.mark.parametrize("role", Role)
def test_another_teams_object_answers_like_one_that_does_not_exist(two_teams: TwoTeams, role: Role):
    person, own, other = two_teams.member(role), two_teams.ids[1], two_teams.ids[2]
    asked = 0
    for name, route in two_teams.guarded.items():
        row, names = ROUTES[name], names_in(route.path)
        if not names or route.needs not in ROLE_PERMISSIONS[role] or role in row.reach:
            continue
        gone = nowhere(own)
        pairs = [(other, gone)]
        if len(names) > 1:
            last = names[-1]
            pairs.append((own | {last: other[last]}, own | {last: gone[last]}))
        for theirs, nothing in pairs:
            seen = two_teams.ask(person, name, theirs, own)
            missing = two_teams.ask(person, name, nothing, own)
            assert missing.status_code == 404, (name, missing.text)
            assert seen.status_code == missing.status_code, (name, seen.text)
            assert seen.content == missing.content, name
            asked += 1
    assert asked > 0


def test_few_roles_reach_across_teams_and_they_do(two_teams: TwoTeams):
    reaching = 0
    for name, row in ROUTES.items():
        for role in row.reach:
            if two_teams.routes[name].needs in ROLE_PERMISSIONS[role] and not row.shuts_out:
                answer = two_teams.ask(
                    two_teams.member(role), name, two_teams.ids[2], two_teams.ids[2], version=999
                )
                assert answer.status_code in {200, 201, 409, 412}, (name, answer.text)
                reaching += 1
    assert reaching == ACROSS_TEAMS


NAMED_IN_BODIES = {
    "POST /api/cases/{case_id}/assignments": Role.COORDINATOR,
    "POST /api/cases/{case_id}/links": Role.COORDINATOR,
    "POST /api/cases/{case_id}/triage": Role.COORDINATOR,
    "POST /api/legs/{leg_id}/escort": Role.COORDINATOR,
    "POST /api/vettings/{round_id}/checks": Role.VETTER,
    "POST /api/aid-requests/{request_id}/approvals": Role.COORDINATOR,
    "POST /api/aid-requests/{request_id}/hand-overs": Role.COORDINATOR,
}


@pytest.mark.parametrize("name", NAMED_IN_BODIES)
def test_a_body_that_names_another_teams_object_answers_like_one_that_names_nothing(
    two_teams: TwoTeams, name: str
):
    person, own = two_teams.member(NAMED_IN_BODIES[name]), two_teams.ids[1]
    answers = []
    for named in (two_teams.ids[2], nowhere(own)):
        answer = two_teams.ask(person, name, own, own | named | {"case_id": own["case_id"]})
        if answer.status_code == 412:
            newest = answer.json()["current"]
            answer = two_teams.ask(person, name, own, own | named, version=newest)
        answers.append(answer)
    seen, missing = answers
    assert missing.status_code in {404, 409, 422}, missing.text
    assert (seen.status_code, seen.content) == (missing.status_code, missing.content)


@pytest.mark.parametrize("team", [1, 2])
def test_each_route_asked_well_by_whoever_holds_the_object_finds_it(two_teams: TwoTeams, team: int):
    """The other tests would prove nothing about ids or bodies that nobody could use."""
    ids = two_teams.ids[team]
    found: Counter[int] = Counter()
    wrong = {}
    for name, route in sorted(
        two_teams.guarded.items(), key=lambda item: item[0].startswith("DEL")
    ):
        row: Row = ROUTES[name]
        person = two_teams.member(row.asker(route.needs), team)
        path_ids = ids | {"case_id": ids["other_id"]} if row.half_way else ids
        answer = two_teams.ask(person, name, path_ids, ids, version=999)
        expected = row.status(route.method, changes=route.changes)
        if answer.status_code != expected:
            wrong[name] = (expected, answer.status_code, code_of(answer))
        found[answer.status_code] += 1
    assert wrong == {}
    assert found[404] == 4
    assert sum(found.values()) == len(ROUTES) - OPEN
