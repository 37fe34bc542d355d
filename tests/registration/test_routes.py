"""Registration over HTTP: who gets which response, and where a code is ever shown."""

import pytest

from app.permissions import ROLE_PERMISSIONS, Permission, Role
from app.registration.codes import new_code, spell
from app.registration.models import RegistrationStatus
from app.registration.moves import MOVES
from tests.support.registration_steps import give_out, issue_at_once, move, request
from tests.support.vetting_steps import clear, open_stranger

S = RegistrationStatus
MEMBERS = [role for role in Role if role is not Role.LEAD]


def test_a_code_goes_from_the_request_to_its_one_use(api, case_id):
    world = api.world
    coordinator, registrar = world.member(Role.COORDINATOR), world.member(Role.REGISTRAR)
    made = api.post(coordinator, f"/cases/{case_id}/registrations", {"kind": "full"})
    assert (made.status_code, made.json()["status"]) == (201, "requested")
    path = f"/registrations/{made.json()['id']}"
    moved = api.post(
        registrar, f"{path}/moves", {"to": "submitted", "reason": "By courier."}, based_on=1
    )
    assert (moved.status_code, moved.headers["etag"]) == (200, '"2"')
    issued = api.post(registrar, f"{path}/code", {"valid_for_days": 90}, based_on=2)
    assert (issued.status_code, issued.json()["status"]) == (201, "issued")
    assert issued.headers["cache-control"] == "no-store"
    code = issued.json()["code"]
    notes = api.get(registrar, path).json()["notes"]
    assert [(note["to"], note["text"]) for note in notes] == [("submitted", "By courier.")]
    handed = api.post(registrar, f"{path}/delivery", {"handed_over": "By hand."}, based_on=3)
    assert handed.json()["status"] == "delivered"
    assert api.get(registrar, path).json()["code"] == "registration.not_found"
    verifier = world.member(Role.VOLUNTEER, team=2)
    used = api.post(verifier, "/registrations/redemptions", {"code": code.lower()})
    assert (used.status_code, used.json()) == (
        200,
        {"valid": True, "kind": "full", "expires_on": "2026-05-31"},
    )
    again = api.post(verifier, "/registrations/redemptions", {"code": code})
    assert again.json() == {"valid": False, "kind": None, "expires_on": None}
    listed = api.get(coordinator, f"/cases/{case_id}/registrations").json()["items"]
    assert [(item["status"], item["expires_on"]) for item in listed] == [("redeemed", "2026-05-31")]


def test_the_code_is_shown_in_one_answer_and_in_no_other(api, case_id):
    world = api.world
    registrar = world.member(Role.REGISTRAR)
    registration_id = request(world, case_id)
    move(world, registration_id, S.SUBMITTED)
    path = f"/registrations/{registration_id}"
    code = api.post(registrar, f"{path}/code", {}, based_on=2).json()["code"]
    for answer in (
        api.get(registrar, path),
        api.get(registrar, "/registrations"),
        api.get(world.member(Role.COORDINATOR), f"/cases/{case_id}/registrations"),
        api.post(registrar, f"{path}/code", {}, based_on=3),
        api.post(world.member(Role.VOLUNTEER), "/registrations/redemptions", {"code": code}),
    ):
        assert code not in answer.text


def test_asking_again_for_an_answer_that_was_lost_shows_the_same_code_to_the_same_registrar(
    api, case_id
):
    world = api.world
    registrar = world.member(Role.REGISTRAR)
    registration_id = request(world, case_id)
    move(world, registration_id, S.SUBMITTED)
    path = f"/registrations/{registration_id}/code"
    first = api.post(registrar, path, {}, based_on=2, key="the-line-was-cut")
    second = api.post(registrar, path, {}, based_on=2, key="the-line-was-cut")
    assert second.headers["idempotency-replayed"] == "true"
    assert second.json()["code"] == first.json()["code"]
    elsewhere = world.member(Role.REGISTRAR, team=2)
    other = api.post(elsewhere, path, {}, based_on=2, key="the-line-was-cut")
    assert (other.status_code, other.json()["code"]) == (404, "registration.not_found")


@pytest.mark.usefixtures("world_on_both")
def test_a_redemption_whose_response_was_lost_is_sent_again_and_not_used_twice(api, case_id):
    """On both databases: race."""
    _, code = give_out(api.world, case_id)
    verifier = api.world.member(Role.VOLUNTEER)
    path, body = "/registrations/redemptions", {"code": code}
    first = api.post(verifier, path, body, key="the-line-was-cut")
    second = api.post(verifier, path, body, key="the-line-was-cut")
    assert first.json()["valid"] is True
    assert second.json() == first.json()


def test_a_mistyped_code_is_refused_by_its_field_and_never_repeated(api):
    wrong = spell(new_code())[:-1] + "U"
    answer = api.post(
        api.world.member(Role.VOLUNTEER), "/registrations/redemptions", {"code": wrong}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "code.mistyped")
    assert wrong not in answer.text


