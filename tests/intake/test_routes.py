"""Intake over HTTP: what each route takes, gives and refuses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app.cases import routes as cases
from app.emergency import routes as emergency
from app.intake import routes as intake
from app.links import routes as links
from app.main import assemble
from app.search import routes as search
from app.sessions.service import principal_of
from app.store.base import new_id
from app.store.models import Counter
from app.vault.models import GrantReason
from app.vault.scopes import SUMMARY
from tests.support.world import Person, World

WALKER: dict[str, Any] = {
    "standing": "left",
    "urgent": True,
    "identity": {"name": "Ko Thiha Zin"},
    "papers": {"nrc": "9/MaHaMa(N)123456", "born_on": "1994-05-06"},
    "household": {"relatives": [{"relation": "child", "age_months": 7}]},
    "contact": {"channel": "messenger", "phones": ["09 771 234 567"], "handles": ["@zin_t"]},
    "account": {"says": "Walked from noon to nine at night.", "needs": ["food"]},
}
_numbers = count()


class Api:
    """Asks as one member of the first team, or of another."""

    def __init__(self, world: World, client: TestClient) -> None:
        self.world = world
        self._client = client

    def ask(
        self,
        who: str | Person,
        method: str,
        path: str,
        body: Any = None,
        *,
        based_on: int | None = None,
        stepped_up: bool = False,
        **params: Any,
    ) -> Response:
        person = self.world.member(who) if isinstance(who, str) else who
        token = self.world.token(person, stepped_up=stepped_up)
        headers = {
            "authorization": f"Bearer {token}",
            "idempotency-key": f"intake-{next(_numbers)}",
        }
        if based_on is not None:
            headers["if-match"] = f'"{based_on}"'
        return self._client.request(
            method, f"/api{path}", json=body, headers=headers, params=params
        )

    def open(self, who: str | Person = "volunteer", **changes: Any) -> str:
        answer = self.ask(who, "POST", "/cases", WALKER | changes)
        assert answer.status_code == 201, answer.text
        opened: str = answer.json()["id"]
        return opened


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    domains = (intake, emergency, cases, links, search)
    app = assemble(world.deployment, [domain.router for domain in domains], principal_of)
    client = TestClient(app, raise_server_exceptions=False)
    yield Api(world, client)
    client.close()
    app.state.context.pool.close()


def codes(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_an_intake_is_logged_and_read_back(api):
    answer = api.ask("volunteer", "POST", "/cases", WALKER)
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    receipt = answer.json()
    assert (receipt["status"], receipt["version"]) == ("submitted", 1)
    shown = api.ask("coordinator", "GET", f"/cases/{receipt['id']}")
    assert shown.headers["etag"] == '"1"'
    file = shown.json()
    assert file["identity"]["name"] == "Ko Thiha Zin"
    assert file["papers"]["born_on"] == "1994-05-06"
    assert file["contact"]["phones"] == ["09 771 234 567"]
    assert file["account"]["says"] == WALKER["account"]["says"]
    assert file["summary"]["infants"] == 1
    assert file["reporting"]["half_year"] == "2026H1"
    assert file["sealed"] == []


def test_what_stays_sealed_is_said_by_name(api):
    case_id, holder = api.open(), api.world.member("volunteer", 3)
    with api.world.work_as(api.world.member("coordinator")) as work:
        work.grants.grant(
            UUID(case_id), holder.id, [SUMMARY], reason=GrantReason.ASSIGNMENT, about=UUID(case_id)
        )
    file = api.ask(holder, "GET", f"/cases/{case_id}").json()
    assert file["sealed"][0] == "identity"
    assert file["identity"] is None


@pytest.mark.usefixtures("world_on_both")
def test_a_list_names_nobody_and_goes_page_by_page(api):
    """On both databases: paging."""
    ids = {api.open() for _ in range(3)}
    first = api.ask("volunteer", "GET", "/cases", limit=2)
    assert "Thiha" not in first.text
    assert first.json()["items"][0]["summary"]["people"] == 2
    second = api.ask("volunteer", "GET", "/cases", limit=2, cursor=first.json()["next"]).json()
    assert second["next"] is None
    seen = [item["id"] for item in (*first.json()["items"], *second["items"])]
    assert len(seen) == 3
    assert set(seen) == ids


def test_a_list_can_be_narrowed_to_a_status(api):
    api.open()
    assert api.ask("volunteer", "GET", "/cases", status="active").json()["items"] == []
    assert len(api.ask("volunteer", "GET", "/cases", status="submitted").json()["items"]) == 1
    assert api.ask("volunteer", "GET", "/cases", status="elsewhere").status_code == 422


def test_an_id_proposed_by_the_client_is_taken_once(api):
    proposed = str(new_id())
    assert api.open(id=proposed) == proposed
    answer = api.ask(api.world.member("volunteer", 2), "POST", "/cases", WALKER | {"id": proposed})
    assert codes(answer) == (409, "id.taken")


@pytest.mark.parametrize(
    "change",
    [
        {"standing": "elsewhere"}, {"urgent": "yes"}, {"language": "Burmese"}, {"unknown": 1},
        {"identity": {"name": ""}}, {"identity": {"name": "a\u0000b"}}, {"identity": {}},
        {"papers": {"born_on": "yesterday"}},
        {"household": {"relatives": [{"relation": "child", "age_months": -1}]}},
        {"contact": {"channel": "phone", "phones": ["1"] * 21}},
        {"account": {"says": "x" * 10_001}}, {"id": "1"}, {"account": None},
    ],
)  # fmt: skip
def test_an_intake_that_cannot_be_is_refused_by_field_and_nothing_is_written(api, change):
    answer = api.ask("volunteer", "POST", "/cases", WALKER | change)
    assert codes(answer) == (422, "request.invalid")
    assert answer.json()["errors"]
    assert api.ask("volunteer", "GET", "/cases").json()["items"] == []


def test_a_case_of_others_answers_like_none_at_all(api):
    case_id = api.open()
    for who in (api.world.member("volunteer", 2), api.world.member("coordinator", team=2)):
        for path in (f"/cases/{case_id}", f"/cases/{new_id()}", f"/cases/{case_id}/notes"):
            assert codes(api.ask(who, "GET", path)) == (404, "case.not_found")


def test_a_change_needs_the_version_that_was_read(api):
    case_id = api.open()
    path, change = f"/cases/{case_id}", {"urgent": False}
    assert codes(api.ask("volunteer", "PATCH", path, change)) == (428, "precondition.missing")
    changed = api.ask("volunteer", "PATCH", path, change, based_on=1)
    assert changed.headers["etag"] == '"2"'
    stale = api.ask("volunteer", "PATCH", path, change, based_on=1)
    assert codes(stale) == (412, "version.stale")
    assert api.ask("volunteer", "GET", path).json()["summary"]["urgent"] is False


def test_the_moves_are_served_as_data(api):
    moves = api.ask("volunteer", "GET", "/cases/moves").json()["items"]
    assert {
        "source": "active", "target": "closed", "needs": "case:move", "trigger": "manual",
        "barred": [], "needs_reason": False,
    } in moves  # fmt: skip
    assert not [m for m in moves if (m["source"], m["target"]) == ("active", "erased")]


def test_a_move_out_of_turn_is_refused_and_one_of_another_act_too(api):
    case_id = api.open()
    for to in ("closed", "vetting", "active", "merged", "erased"):
        answer = api.ask("coordinator", "POST", f"/cases/{case_id}/moves", {"to": to}, based_on=1)
        assert codes(answer) == (409, "case.move_refused")
        assert to in answer.json()["title"]


def test_triage_ends_the_grant_of_the_author_and_is_listed_among_the_events(api):
    case_id = api.open()
    body = {"decision": "accept"}
    answer = api.ask("coordinator", "POST", f"/cases/{case_id}/triage", body, based_on=1)
    assert answer.json()["triaged_on"] == "2026-03-02"
    member = {"member_id": str(api.world.member("volunteer", 2).id)}
    assigned = api.ask("coordinator", "POST", f"/cases/{case_id}/assignments", member)
    assert assigned.status_code == 201
    assert api.ask("volunteer", "GET", f"/cases/{case_id}").status_code == 404
    second = api.world.member("volunteer", 2)
    assert api.ask(second, "GET", f"/cases/{case_id}").status_code == 200
    path = f"/cases/{case_id}/assignments"
    live = api.ask("coordinator", "GET", path).json()["items"]
    assert [item["member_id"] for item in live] == [member["member_id"]]
    ended = api.ask("coordinator", "DELETE", f"{path}/{live[0]['id']}")
    assert ended.status_code == 204
    assert api.ask(second, "GET", f"/cases/{case_id}").status_code == 404
    events = api.ask("coordinator", "GET", f"/cases/{case_id}/events", limit=100).json()["items"]
    actions = {event["action"] for event in events}
    assert {"case:opened", "case:accepted", "case:assigned", "case:unassigned"} <= actions
    assert all(event["at"].endswith(":00Z") for event in events)


def test_declining_leaves_its_reason_with_those_who_hold_the_account(api):
    case_id = api.open()
    body = {"decision": "decline", "reason": "cannot be reached"}
    answer = api.ask("coordinator", "POST", f"/cases/{case_id}/triage", body, based_on=1)
    assert answer.json()["status"] == "declined"
    (move,) = api.ask("coordinator", "GET", f"/cases/{case_id}/moves").json()["items"]
    assert (move["was"], move["to"], move["reason"]) == (
        "submitted", "declined", "cannot be reached",
    )  # fmt: skip


def test_duplicates_are_shown_with_why_dismissed_with_reason_or_merged(api):
    first, second = api.open(), api.open(identity={"name": "Thiha Zin"}, papers={})
    decline = {"decision": "decline"}
    held = api.ask("coordinator", "POST", f"/cases/{second}/triage", decline, based_on=1)
    assert codes(held) == (409, "case.duplicate_open")
    (shown,) = api.ask("coordinator", "GET", f"/cases/{second}/duplicates").json()["items"]
    assert (shown["case"]["id"], shown["likely"], shown["dismissed"]) == (first, True, False)
    assert shown["why"] == ["phone", "handle", "name"]
    path = f"/cases/{second}/duplicates/{first}/dismissal"
    assert api.ask("coordinator", "POST", path, {"reason": "brothers"}).status_code == 204
    (shown,) = api.ask("coordinator", "GET", f"/cases/{first}/duplicates").json()["items"]
    assert (shown["dismissed"], shown["dismissal"]) == (True, "brothers")
    merge = {"decision": "merge", "into": first}
    merged = api.ask("coordinator", "POST", f"/cases/{second}/triage", merge, based_on=1)
    assert (merged.json()["status"], merged.json()["merged_into"]) == ("merged", first)


def test_a_merger_without_its_other_case_is_refused_by_field(api):
    case_id = api.open()
    body = {"decision": "merge"}
    answer = api.ask("coordinator", "POST", f"/cases/{case_id}/triage", body, based_on=1)
    assert codes(answer) == (422, "case.merge_refused")
    assert answer.json()["errors"][0]["field"] == "into"


@pytest.mark.usefixtures("world_on_both")
def test_notes_are_added_and_read_in_order(api):
    """On both databases: paging."""
    case_id = api.open()
    for text in ("Called at noon.", "Called again."):
        answer = api.ask("volunteer", "POST", f"/cases/{case_id}/notes", {"text": text})
        assert answer.status_code == 201
    first = api.ask("coordinator", "GET", f"/cases/{case_id}/notes", limit=1).json()
    rest = api.ask(
        "coordinator", "GET", f"/cases/{case_id}/notes", limit=1, cursor=first["next"]
    ).json()
    assert [page["items"][0]["text"] for page in (first, rest)] == [
        "Called at noon.", "Called again.",
    ]  # fmt: skip
    assert rest["next"] is None


def test_an_emergency_takes_both_sides_over_http(api):
    case_id = api.open()
    path, body = f"/cases/{case_id}/emergency", {"reason": "no food", "hours": 24}
    asked = api.ask("coordinator", "POST", path, body, based_on=1)
    assert asked.json()["emergency_until"] == "2026-03-02T21:00:00Z"
    (ask,) = api.ask("lead", "GET", "/cases/emergencies").json()["items"]
    assert (ask["case_id"], ask["reason"], ask["hours"]) == (case_id, "no food", 24)
    confirmed = api.ask("lead", "POST", path, body, based_on=ask["version"])
    assert confirmed.json()["emergency_until"] == "2026-03-03T09:00:00Z"


def test_linked_cases_are_shown_from_both_sides(api):
    one, two = api.open(), api.open(identity={"name": "Ma Hnin Ei"})
    body = {"other_id": two, "kind": "family"}
    assert api.ask("coordinator", "POST", f"/cases/{one}/links", body).status_code == 201
    for case_id, other in ((one, two), (two, one)):
        (link,) = api.ask("coordinator", "GET", f"/cases/{case_id}/links").json()["items"]
        assert link["other_id"] == other
    again = api.ask(
        "coordinator", "POST", f"/cases/{two}/links", {"other_id": one, "kind": "family"}
    )
    assert codes(again) == (409, "link.exists")


def test_a_lead_grants_a_case_only_after_the_second_unlock(api):
    case_id = api.open()
    heir = api.world.member("coordinator", team=2)
    body = {"member_id": str(heir.id), "compartments": ["identity", "contact"]}
    path = f"/cases/{case_id}/regrants"
    assert codes(api.ask("lead", "POST", path, body)) == (403, "session.step_up_required")
    assert api.ask(heir, "GET", f"/cases/{case_id}").status_code == 404
    assert api.ask("lead", "POST", path, body, stepped_up=True).status_code == 201
    file = api.ask(heir, "GET", f"/cases/{case_id}").json()
    assert file["identity"]["name"] == "Ko Thiha Zin"
    assert file["sealed"] == ["papers", "household", "account", "reporting"]


def test_a_search_finds_by_body_and_counts_against_the_day(api):
    case_id = api.open()
    body = {"kind": "phone", "value": "09771234567"}
    found = api.ask("coordinator", "POST", "/searches", body).json()
    assert [item["id"] for item in found["items"]] == [case_id]
    assert found["complete"] is True
    nobody = api.ask("coordinator", "POST", "/searches", {"kind": "nrc", "value": "elsewhere"})
    assert codes(nobody) == (422, "search.value_invalid")
    assert "elsewhere" not in nobody.text
    assert codes(api.ask("volunteer", "POST", "/searches", body)) == (403, "permission.denied")


def test_spent_searches_say_when_to_come_back(api):
    with api.world.work_as(api.world.member("coordinator")) as work:
        counter = work.deployment.counter_id("search", work.principal.id)
        work.session.add(
            Counter(
                id=counter,
                count=work.deployment.settings.searches_per_day,
                last_at=work.now(),
            )
        )
    answer = api.ask("coordinator", "POST", "/searches", {"kind": "name", "value": "Thiha Zin"})
    assert codes(answer) == (429, "search.budget_spent")
    assert answer.headers["retry-after"] == str(8 * 3600 + 30 * 60 + 1)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/events"), ("GET", "/duplicates"), ("GET", "/assignments"), ("POST", "/triage"),
        ("POST", "/moves"), ("POST", "/assignments"), ("POST", "/links"), ("POST", "/emergency"),
        ("POST", "/regrants"),
    ],
)  # fmt: skip
def test_a_volunteer_asks_in_vain_for_what_coordinators_do(api, method, path):
    answer = api.ask("volunteer", method, f"/cases/{api.open()}{path}", {}, based_on=1)
    assert codes(answer) == (403, "permission.denied")
