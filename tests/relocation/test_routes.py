"""Relocation over HTTP: what goes in, what comes out, and who is turned away."""

from datetime import timedelta

import pytest

from app.http.errors import NotAllowed
from app.permissions import ROLE_PERMISSIONS, Permission, Role
from app.relocation.models import LegKind
from app.relocation.routes import router
from app.store.base import new_id

WORDS = {"safe_word": "tamarind", "duress_word": "monsoon"}


def a_leg(journey, kind="vehicle", due=6, grace=120, **changes):
    due_at = journey.began + timedelta(hours=due)
    return {
        "kind": kind,
        "place": "the mango tree",
        "instructions": "Wait for the blue umbrella.",
        "due_at": due_at.isoformat(),
        "grace_minutes": grace,
        **WORDS,
        **changes,
    }


def a_plan(*legs):
    return {"origin": "the clinic road", "destination": "the river school", "legs": list(legs)}


@pytest.fixture
def plan(journey, asked):
    body = a_plan(a_leg(journey), a_leg(journey, "stay", 20), a_leg(journey, "arrival", 30))
    made = asked.post(journey.coordinator, f"/cases/{journey.case_id}/plans", body)
    assert made.status_code == 201, made.text
    return made.json()


@pytest.fixture
def leg(plan):
    return plan["legs"][0]


@pytest.fixture
def rider(journey, asked, leg):
    rider = journey.volunteer(2)
    given = asked.post(
        journey.coordinator,
        f"/legs/{leg['id']}/escort",
        {"volunteer_id": str(rider.id)},
        version=leg["version"],
    )
    assert given.status_code == 200, given.text
    return rider


def move(asked, who, leg_id, *to):
    for status in to:
        version = asked.get(who, f"/legs/{leg_id}").json()["version"]
        moved = asked.post(who, f"/legs/{leg_id}/moves", {"to": status}, version=version)
        assert moved.status_code == 200, moved.text
    return moved


def test_a_plan_is_opened_and_read_with_its_legs_and_figures(journey, asked, plan):
    read = asked.get(journey.coordinator, f"/cases/{journey.case_id}/plan")
    assert read.status_code == 200
    assert read.json() == plan
    assert read.headers["etag"] == '"1"'
    assert [leg["kind"] for leg in plan["legs"]] == ["vehicle", "stay", "arrival"]
    assert plan["legs"][0]["course"]["safe_word"] == "tamarind"
    assert plan["figures"] == {
        "minutes_in_transit": 0,
        "moves": 0,
        "longest_silence_minutes": 0,
    }


def test_a_plan_sent_twice_is_opened_once(journey, asked):
    path, body = f"/cases/{journey.case_id}/plans", a_plan(a_leg(journey))
    first = asked.post(journey.coordinator, path, body, key="the-same-key")
    again = asked.post(journey.coordinator, path, body, key="the-same-key")
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"


def test_the_escort_reads_their_leg_and_neither_words_nor_ids_that_lead_further(
    journey, asked, plan, leg, rider
):
    read = asked.get(rider, f"/legs/{leg['id']}")
    assert read.status_code == 200
    assert read.json()["course"] is None
    assert read.json()["place"] == "the mango tree"
    for kept in (*WORDS.values(), str(journey.case_id), plan["id"], plan["legs"][1]["id"]):
        assert kept not in read.text


def test_the_escort_lists_one_leg_and_no_case(journey, asked, leg, rider):
    listed = asked.get(rider, "/legs")
    assert [line["id"] for line in listed.json()["items"]] == [leg["id"]]
    assert str(journey.case_id) not in listed.text


def test_a_leg_goes_from_ready_to_arrived_in_the_hands_of_its_escort(journey, asked, leg, rider):
    move(asked, journey.coordinator, leg["id"], "ready")
    moved = move(asked, rider, leg["id"], "departed", "arrived")
    assert moved.json()["status"] == "arrived"
    assert moved.json()["expected_at"] is None
    assert asked.get(rider, f"/legs/{leg['id']}").status_code == 404


def test_the_etag_of_a_move_is_the_version_on_which_the_next_is_based(journey, asked, leg):
    first = asked.post(journey.coordinator, f"/legs/{leg['id']}/moves", {"to": "ready"}, version=1)
    assert first.headers["etag"] == '"2"'
    stale = asked.post(
        journey.coordinator, f"/legs/{leg['id']}/moves", {"to": "departed"}, version=1
    )
    assert (stale.status_code, stale.json()["current"]) == (412, 2)
    then = asked.post(
        journey.coordinator, f"/legs/{leg['id']}/moves", {"to": "departed"}, version=2
    )
    assert then.status_code == 200


