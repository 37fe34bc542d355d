"""Relocation over HTTP: what goes in, what comes out, and who is turned away."""

from datetime import timedelta

import pytest

from app.http.errors import NotAllowed
from app.http.routing import declared_needs
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
        **changes,
    }


def a_plan(*legs, **changes):
    return {
        "origin": "the clinic road",
        "destination": "the river school",
        "legs": list(legs),
        **WORDS,
        **changes,
    }


@pytest.fixture
def plan(journey, api):
    body = a_plan(a_leg(journey), a_leg(journey, "stay", 20), a_leg(journey, "arrival", 30))
    made = api.post(journey.coordinator, f"/cases/{journey.case_id}/plans", body)
    assert made.status_code == 201, made.text
    return made.json()


@pytest.fixture
def leg(plan):
    return plan["legs"][0]


@pytest.fixture
def rider(journey, api, leg):
    rider = journey.volunteer(2)
    given = api.post(
        journey.coordinator,
        f"/legs/{leg['id']}/escort",
        {"volunteer_id": str(rider.id)},
        version=leg["version"],
    )
    assert given.status_code == 200, given.text
    return rider


def move(api, who, leg_id, *to):
    for status in to:
        version = api.get(who, f"/legs/{leg_id}").json()["version"]
        moved = api.post(who, f"/legs/{leg_id}/moves", {"to": status}, version=version)
        assert moved.status_code == 200, moved.text
    return moved


def test_a_plan_is_opened_and_read_with_its_legs_and_figures(journey, api, plan):
    read = api.get(journey.coordinator, f"/cases/{journey.case_id}/plan")
    assert read.status_code == 200
    assert read.json() == {name: found for name, found in plan.items() if name not in WORDS}
    assert read.headers["etag"] == '"1"'
    assert [leg["kind"] for leg in plan["legs"]] == ["vehicle", "stay", "arrival"]
    assert {name: plan[name] for name in WORDS} == dict.fromkeys(WORDS)
    assert plan["figures"] == {
        "minutes_in_transit": 0,
        "moves": 0,
        "longest_silence_minutes": 0,
    }


def test_a_plan_sent_twice_is_opened_once(journey, api):
    path, body = f"/cases/{journey.case_id}/plans", a_plan(a_leg(journey))
    first = api.post(journey.coordinator, path, body, key="the-same-key")
    again = api.post(journey.coordinator, path, body, key="the-same-key")
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"


def test_the_escort_reads_their_leg_and_neither_words_nor_ids_that_lead_further(
    journey, api, plan, leg, rider
):
    read = api.get(rider, f"/legs/{leg['id']}")
    assert read.status_code == 200
    assert read.json()["progress"] is None
    assert read.json()["place"] == "the mango tree"
    for kept in (*WORDS.values(), str(journey.case_id), plan["id"], plan["legs"][1]["id"]):
        assert kept not in read.text


def test_the_escort_lists_one_leg_and_no_case(journey, api, leg, rider):
    listed = api.get(rider, "/legs")
    assert [line["id"] for line in listed.json()["items"]] == [leg["id"]]
    assert str(journey.case_id) not in listed.text


def test_a_leg_goes_from_ready_to_arrived_in_the_hands_of_its_escort(journey, api, leg, rider):
    move(api, journey.coordinator, leg["id"], "ready")
    moved = move(api, rider, leg["id"], "departed", "arrived")
    assert moved.json()["status"] == "arrived"
    assert moved.json()["expected_at"] is None
    assert api.get(rider, f"/legs/{leg['id']}").status_code == 404


def test_the_etag_of_a_move_is_the_version_on_which_the_next_is_based(journey, api, leg):
    first = api.post(journey.coordinator, f"/legs/{leg['id']}/moves", {"to": "ready"}, version=1)
    assert first.headers["etag"] == '"2"'
    stale = api.post(journey.coordinator, f"/legs/{leg['id']}/moves", {"to": "departed"}, version=1)
    assert (stale.status_code, stale.json()["current"]) == (412, 2)
    then = api.post(journey.coordinator, f"/legs/{leg['id']}/moves", {"to": "departed"}, version=2)
    assert then.status_code == 200


