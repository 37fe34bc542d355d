"""Every POST that adds something takes the client's id for it, and adds it once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx2 import Response

from app.cases.models import CaseStatus
from app.cases.moves import move_case
from app.cases.service import get_case
from app.http.proposed_ids import takes_id
from app.http.routing import ServedRoute as Route
from app.http.routing import declared_needs
from app.main import create_app
from app.permissions import Permission, Role
from app.relocation.schemas import EscortUpdate, LegListCreate
from app.store.base import ORGANISATION, new_id
from tests.support.served import Served, serve
from tests.support.vetting_steps import refuse
from tests.support.world import Founded, copy_sqlite, open_world
from tests.walls.routes_table import ROUTES, Ids, aid, intake, legs
from tests.walls.routes_walk import walk

NOT_ADDING = {
    "abandon_plan": "moves a plan, once a version",
    "accept_duty": "moves a duty, once a version",
    "acknowledge_alert": "marks an alert, once",
    "acknowledge_leg": "marks what was raised and what was heard",
    "agree_to_days": "marks days that were asked for, once a version",
    "agree_to_erasure": "marks a wish, once a version",
    "agree_to_hold": "marks a hold, once a version",
    "agree_to_look": "marks a match",
    "approve_aid": "one step a member and request, which the database holds to one",
    "assign_escort": "moves a leg, once a version",
    "certify_member": "moves a member, once a version",
    "change_passphrase": "replaces",
    "begin_second_factor": "replaces the secret that waits",
    "confirm_second_factor": "replaces, once a code",
    "renew_recovery_codes": "replaces, once a code",
    "end_second_factor": "replaces, once a code",
    "change_roles": "moves a member, once a version",
    "confirm_aid": "one step a member and request, which the database holds to one",
    "decide_emergency": "one decision a member, once a version",
    "decide_triage": "moves a case, once a version",
    "decide_vetting": "one decision a vetter and round, once a version",
    "resume_member": "moves a mark in the keystore, twice as once",
    "deliver_code": "moves a registration, once a version",
    "dismiss_duplicate": "one dismissal a pair of cases, which are in the address",
    "dispute_code": "moves a registration, once a version",
    "dispute_case_code": "moves a registration, once a version",
    "end_hold": "ends a hold, once a version",
    "end_link": "ends a link, once",
    "end_travel": "ends a row, once",
    "hand_over_aid": "grants a request that has an id",
    "join": "an invitation is used once",
    "issue_code": "moves a registration, once a version",
    "merge_case": "moves a case, once a version",
    "move_aid": "moves a request, once a version",
    "move_case": "moves a case, once a version",
    "move_due": "moves a leg, once a version",
    "move_leg": "moves a leg, once a version",
    "move_registration": "moves a registration, once a version",
    "offer_duty": "moves a duty, once a version",
    "pay_aid": "one payment a request, which the database holds to one",
    "record_code": "moves a registration, once a version",
    "record_codes": "moves registrations that the rows name; a second code of one is refused",
    "redeem_code": "marks a code, once",
    "refuse_erasure": "marks a wish, once a version",
    "release_aid": "moves a request, once a version",
    "revoke_case_registration": "moves a registration, once a version",
    "revoke_registration": "moves a registration, once a version",
    "search_cases": "reads",
    "open_session": "each sign-in is a session of its own, with a token that is shown once",
    "step_up": "moves a session",
    "take_duty": "moves a duty, once a version",
    "tell_words": "replaces words, once a version",
    "withdraw_vetting": "moves a round, once a version",
    "withdraw_consent": "ends a consent, once",
    "contribute_kit_words": "counts once however often it is given",
    "deal_custody": "replaces a key, by an epoch",
    "contribute_share": "counts once however often it is given",
    "hand_over_work": "hands over nothing twice",
    "suspend_member": "changes nothing a second time",
}


@dataclass
class Scene:
    """One served team that has walked as far as the other walls' teams."""

    served: Served
    routes: dict[str, Route]
    ids: Ids

    @property
    def taking(self) -> dict[str, Route]:
        return {name: one for name, one in self.routes.items() if one.takes and one.takes.takes_id}

    def post(self, name: str, body: Any, *, version: int | None = None) -> Response:
        route, row = self.routes[name], ROUTES[name]
        assert isinstance(route.needs, Permission)
        role = row.asker(route.needs)
        token = self.served.world.token(
            self.served.world.member(role), stepped_up=role is Role.LEAD
        )
        headers = {"authorization": f"Bearer {token}", "idempotency-key": f"id-key-{next(_keys)}"}
        if version is not None:
            headers["if-match"] = f'"{version}"'
        path = route.path.format(**self.ids)
        return self.served.client.post(path, json=body, headers=headers)