def test_a_move_says_on_which_version_it_is_based(journey, asked, leg):
    refused = asked.post(journey.coordinator, f"/legs/{leg['id']}/moves", {"to": "ready"})
    assert (refused.status_code, refused.json()["code"]) == (428, "precondition.missing")


def test_a_reroute_answers_with_the_legs_that_took_over(journey, asked, plan, leg):
    body = {"legs": [a_leg(journey, "boat", 9), a_leg(journey, "arrival", 12)]}
    made = asked.post(journey.coordinator, f"/legs/{leg['id']}/reroutes", body, version=1)
    assert made.status_code == 201
    assert [new["kind"] for new in made.json()["items"]] == ["boat", "arrival"]
    read = asked.get(journey.coordinator, f"/cases/{journey.case_id}/plan").json()
    assert [each["status"] for each in read["legs"]].count("rerouted") == 3


def test_legs_are_added_to_an_open_plan(journey, asked, plan):
    made = asked.post(
        journey.coordinator, f"/plans/{plan['id']}/legs", {"legs": [a_leg(journey, "bus", 40)]}
    )
    assert made.status_code == 201
    assert made.json()["items"][0]["course"]["position"] == 4


def test_a_plan_is_given_up_on_its_version(journey, asked, plan):
    path, body = f"/plans/{plan['id']}/moves", {"to": "abandoned", "reason": "road closed"}
    done = asked.post(journey.coordinator, path, body, version=1)
    assert (done.status_code, done.json()["status"]) == (200, "abandoned")
    read = asked.get(journey.coordinator, f"/cases/{journey.case_id}/plan").json()
    assert read["ended_because"] == "road closed"


def test_silence_is_watched_and_taken_in_hand(journey, asked, leg):
    journey.at(8.5)
    (watched,) = asked.get(journey.coordinator, "/legs/watch").json()["items"]
    assert (watched["leg_id"], watched["rung"]) == (leg["id"], "overdue")
    assert (watched["minutes_past_due"], watched["acknowledged"]) == (150, False)
    path, body = f"/legs/{leg['id']}/acknowledgements", {"what": "overdue", "note": "I call."}
    taken = asked.post(journey.coordinator, path, body)
    assert taken.status_code == 201
    rungs = taken.json()["course"]["rungs"]
    assert [(rung["rung"], rung["note"]) for rung in rungs] == [
        ("late", "I call."),
        ("overdue", "I call."),
    ]
    (watched,) = asked.get(journey.coordinator, "/legs/watch").json()["items"]
    assert watched["acknowledged"]


@pytest.mark.usefixtures("world_on_both")
def test_the_watch_and_the_lists_come_in_pages(journey, asked, plan):
    """On both databases: paging."""
    journey.at(60)
    for path, key, who in (("/legs/watch", "leg_id", 3), ("/legs", "id", 3)):
        found, cursor = [], None
        while True:
            page = {"limit": 1, **({"cursor": cursor} if cursor else {})}
            answer = asked.get(journey.coordinator, path, **page).json()
            found += [row[key] for row in answer["items"]]
            cursor = answer["next"]
            if cursor is None:
                break
        assert sorted(found) == sorted(leg["id"] for leg in plan["legs"])
        assert len(found) == who


def test_a_duress_word_reaches_coordinators_and_leads_over_the_api(journey, asked, leg, rider):
    asked.post(rider, f"/legs/{leg['id']}/check-ins", {"word": "monsoon"})
    (watched,) = asked.get(journey.coordinator, "/legs/watch").json()["items"]
    assert watched["duress"]
    lead = journey.world.member(Role.LEAD)
    (alert,) = asked.get(lead, "/alerts").json()["items"]
    assert (alert["kind"], alert["leg_id"]) == ("duress_at_check_in", leg["id"])
    path = f"/legs/{leg['id']}/acknowledgements"
    assert asked.post(journey.coordinator, path, {"what": "duress"}).status_code == 201
    assert asked.get(journey.coordinator, "/legs/watch").json()["items"] == []


def test_the_answer_to_a_duress_word_is_that_to_a_safe_word_to_the_byte(journey, asked, leg, rider):
    answers = []
    for word in ("tamarind", "monsoon"):
        path = f"/legs/{leg['id']}/check-ins"
        made = asked.post(rider, path, {"word": word, "note": "on the phone"})
        body = made.json()
        answers.append(
            (
                made.status_code,
                made.headers.multi_items(),
                made.text.replace(body["id"], "id"),
            )
        )
    assert answers[0] == answers[1]
    assert answers[0][0] == 201