def test_a_move_says_on_which_version_it_is_based(journey, api, leg):
    refused = api.post(journey.coordinator, f"/legs/{leg['id']}/moves", {"to": "ready"})
    assert (refused.status_code, refused.json()["code"]) == (428, "precondition.missing")


def test_a_reroute_returns_the_new_legs(journey, api, plan, leg):
    body = {"legs": [a_leg(journey, "boat", 9), a_leg(journey, "arrival", 12)]}
    made = api.post(journey.coordinator, f"/legs/{leg['id']}/reroutes", body, version=1)
    assert made.status_code == 201
    assert [new["kind"] for new in made.json()["items"]] == ["boat", "arrival"]
    read = api.get(journey.coordinator, f"/cases/{journey.case_id}/plan").json()
    assert [each["status"] for each in read["legs"]].count("rerouted") == 3


def test_legs_are_added_to_an_open_plan(journey, api, plan):
    made = api.post(
        journey.coordinator, f"/plans/{plan['id']}/legs", {"legs": [a_leg(journey, "bus", 40)]}
    )
    assert made.status_code == 201
    assert made.json()["items"][0]["progress"]["position"] == 4


def test_a_plan_is_abandoned_on_its_version(journey, api, plan):
    path, body = f"/plans/{plan['id']}/moves", {"to": "abandoned", "reason": "road closed"}
    done = api.post(journey.coordinator, path, body, version=1)
    assert (done.status_code, done.json()["status"]) == (200, "abandoned")
    read = api.get(journey.coordinator, f"/cases/{journey.case_id}/plan").json()
    assert read["ended_because"] == "road closed"


def test_silence_is_watched_and_acknowledged(journey, api, leg):
    journey.at(8.5)
    (watched,) = api.get(journey.coordinator, "/legs/watch").json()["items"]
    assert (watched["leg_id"], watched["level"]) == (leg["id"], "overdue")
    assert (watched["minutes_past_due"], watched["acknowledged"]) == (150, False)
    path, body = f"/legs/{leg['id']}/acknowledgements", {"what": "overdue", "note": "I call."}
    taken = api.post(journey.coordinator, path, body)
    assert taken.status_code == 201
    escalations = taken.json()["progress"]["escalations"]
    assert [(one["level"], one["note"]) for one in escalations] == [
        ("late", "I call."),
        ("overdue", "I call."),
    ]
    (watched,) = api.get(journey.coordinator, "/legs/watch").json()["items"]
    assert watched["acknowledged"]


@pytest.mark.usefixtures("world_on_both")
def test_the_watch_and_the_lists_come_in_pages(journey, api, plan):
    """On both databases: paging."""
    journey.at(60)
    for path, key, who in (("/legs/watch", "leg_id", 3), ("/legs", "id", 3)):
        found, cursor = [], None
        while True:
            page = {"limit": 1, **({"cursor": cursor} if cursor else {})}
            response = api.get(journey.coordinator, path, **page).json()
            found += [row[key] for row in response["items"]]
            cursor = response["next"]
            if cursor is None:
                break
        assert sorted(found) == sorted(leg["id"] for leg in plan["legs"])
        assert len(found) == who


def test_a_duress_word_reaches_coordinators_and_leads_over_the_api(journey, api, leg, rider):
    api.post(rider, f"/legs/{leg['id']}/check-ins", {"word": "monsoon"})
    (watched,) = api.get(journey.coordinator, "/legs/watch").json()["items"]
    assert watched["duress"]
    lead = journey.world.member(Role.LEAD)
    (alert,) = api.get(lead, "/alerts").json()["items"]
    assert (alert["kind"], alert["leg_id"]) == ("duress_at_check_in", leg["id"])
    path = f"/legs/{leg['id']}/acknowledgements"
    assert api.post(journey.coordinator, path, {"what": "duress"}).status_code == 201
    assert api.get(journey.coordinator, "/legs/watch").json()["items"] == []