_keys = count()


@pytest.fixture(scope="module")
def scene(
    founded_sqlite: tuple[Founded, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    founded, source = founded_sqlite
    world = open_world(founded, copy_sqlite(founded, source, tmp_path_factory.mktemp("ids")))
    with serve(world) as served:
        routes = {f"{one.method} {one.path}": one for one in declared_needs(served.client.app)}
        yield Scene(served, routes, walk(served, 1))
    world.close()


def test_every_post_takes_a_client_s_id_or_says_why_it_adds_nothing(world):
    silent = [
        f"{route.method} {route.path} ({route.name}): add `id: ProposedId = None` to its body, "
        "make the row with `work.id_for(Model, proposed)`, and give the route a row in ADDED of "
        "tests/walls/test_proposed_ids.py; or say in NOT_ADDING why it adds nothing"
        for route in declared_needs(create_app(world.deployment))
        if route.method == "POST"
        and not (route.takes and route.takes.takes_id)
        and route.name not in NOT_ADDING
    ]
    assert not silent, "\n".join(silent)


def test_what_adds_nothing_is_served_and_takes_no_id(world):
    taking = {one.name: one.takes for one in declared_needs(create_app(world.deployment))}
    for name in NOT_ADDING:
        found = taking.get(name)
        assert found is not None, f"{name} is served no longer: remove it from NOT_ADDING"
        assert not found.takes_id, f"{name} takes an id: remove it from NOT_ADDING"


# ---------------------------------------------------------------------- added once


def fresh_case(scene: Scene) -> str:
    """A further submitted case of the team, of somebody else."""
    number = next(_keys)
    body = intake({}) | {"identity": {"name": f"Naw Paw {number}"}}
    coordinator = scene.served.world.member(Role.COORDINATOR)
    return str(scene.served.post(coordinator, "/cases", body)["id"])


def table_body(name: str) -> Callable[[Scene], Any]:
    def body(scene: Scene) -> Any:
        made = ROUTES[name].body
        return {} if made is None else made(scene.ids)

    return body


def to_fresh_case(scene: Scene) -> Any:
    scene.ids["other_id"] = fresh_case(scene)
    return {"other_id": scene.ids["other_id"], "kind": "fellow_travellers"}


def to_active_case(scene: Scene) -> Any:
    case_id = fresh_case(scene)
    for status in (CaseStatus.VETTING, CaseStatus.ACTIVE):
        with scene.served.world.work_as(scene.served.world.member(Role.COORDINATOR)) as work:
            move_case(work, get_case(work, UUID(case_id)), status)
    return {"case_id": case_id}


def to_leaving_case(scene: Scene) -> Any:
    scene.ids["case_id"] = fresh_case(scene)
    return {"reason": "She called."}


def to_refused_case(scene: Scene) -> Any:
    scene.ids["case_id"] = fresh_case(scene)
    refuse(scene.served.world, UUID(scene.ids["case_id"]))
    return {"needed": True}


def two_vetters(scene: Scene) -> Any:
    scene.ids["case_id"] = fresh_case(scene)
    return {"vetter_ids": scene.ids["vetter_ids"]}


def other_kind(scene: Scene) -> Any:
    registrar = scene.served.world.member(Role.REGISTRAR)
    path = f"/registrations/{scene.ids['registration_id']}"
    scene.served.post(registrar, f"{path}/moves", {"to": "refused", "reason": "no"}, based_on=1)
    return {"kind": "full"}


def another_plan(scene: Scene) -> Any:
    coordinator = scene.served.world.member(Role.COORDINATOR)
    plan = scene.served.get(coordinator, f"/cases/{scene.ids['case_id']}/plan")
    moves = f"/plans/{plan['id']}/moves"
    scene.served.post(coordinator, moves, {"to": "abandoned"}, based_on=plan["version"])
    return {"origin": "here", "destination": "there", **legs(scene.ids)}


ADDED: dict[str, tuple[Callable[[Scene], Any], dict[str, Any]]] = {
    # The plan comes first: its legs are extended, rerouted and checked in on.
    "POST /api/cases/{case_id}/plans": (another_plan, {"origin": "elsewhere"}),
    "POST /api/plans/{plan_id}/travellers": (to_active_case, {"case_id": str(new_id())}),
    "POST /api/plans/{plan_id}/legs": (lambda scene: legs(scene.ids), {"legs": None}),
    "POST /api/plans/{plan_id}/walked-legs": (
        table_body("POST /api/plans/{plan_id}/walked-legs"), {"place": "the other hill"},
    ),
    "POST /api/legs/{leg_id}/reroutes": (lambda scene: legs(scene.ids), {"legs": None}),
    "POST /api/legs/{leg_id}/check-ins": (lambda _: {"word": None}, {"word": "no such word"}),
    "POST /api/cases/{case_id}/check-ins": (lambda _: {"word": None}, {"word": "no such word"}),
    "POST /api/cases/{case_id}/registrations": (other_kind, {"kind": "pre"}),
    "POST /api/cases/{case_id}/aid-requests": (lambda _: aid({}), {"currency": "THB"}),
    "POST /api/cases/{case_id}/notes": (lambda _: {"text": "called back"}, {"text": "called"}),
    "POST /api/cases/{case_id}/assignments": (
        table_body("POST /api/cases/{case_id}/assignments"), {"member_id": str(new_id())},
    ),
    "POST /api/cases/{case_id}/regrants": (
        table_body("POST /api/cases/{case_id}/regrants"), {"compartments": ["contact"]},
    ),
    "POST /api/cases/{case_id}/links": (to_fresh_case, {"kind": "family"}),
    "POST /api/vettings/{round_id}/checks": (
        table_body("POST /api/vettings/{round_id}/checks"), {"voucher": "the other cousin"},
    ),
    "POST /api/cases/{case_id}/vetting": (two_vetters, {"reason": "look at the unit"}),
    "POST /api/cases": (intake, {"urgent": True}),
    "POST /api/funds": (table_body("POST /api/funds"), {"name": "Spring"}),
    "POST /api/funds/{fund_id}/deposits": (
        table_body("POST /api/funds/{fund_id}/deposits"), {"amount": 901},
    ),
    "POST /api/funds/{fund_id}/entries/{entry_id}/reversals": (lambda _: {}, {}),
    "POST /api/cases/{case_id}/holds": (
        lambda scene: {"reason": "An appeal.", "until": str(scene.ids["now"].date())},
        {"what": "contact"},
    ),
    "POST /api/cases/{case_id}/consents": (
        lambda _: {"purpose": "publicity"}, {"purpose": "follow_up"},
    ),
    "POST /api/cases/{case_id}/looks": (to_refused_case, {"needed": False}),
    "POST /api/cases/{case_id}/erasure": (to_leaving_case, {"codes_die": True}),
    "POST /api/retention/days": (table_body("POST /api/retention/days"), {"days": 15}),
    "POST /api/invitations": (
        table_body("POST /api/invitations"), {"display_name": "Moe"},
    ),
    "POST /api/teams": (table_body("POST /api/teams"), {"name": "Ironwood"}),
}  # fmt: skip
VERSIONED = {"POST /api/legs/{leg_id}/reroutes"}
ALWAYS_HEARD = {"POST /api/legs/{leg_id}/check-ins", "POST /api/cases/{case_id}/check-ins"}


def with_id(body: dict[str, Any], proposed: str) -> dict[str, Any]:
    if "legs" in body and "origin" not in body:
        return {"legs": [leg | {"id": proposed} for leg in body["legs"]]}
    return body | {"id": proposed}


def other_content(body: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    if "legs" in changed:
        return {"legs": [leg | {"place": "another bench"} for leg in body["legs"]]}
    return body | changed


def id_of(answer: Response) -> str:
    found = answer.json()
    found = found.get("member") or found
    return str((found["items"][0] if "items" in found else found)["id"])


def test_each_route_that_takes_an_id_adds_once_and_refuses_other_content(scene: Scene):
    assert set(ADDED) == set(scene.taking), "ADDED has a row for each route that takes an id"
    for name, (make, changed) in ADDED.items():
        kept = dict(scene.ids)
        content = make(scene)
        version = 1 if name in VERSIONED else None
        proposed = str(new_id())
        body = with_id(content, proposed)
        first = scene.post(name, body, version=version)
        assert first.status_code == 201, (name, first.text)
        assert id_of(first) == proposed, name
        again = scene.post(name, dict(reversed(body.items())), version=version)
        assert (again.status_code, again.content) == (201, first.content), (name, again.text)
        assert again.headers["idempotency-replayed"] == "true", name
        if changed:
            other = scene.post(name, other_content(body, changed), version=version)
            if name in ALWAYS_HEARD:
                assert other.status_code == 201, (name, other.text)
                assert id_of(other) != proposed, name
            else:
                code = other.json().get("code")
                assert (other.status_code, code) == (409, "id.taken"), (name, other.text)
        zero = scene.post(name, with_id(content, str(ORGANISATION)), version=version)
        assert (zero.status_code == 201) is (name in ALWAYS_HEARD), (name, zero.text)
        if name.endswith("/plans"):
            kept |= {"plan_id": proposed, "leg_id": first.json()["legs"][0]["id"]}
        scene.ids.update(kept)


def test_an_id_that_another_row_scope_or_grant_has_is_taken(scene: Scene):
    """A leg with the id of the plan would hand the plan to its escort."""
    coordinator = scene.served.world.member(Role.COORDINATOR)
    plan_id = scene.served.get(coordinator, f"/cases/{scene.ids['case_id']}/plan")["id"]
    assigned = f"/cases/{scene.ids['case_id']}/assignments"
    in_hand = scene.served.get(coordinator, assigned)["items"][0]["id"]
    name = "POST /api/plans/{plan_id}/legs"
    scene.ids["plan_id"] = plan_id
    for taken in (plan_id, scene.ids["case_id"], in_hand):
        answer = scene.post(name, with_id(legs(scene.ids), taken))
        assert (answer.status_code, answer.json()["code"]) == (409, "id.taken"), taken


def test_two_of_one_request_with_one_id_are_refused(scene: Scene):
    twice = str(new_id())
    two = {"legs": legs(scene.ids)["legs"] * 2}
    answer = scene.post("POST /api/plans/{plan_id}/legs", with_id(two, twice))
    assert (answer.status_code, answer.json()["code"]) == (409, "id.taken")


def test_an_id_that_another_member_used_is_taken(scene: Scene):
    case = f"/cases/{scene.ids['case_id']}"
    note = {"id": str(new_id()), "text": "called back"}
    world = scene.served.world
    assert scene.served.post(world.member(Role.COORDINATOR), f"{case}/notes", note)
    answer = scene.served.ask(world.member(Role.VOLUNTEER), "POST", f"{case}/notes", note)
    assert (answer.status_code, answer.json()["code"]) == (409, "id.taken")


def test_a_check_in_is_heard_with_an_id_that_is_none(scene: Scene):
    for no_id in ("abc", 7, {}, ""):
        answer = scene.post("POST /api/legs/{leg_id}/check-ins", {"id": no_id, "word": "tamarind"})
        assert answer.status_code == 201, answer.text
        assert UUID(id_of(answer))


def test_ids_are_found_in_lists_of_what_is_added():
    assert takes_id(LegListCreate)
    assert not takes_id(EscortUpdate)