def test_after_a_duress_word_the_escorts_screen_is_that_after_a_safe_word(
    journey, asked, plan, rider
):
    screens = []
    other = plan["legs"][1]
    escort = journey.volunteer(3)
    asked.post(
        journey.coordinator,
        f"/legs/{other['id']}/escort",
        {"volunteer_id": str(escort.id)},
        version=other["version"],
    )
    for who, leg, word in ((rider, plan["legs"][0], "monsoon"), (escort, other, "tamarind")):
        asked.post(who, f"/legs/{leg['id']}/check-ins", {"word": word})
        screen = asked.get(who, f"/legs/{leg['id']}")
        screens.append((screen.status_code, screen.headers["etag"], sorted(screen.json())))
    assert screens[0] == screens[1]


def test_an_unknown_word_is_refused_without_being_repeated(journey, asked, leg, rider):
    path = f"/legs/{leg['id']}/check-ins"
    refused = asked.post(rider, path, {"word": "umbrella"})
    assert refused.status_code == 422
    assert refused.json()["code"] == "check_in.unknown_word"
    assert "umbrella" not in refused.text
    assert "tamarind" not in refused.text
    course = asked.get(journey.coordinator, f"/legs/{leg['id']}").json()["course"]
    assert course["unknown_words"] == 1


def test_a_word_that_was_refused_can_be_sent_again_under_the_same_key(asked, leg, rider):
    path = f"/legs/{leg['id']}/check-ins"
    assert asked.post(rider, path, {"word": "umbrella"}, key="retry-key-1").status_code == 422
    assert asked.post(rider, path, {"word": "tamarind"}, key="retry-key-1").status_code == 201


def test_that_nobody_answered_is_said_and_not_left_out(asked, leg, rider):
    path = f"/legs/{leg['id']}/check-ins"
    assert asked.post(rider, path, {}).status_code == 422
    assert asked.post(rider, path, {"word": None}).status_code == 201


def test_the_table_of_moves_is_served(journey, asked):
    items = asked.get(journey.volunteer(1), "/legs/moves").json()["items"]
    assert {"from": "departed", "to": "arrived", "by": "escort"} in items
    assert {"from": "planned", "to": "ready", "by": "planner"} in items
    assert {"from": "missed", "to": "rerouted", "by": "reroute"} in items


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "submarine"}, "legs.0.kind"),
        ({"due_at": "2026-03-02T15:00:00"}, "legs.0.due_at"),
        ({"grace_minutes": 4}, "legs.0.grace_minutes"),
        ({"grace_minutes": 7 * 24 * 60 + 1}, "legs.0.grace_minutes"),
        ({"place": ""}, "legs.0.place"),
        ({"weapon": "none"}, "legs.0.*"),
        ({"due_at": "9999-12-31T23:59:00Z"}, "legs.0.due_at"),
        ({"duress_word": "Tamarind!"}, "legs.0.duress_word"),
    ],
)
def test_what_is_wrong_with_a_leg_is_said_where_it_stands(journey, asked, changes, field):
    body = a_plan(a_leg(journey, **changes))
    refused = asked.post(journey.coordinator, f"/cases/{journey.case_id}/plans", body)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]


def test_every_kind_of_leg_can_be_planned(journey, asked):
    legs = [a_leg(journey, kind.value) for kind in LegKind]
    made = asked.post(journey.coordinator, f"/cases/{journey.case_id}/plans", a_plan(*legs))
    assert [leg["kind"] for leg in made.json()["legs"]] == [kind.value for kind in LegKind]


def test_what_nobody_holds_and_what_does_not_exist_are_refused_alike(journey, asked, leg):
    stranger = journey.world.member(Role.COORDINATOR, team=2)
    answers = []
    for leg_id in (leg["id"], new_id()):
        refused = asked.get(stranger, f"/legs/{leg_id}")
        answers.append((refused.status_code, refused.text))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


@pytest.mark.parametrize("role", Role)
def test_each_role_reaches_exactly_the_routes_that_it_may(journey, asked, plan, leg, role):
    who = journey.world.member(role)
    for route in router.declared:
        path = (
            route.path.replace("{case_id}", str(journey.case_id))
            .replace("{plan_id}", plan["id"])
            .replace("{leg_id}", leg["id"])
        )
        ask = asked.get if route.method == "GET" else asked.post
        answer = ask(who, path) if route.method == "GET" else ask(who, path, {})
        denied = answer.status_code == 403 and answer.json()["code"] == NotAllowed.code
        assert denied == (route.needs not in ROLE_PERMISSIONS[role]), (route.path, role)


def test_every_change_asks_for_a_version_or_a_key():
    for route in router.declared:
        assert route.method == "GET" or route.creates != route.changes, route.path
        assert isinstance(route.needs, Permission)
