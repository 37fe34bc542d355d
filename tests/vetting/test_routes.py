"""Vetting over HTTP: who gets which response, and what no response says."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy.orm.exc import StaleDataError

from app.cases import service as intake
from app.errors import Stale
from app.permissions import Role
from app.store.base import new_id
from app.vetting import service
from app.vetting.errors import VettingInProgress
from app.vetting.models import Verdict, VettingOutcome, VettingSource
from tests.support.vetting_steps import ask, check, clear, decide, open_stranger


@pytest.fixture
def case_id(world):
    return world.open_case()


def vetters(world):
    return [world.member(Role.VETTER, number) for number in (1, 2)]


def asked(api, case_id, **more):
    body = {"vetter_ids": [str(vetter.id) for vetter in vetters(api.world)], **more}
    return api.post(api.world.member(Role.COORDINATOR), f"/cases/{case_id}/vetting", body)


def test_a_case_goes_through_vetting_from_the_request_to_the_clearance(api, case_id):
    coordinator, (one, other) = api.world.member(Role.COORDINATOR), vetters(api.world)
    made = asked(api, case_id, reason="Two spellings of one unit.")
    assert made.status_code == 201
    round_id = made.json()["id"]
    assert made.headers["etag"] == '"1"'
    for person, source in ((one, "former_colleague"), (other, "document_photo")):
        said = {"source": source, "finding": "consistent", "source_note": "Knows the clinic."}
        assert api.post(person, f"/vettings/{round_id}/checks", said).status_code == 201
    body = {"verdict": "verified", "grounds": "Everything fits.", "valid_for_days": 120}
    first = api.post(one, f"/vettings/{round_id}/decisions", body, based_on=1)
    assert (first.status_code, first.json()["outcome"], first.headers["etag"]) == (200, None, '"2"')
    seen = api.get(other, f"/vettings/{round_id}").json()
    assert (seen["decided"], seen["decisions"], seen["independent_sources"]) == (1, [], 2)
    assert seen["reason"] == "Two spellings of one unit."
    assert [check["source"] for check in seen["checks"]] == ["former_colleague", "document_photo"]
    second = api.post(other, f"/vettings/{round_id}/decisions", body, based_on=2)
    assert second.json()["outcome"] == "verified"
    answer = api.get(coordinator, f"/cases/{case_id}/clearance").json()
    assert answer == {
        "cleared": True,
        "verified_on": "2026-03-02",
        "valid_until": "2026-06-30",
    }


def test_an_uncleared_case_says_so_and_gives_no_days(api, case_id):
    answer = api.get(api.world.member(Role.VOLUNTEER), f"/cases/{case_id}/clearance")
    assert answer.json() == {"cleared": False, "verified_on": None, "valid_until": None}
    stranger = api.world.member(Role.COORDINATOR, team=2)
    refused = api.get(stranger, f"/cases/{case_id}/clearance")
    assert (refused.status_code, refused.json()["code"]) == (404, "case.not_found")


def test_the_coordinator_follows_the_state_of_a_round_and_withdraws_it(api, case_id):
    coordinator = api.world.member(Role.COORDINATOR)
    path = f"/cases/{case_id}/vetting"
    assert api.get(coordinator, path).json()["code"] == "vetting.not_found"
    round_id = UUID(asked(api, case_id).json()["id"])
    check(api.world, round_id, VettingSource.VOUCHER, voucher="U Ba")
    decide(api.world, round_id, 1, Verdict.REFUSED)
    seen = api.get(coordinator, path)
    assert set(seen.json()) == {
        "id", "case_id", "version", "number", "opened_on", "attempt", "decided", "outcome",
        "ended_on", "valid_until",
    }  # fmt: skip
    assert (seen.json()["decided"], seen.json()["outcome"]) == (1, None)
    stale = api.post(coordinator, f"{path}/withdrawal", based_on=1)
    assert (stale.status_code, stale.json()["code"]) == (412, "version.stale")
    done = api.post(coordinator, f"{path}/withdrawal", based_on=2)
    assert (done.status_code, done.json()["outcome"]) == (200, "withdrawn")
    again = api.post(coordinator, f"{path}/withdrawal", based_on=3)
    assert (again.status_code, again.json()["code"]) == (409, "vetting.ended")


@pytest.mark.usefixtures("world_on_both")
def test_vetters_list_their_open_rounds_page_by_page(api):
    """On both databases: paging."""
    rounds = [ask(api.world, open_stranger(api.world, number)) for number in range(3)]
    one = vetters(api.world)[0]
    page = api.get(one, "/vettings", limit=2).json()
    rest = api.get(one, "/vettings", limit=2, cursor=page["next"]).json()
    assert sorted(item["id"] for item in page["items"] + rest["items"]) == sorted(map(str, rounds))
    assert rest["next"] is None
    elsewhere = api.get(api.world.member(Role.VETTER, team=2), "/vettings")
    assert elsewhere.json() == {"items": [], "next": None}


def test_a_refusal_names_its_code_and_never_what_was_sent(api, case_id):
    round_id = asked(api, case_id).json()["id"]
    one = vetters(api.world)[0]
    checks = f"/vettings/{round_id}/checks"
    for body, status, code in (
        ({"source": "voucher", "finding": "consistent"}, 422, "vetting.voucher_missing"),
        (
            {
                "source": "voucher", "finding": "unclear", "voucher": "U Ba",
                "linked_to": [str(new_id())],
            },
            422,
            "vetting.link_unknown",
        ),
        ({"source": "rumour", "finding": "consistent"}, 422, "request.invalid"),
        ({"source": "relative", "finding": "unclear", "note": "x"}, 422, "request.invalid"),
    ):  # fmt: skip
        answer = api.post(one, checks, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert "U Ba" not in answer.text
        assert "rumour" not in answer.text
    again = asked(api, case_id)
    assert (again.status_code, again.json()["code"]) == (409, "vetting.in_progress")
    lone = api.post(
        api.world.member(Role.COORDINATOR),
        f"/cases/{case_id}/vetting",
        {"vetter_ids": [str(one.id), str(one.id)]},
    )
    assert (lone.status_code, lone.json()["code"]) == (422, "vetting.vetters_invalid")
    decisions = f"/vettings/{round_id}/decisions"
    body = {"verdict": "verified", "grounds": "Fits.", "valid_for_days": 366}
    assert api.post(one, decisions, body, based_on=1).status_code == 422
    unbased = api.post(one, decisions, {**body, "valid_for_days": 1})
    assert (unbased.status_code, unbased.json()["code"]) == (428, "precondition.missing")


@pytest.mark.parametrize(
    "role", [Role.VOLUNTEER, Role.COORDINATOR, Role.REGISTRAR, Role.TREASURER, Role.LEAD]
)
def test_nobody_but_a_vetter_reads_or_decides(api, case_id, role):
    round_id = ask(api.world, case_id)
    person = api.world.member(role)
    for answer in (
        api.get(person, "/vettings"),
        api.get(person, f"/vettings/{round_id}"),
        api.post(person, f"/vettings/{round_id}/checks", {}),
        api.post(person, f"/vettings/{round_id}/decisions", {}, based_on=1),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "permission.denied")


def test_a_request_that_was_sent_twice_opens_one_round(api, case_id):
    body = {"vetter_ids": [str(vetter.id) for vetter in vetters(api.world)]}
    coordinator = api.world.member(Role.COORDINATOR)
    path = f"/cases/{case_id}/vetting"
    first = api.post(coordinator, path, body, key="once-and-for-all")
    second = api.post(coordinator, path, body, key="once-and-for-all")
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["idempotency-replayed"] == "true"


# ------------------------------------------------------------------ at the same moment


def at_once(*acts):
    start = Barrier(len(acts))

    def one(act):
        start.wait()
        try:
            return act()
        except Exception as refused:  # noqa: BLE001 - which of the two loses is a matter of luck
            return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


@pytest.mark.usefixtures("world_on_both")
def test_two_who_decide_at_the_same_moment_never_leave_a_turn_that_nobody_settles(world):
    """On both databases: race."""
    for number in range(5):
        case_id = open_stranger(world, number)
        round_id = ask(world, case_id)
        answers = at_once(
            lambda round_id=round_id: decide(world, round_id, 1, Verdict.REFUSED),
            lambda round_id=round_id: decide(world, round_id, 2, Verdict.REFUSED),
        )
        for vetter, answer in enumerate(answers, start=1):
            if answer is not None:
                assert isinstance(answer, Stale | StaleDataError)
                decide(world, round_id, vetter, Verdict.REFUSED)
        with world.work_as(world.member(Role.COORDINATOR)) as work:
            row = service.get_newest_round(work, intake.get_case(work, case_id))
            assert (row.outcome, row.decided) == (VettingOutcome.REFUSED, 2)


@pytest.mark.usefixtures("world_on_both")
def test_two_who_ask_at_the_same_moment_open_one_round(world):
    """On both databases: race."""
    for number in range(5):
        case_id = open_stranger(world, number)
        clear(world, case_id)

        def again(person, case_id=case_id):
            with world.work_as(person) as work:
                case = intake.get_case(work, case_id)
                pair = [vetter.id for vetter in vetters(world)]
                return service.request_vetting(work, case, pair).number

        answers = at_once(
            lambda again=again: again(world.member(Role.COORDINATOR, 1)),
            lambda again=again: again(world.member(Role.COORDINATOR, 2)),
        )
        assert answers.count(2) == 1
        lost = next(answer for answer in answers if answer != 2)
        assert isinstance(lost, VettingInProgress) or type(lost).__name__ == "IntegrityError"