def test_another_word_under_the_same_key_is_heard_and_the_same_word_once(journey, api, leg, rider):
    """A client that sends again under its key may have understood the person only now."""
    path, seen = f"/legs/{leg['id']}/check-ins", []
    for word in ("ramarind", "tamarind", "monsoon", "monsoon"):
        answer = api.post(rider, path, {"word": word}, key="one-key-of-it")
        assert answer.status_code == 201
        seen.append(answer.json()["id"])
    assert len(set(seen)) == 3
    lead = journey.world.member(Role.LEAD)
    kinds = [alert["kind"] for alert in api.get(lead, "/alerts").json()["items"]]
    assert kinds.count("duress_at_check_in") == 1


def test_a_check_in_is_heard_without_a_key_with_a_bad_one_and_on_a_stale_version(api, leg, rider):
    path = f"/legs/{leg['id']}/check-ins"
    assert api.post(rider, path, {"word": "tamarind"}, key="short").status_code == 201
    assert api.post(rider, path, {"word": "tamarind"}, version=99).status_code == 201


def test_the_response_to_a_duress_word_is_that_to_a_safe_word_to_the_byte(journey, api, leg, rider):
    responses = []
    for word in ("tamarind", "monsoon"):
        path = f"/legs/{leg['id']}/check-ins"
        made = api.post(rider, path, {"word": word, "note": "on the phone"})
        body = made.json()
        responses.append(
            (
                made.status_code,
                made.headers.multi_items(),
                made.text.replace(body["id"], "id"),
            )
        )
    assert responses[0] == responses[1]
    assert responses[0][0] == 201


def test_after_a_duress_word_the_escorts_screen_is_that_after_a_safe_word(
    journey, api, plan, rider
):
    screens = []
    other = plan["legs"][1]
    escort = journey.volunteer(3)
    api.post(
        journey.coordinator,
        f"/legs/{other['id']}/escort",
        {"volunteer_id": str(escort.id)},
        version=other["version"],
    )
    for who, leg, word in ((rider, plan["legs"][0], "monsoon"), (escort, other, "tamarind")):
        api.post(who, f"/legs/{leg['id']}/check-ins", {"word": word})
        screen = api.get(who, f"/legs/{leg['id']}")
        screens.append((screen.status_code, screen.headers["etag"], sorted(screen.json())))
    assert screens[0] == screens[1]


def test_what_is_not_understood_is_heard_and_shown_to_planners_as_it_came(journey, api, leg, rider):
    path = f"/legs/{leg['id']}/check-ins"
    heard = api.post(rider, path, {"word": "umbrella"})
    assert (heard.status_code, heard.json()["understood"]) == (201, False)
    course = api.get(journey.coordinator, f"/legs/{leg['id']}").json()["progress"]
    assert course["not_understood"] == 1
    assert [(found["word"], found["said"]) for found in course["check_ins"]] == [
        ("not_understood", "umbrella")
    ]
    assert api.get(journey.coordinator, "/legs/watch").json()["items"][0]["not_understood"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"word": None},
        {"word": ""},
        {"word": "x" * 5000},
        {"word": "monsoon", "note": "y" * 5000},
        {"word": "monsoon", "at": "1970-01-01T00:00:00Z"},
        {"word": "monsoon", "at": "2026-03-02T10:00:00"},
        {"word": "monsoon", "at": "9999-12-31T23:59:59+06:30"},
        {"word": "monsoon", "next_sign_at": "2026-03-02T10:00:00"},
        {"word": "monsoon", "at": "yesterday", "next_sign_at": "tomorrow at 6"},
        {"word": "yes,\n\ttamarind", "next_sign_at": "9999-12-31T23:59:59Z"},
        {"word": 5, "note": ["a", "list"], "id": "none", "at": {"said": "at noon"}},
        {"word": "monsoon", "field": "of a newer client"},
    ],
)
def test_a_check_in_is_not_refused_for_its_form(api, leg, rider, body):
    assert api.post(rider, f"/legs/{leg['id']}/check-ins", body).status_code == 201


