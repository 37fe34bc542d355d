"""Asking for aid, and who then holds the request."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.aid import service
from app.aid.errors import AidNotFound, MemberNotEligible, NobodyToDecide
from app.aid.models import AidStatus
from app.cases.errors import CaseNotFound
from app.cases.models import CaseStatus
from app.cases.service import get_case
from app.casework.errors import CaseNotReady
from app.errors import IdTaken
from app.ledger.errors import CurrencyUnknown
from app.permissions import Compartment
from app.store.base import new_id
from app.vault.errors import CaseErased, NoGrant
from app.vault.models import GrantReason
from app.vault.scopes import SUMMARY, Scope
from tests.support.aid_steps import COURIER, KYAT, a_draft, grant_emergency, open_case

NOT_READY = sorted(set(CaseStatus) - {CaseStatus.ACTIVE, CaseStatus.SETTLED})


def test_a_request_is_handed_to_the_teams_coordinators_and_treasurers_and_nobody_else(scene):
    request_id = scene.ask()
    with scene.world.work_as(scene.asks) as work:
        holders = work.grants.holders(scene.case_id, Scope(Compartment.AID, request_id))
    own_team = [scene.asks, scene.approves, scene.approves_too, scene.pays, scene.pays_too]
    assert set(holders) == {person.id for person in own_team}


def test_a_treasurer_opens_the_request_and_nothing_else_of_the_case(scene):
    request_id = scene.ask(a_draft(payee=COURIER))
    with scene.world.work_as(scene.pays) as work:
        request = service.get_request(work, request_id)
        assert work.vault.open(request.detail).payee == COURIER
        case = get_case(work, scene.case_id)
        work.vault.open(case.summary)
        for cell in (case.identity, case.contact, case.account):
            with pytest.raises(NoGrant):
                work.vault.open(cell)


def test_another_volunteer_on_the_case_does_not_see_the_request(scene):
    request_id = scene.ask()
    with scene.world.work_as(scene.asks_too) as work:
        assert service.list_requests(work, limit=10) == []
        with pytest.raises(AidNotFound):
            service.get_request(work, request_id)


def test_another_teams_treasurer_sees_no_request(scene):
    request_id = scene.ask()
    with (
        scene.world.work_as(scene.world.member("treasurer", team=2)) as work,
        pytest.raises(AidNotFound),
    ):
        service.get_request(work, request_id)


def test_a_request_opens_under_no_other_requests_key(scene):
    first = scene.ask(a_draft(payee=COURIER))
    second = scene.ask(by=scene.asks_too)
    with scene.world.work_as(scene.asks) as work:
        other = work.session.get_one(service.AidRequest, second)
        with pytest.raises(NoGrant):
            work.vault.open(other.detail)
        assert work.vault.open(service.get_request(work, first).detail).payee == COURIER


@pytest.mark.parametrize("status", NOT_READY)
def test_aid_waits_until_the_case_is_active_or_settled(scene, status):
    waiting = scene.another_case(status)
    with pytest.raises(CaseErased if status is CaseStatus.ERASED else CaseNotReady):
        waiting.ask()
    assert scene.another_case(CaseStatus.SETTLED).ask()


def test_in_an_emergency_aid_does_not_wait_for_vetting(scene):
    waiting = scene.another_case(CaseStatus.SUBMITTED)
    grant_emergency(scene.world, waiting.case_id, hours=72)
    assert waiting.row(waiting.ask()).status is AidStatus.REQUESTED
    scene.world.clock.advance(hours=72)
    with pytest.raises(CaseNotReady):
        waiting.ask()


def test_only_who_works_on_the_case_asks_for_it(scene):
    with pytest.raises(CaseNotFound):
        scene.ask(by=scene.world.member("volunteer", 3))


def test_an_escort_who_holds_the_summary_alone_does_not_ask(scene):
    escort = scene.world.member("volunteer", 3)
    with scene.world.work_as(scene.approves) as work:
        work.grants.grant(
            scene.case_id, escort.id, [SUMMARY], reason=GrantReason.ESCORT, about=new_id()
        )
    with pytest.raises(NoGrant):
        scene.ask(by=escort)


def test_a_team_with_nobody_to_decide_is_refused_and_nothing_is_kept(scene, monkeypatch):
    monkeypatch.setattr(service, "list_members", lambda *_: [])
    with pytest.raises(NobodyToDecide):
        scene.ask()
    monkeypatch.undo()
    with scene.world.work_as(scene.asks) as work:
        assert service.list_requests(work, limit=10) == []


def test_a_currency_without_funds_is_refused_by_field(scene):
    with pytest.raises(CurrencyUnknown) as refusal:
        scene.ask(a_draft(currency="XAU"))
    assert refusal.value.field == "currency"


def test_a_proposed_id_is_taken_once(scene):
    proposed = new_id()
    assert scene.ask(a_draft(id=proposed)) == proposed
    with pytest.raises(IdTaken):
        scene.ask(a_draft(id=proposed))


def test_the_total_is_the_sum_of_the_items(scene):
    assert scene.row(scene.ask(a_draft(15_000, 5_000))).total == 20_000 * KYAT


def test_a_stipend_becomes_requests_on_its_days_none_of_them_held(scene):
    first_day = scene.world.clock.at.date() + timedelta(days=15)
    stipend = a_draft(200_000, not_before=first_day, repeat=service.Repeat(30, 3))
    rows = [scene.row(request_id) for request_id in scene.ask_all(stipend)]
    assert [row.due_on for row in rows] == [first_day + timedelta(days=d) for d in (0, 30, 60)]
    assert [row.held for row in rows] == [False] * 3
    assert len({row.series_id for row in rows}) == 1


def test_a_day_that_has_passed_means_at_once(scene):
    today = scene.world.clock.at.date()
    request_id = scene.ask(a_draft(not_before=today - timedelta(days=3)))
    assert scene.row(request_id).due_on == today


@pytest.mark.usefixtures("world_on_both")
def test_a_list_is_paged_and_filtered_by_status(scene):
    """On both databases: paging."""
    made = scene.ask_all(a_draft(9_000, repeat=service.Repeat(30, 5)))
    scene.approve(made[2])
    with scene.world.work_as(scene.pays) as work:
        seen, after = [], None
        while rows := service.list_requests(work, limit=2, after=after):
            seen += [row.id for row in rows]
            after = (rows[-1].requested_on, rows[-1].id)
        approved = service.list_requests(work, limit=10, status=AidStatus.APPROVED)
    assert seen == made[::-1]
    assert [row.id for row in approved] == [made[2]]


def test_a_request_handed_over_opens_to_the_one_who_brings_the_money(scene):
    request_id = scene.paid(a_draft(payee=COURIER))
    with scene.world.work_as(scene.approves) as work:
        service.hand_over(work, service.get_request(work, request_id), scene.asks_too.id)
    with scene.world.work_as(scene.asks_too) as work:
        request = service.get_request(work, request_id)
        assert work.vault.open(request.detail).payee == COURIER
    assert scene.do("confirm", request_id, scene.asks_too) is AidStatus.CONFIRMED


@pytest.mark.parametrize(("role", "team"), [("volunteer", 2), ("registrar", 1), ("auditor", 1)])
def test_a_request_is_handed_to_none_who_may_not_confirm_it_or_is_of_another_team(
    scene, role, team
):
    request_id = scene.ask()
    outsider = scene.world.member(role, team=team)
    with scene.world.work_as(scene.approves) as work, pytest.raises(MemberNotEligible):
        service.hand_over(work, service.get_request(work, request_id), outsider.id)


def test_handing_over_twice_grants_once(scene):
    request_id = scene.ask()
    for _ in range(2):
        with scene.world.work_as(scene.approves) as work:
            service.hand_over(work, service.get_request(work, request_id), scene.asks_too.id)
            given = work.trail.actions.count("grant:given")
    assert given == 0


def test_a_stranger_to_the_case_learns_nothing_from_asking_for_an_unknown_request(scene):
    unknown = new_id()
    theirs = scene.ask()
    stranger = scene.world.member("coordinator", team=2)
    refusals = []
    for request_id in (unknown, theirs):
        with scene.world.work_as(stranger) as work, pytest.raises(AidNotFound) as refusal:
            service.get_request(work, request_id)
        refusals.append(str(refusal.value))
    assert refusals[0] == refusals[1]


def test_what_a_request_says_is_nowhere_in_the_clear(scene):
    request_id = scene.ask(a_draft(payee=COURIER))
    row = scene.row(request_id)
    stored = b"".join(
        value if isinstance(value, bytes) else str(value).encode()
        for value in (getattr(row, column.key) for column in type(row).__mapper__.column_attrs)
    )
    for canary in ("Khin Mar Oo", "771 234 567", "food", "nothing since noon"):
        assert canary.encode() not in stored
    assert b"15000" in stored


def test_a_new_case_of_the_same_team_is_unknown_to_those_it_was_not_given_to(scene):
    elsewhere = open_case(scene.world, [scene.approves], CaseStatus.ACTIVE)
    with scene.world.work_as(scene.asks) as work, pytest.raises(CaseNotFound):
        get_case(work, elsewhere)