def test_after_too_many_wrong_codes_the_answer_says_when_to_come_back(api):
    verifier, guess = api.world.member(Role.VOLUNTEER), {"code": spell(new_code())}
    for _ in range(5):
        assert not api.post(verifier, "/registrations/redemptions", guess).json()["valid"]
    spent = api.post(verifier, "/registrations/redemptions", guess)
    assert (spent.status_code, spent.json()["code"]) == (429, "code.budget_spent")
    assert int(spent.headers["retry-after"]) == 8 * 3600 + 30 * 60 + 1


def test_both_the_registrar_and_the_coordinator_take_a_code_back(api, case_id):
    world = api.world
    registrar, coordinator = world.member(Role.REGISTRAR), world.member(Role.COORDINATOR)
    pre, _ = issue_at_once(world, case_id)
    done = api.post(
        registrar, f"/registrations/{pre}/revocation", {"reason": "exposed"}, based_on=3
    )
    assert (done.status_code, done.json()["status"]) == (200, "revoked")
    full, _ = issue_at_once(world, case_id)
    path = f"/cases/{case_id}/registrations/{full}/revocation"
    stale = api.post(coordinator, path, {"reason": "lost"}, based_on=1)
    assert (stale.status_code, stale.json()["code"]) == (412, "version.stale")
    done = api.post(coordinator, path, {"reason": "lost"}, based_on=3)
    assert (done.status_code, done.json()["status"]) == (200, "revoked")
    again = api.post(coordinator, path, {"reason": "lost"}, based_on=4)
    assert (again.status_code, again.json()["code"]) == (409, "registration.move_refused")


def test_refusals_carry_their_codes(api, case_id):
    world = api.world
    coordinator, registrar = world.member(Role.COORDINATOR), world.member(Role.REGISTRAR)
    unvetted = open_stranger(world, 1)
    answer = api.post(coordinator, f"/cases/{unvetted}/registrations", {"kind": "pre"})
    assert (answer.status_code, answer.json()["code"]) == (409, "case.not_cleared")
    registration_id = request(world, case_id)
    answer = api.post(coordinator, f"/cases/{case_id}/registrations", {"kind": "full"})
    assert (answer.status_code, answer.json()["code"]) == (409, "registration.exists")
    path = f"/registrations/{registration_id}"
    answer = api.post(registrar, f"{path}/code", {}, based_on=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "registration.move_refused")
    answer = api.post(registrar, f"{path}/moves", {"to": "issued"}, based_on=1)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    answer = api.post(registrar, f"{path}/moves", {"to": "refused"})
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition.missing")


@pytest.mark.usefixtures("world_on_both")
def test_the_lists_come_in_pages(api):
    """On both databases: paging."""
    world = api.world
    made = []
    for number in range(3):
        case_id = open_stranger(world, number)
        clear(world, case_id)
        made.append(str(request(world, case_id)))
    registrar = world.member(Role.REGISTRAR)
    page = api.get(registrar, "/registrations", limit=2).json()
    rest = api.get(registrar, "/registrations", limit=2, cursor=page["next"]).json()
    assert sorted(item["id"] for item in page["items"] + rest["items"]) == sorted(made)
    assert rest["next"] is None


def test_everyone_may_read_where_a_registration_can_go(api):
    for role in MEMBERS:
        answer = api.get(api.world.member(role), "/registrations/moves")
        served = {(row["source"], row["target"]): row for row in answer.json()["items"]}
        assert set(served) == {(move.source.value, move.target.value) for move in MOVES}
        assert served["issued", "expired"]["needs"] is None


def test_each_role_reaches_what_it_was_given_and_nothing_more(api, case_id):
    registration_id = request(api.world, case_id)
    path = f"/registrations/{registration_id}"
    routes = [
        (Permission.CODE_REQUEST, "post", f"/cases/{case_id}/registrations"),
        (Permission.CODE_REQUEST, "get", f"/cases/{case_id}/registrations"),
        (Permission.CODE_REQUEST, "post", f"/cases/{case_id}{path}/revocation"),
        (Permission.CODE_READ, "get", "/registrations"),
        (Permission.CODE_READ, "get", path),
        (Permission.CODE_ISSUE, "post", f"{path}/moves"),
        (Permission.CODE_ISSUE, "post", f"{path}/code"),
        (Permission.CODE_ISSUE, "post", f"{path}/revocation"),
        (Permission.CODE_DELIVER, "post", f"{path}/delivery"),
        (Permission.CODE_REDEEM, "post", "/registrations/redemptions"),
    ]
    for role in Role:
        person = api.world.member(role)
        for needed, verb, path in routes:
            ask = api.get if verb == "get" else api.post
            more = {} if verb == "get" else {"body": {}, "based_on": 9}
            denied = ask(person, path, **more).json().get("code") == "permission.denied"
            assert denied is (needed not in ROLE_PERMISSIONS[role]), (role, path)