def test_words_that_are_made_up_are_said_once_and_read_by_nobody(journey, api):
    body = a_plan(a_leg(journey), safe_word=None, duress_word="monsoon")
    opened = api.post(journey.coordinator, f"/cases/{journey.case_id}/plans", body).json()
    assert opened["safe_word"]
    assert opened["duress_word"] is None
    read = api.get(journey.coordinator, f"/cases/{journey.case_id}/plan")
    assert not {"safe_word", "duress_word"} & read.json().keys()
    assert opened["safe_word"] not in read.text


def test_the_table_of_moves_is_served(journey, api):
    items = api.get(journey.volunteer(1), "/legs/moves").json()["items"]
    found = {(m["source"], m["target"]): (m["needs"], m["trigger"]) for m in items}
    assert found["departed", "arrived"] == ("leg:check_in", "manual")
    assert found["planned", "ready"] == ("plan:change", "manual")
    assert found["missed", "rerouted"] == ("plan:change", "reroute")


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
    ],
)
def test_what_is_wrong_with_a_leg_is_said_with_its_field(journey, api, changes, field):
    body = a_plan(a_leg(journey, **changes))
    refused = api.post(journey.coordinator, f"/cases/{journey.case_id}/plans", body)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]


@pytest.mark.parametrize("word", ["Tamarind!", "..."])
def test_words_that_are_alike_are_refused_where_the_duress_word_is(journey, api, word):
    body = a_plan(a_leg(journey), duress_word=word)
    refused = api.post(journey.coordinator, f"/cases/{journey.case_id}/plans", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "plan.words_alike")
    assert [error["field"] for error in refused.json()["errors"]] == ["duress_word"]


def test_every_kind_of_leg_can_be_planned(journey, api):
    legs = [a_leg(journey, kind.value) for kind in LegKind]
    made = api.post(journey.coordinator, f"/cases/{journey.case_id}/plans", a_plan(*legs))
    assert [leg["kind"] for leg in made.json()["legs"]] == [kind.value for kind in LegKind]


def test_what_nobody_holds_and_what_does_not_exist_are_refused_alike(journey, api, leg):
    stranger = journey.world.member(Role.COORDINATOR, team=2)
    responses = []
    for leg_id in (leg["id"], new_id()):
        refused = api.get(stranger, f"/legs/{leg_id}")
        responses.append((refused.status_code, refused.text))
    assert responses[0] == responses[1]
    assert responses[0][0] == 404


def routes_of(api):
    """What the relocation router declares, as it is served."""
    names = {route.name for route in router.routes}
    return [route for route in declared_needs(api.client.app) if route.name in names]


@pytest.mark.parametrize("role", Role)
def test_each_role_reaches_exactly_the_routes_that_it_may(journey, api, plan, leg, role):
    who = journey.world.member(role)
    for route in routes_of(api):
        path = (
            route.path.removeprefix("/api")
            .replace("{case_id}", str(journey.case_id))
            .replace("{plan_id}", plan["id"])
            .replace("{leg_id}", leg["id"])
        )
        response = api.get(who, path) if route.method == "GET" else api.post(who, path, {})
        denied = response.status_code == 403 and response.json()["code"] == NotAllowed.code
        assert denied == (route.needs not in ROLE_PERMISSIONS[role]), (route.path, role)


def test_every_change_requires_a_version_or_a_key(api):
    for route in routes_of(api):
        assert route.method == "GET" or route.creates != route.changes, route.path
        assert isinstance(route.needs, Permission)
