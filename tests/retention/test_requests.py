"""A person asks to be erased: the case is shut at once, and destroyed once a lead agrees."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.audit.checkpoints import log_verifier
from app.cases.assignments import regrant_case
from app.cases.errors import CaseHasOpenWork, CaseNotFound
from app.cases.models import Case, CaseStatus
from app.cases.moves import move_case
from app.cases.service import add_note, get_case, read_case
from app.casework.held import list_cases
from app.errors import IdTaken, PreconditionMissing
from app.permissions import Compartment, Role
from app.retention import passes
from app.retention.certificates import read_certificate
from app.retention.errors import AskedByYou, ErasureNotFound, ErasureNotPossible, ErasureOver
from app.retention.holds import agree_to_hold, ask_for_hold
from app.retention.models import Destruction, ErasureRequest
from app.retention.requests import (
    agree_to_erasure,
    ask_for_erasure,
    list_erasures,
    open_erasures,
    refuse_erasure,
)
from app.store.base import new_id
from app.vault.errors import CaseErased, ErasureAsked
from tests.retention.steps import closed_case, verify_all
from tests.support.intake_steps import opened
from tests.support.relocation_steps import Journey
from tests.support.served import serve


@pytest.fixture
def case_id(world):
    return closed_case(world)


def ask(world, case_id, by=None, **more):
    with world.work_as(by or world.member("coordinator")) as work:
        return ask_for_erasure(
            work, case_id, "She called; she gave the word.", codes_die=True, **more
        ).id


def agree(world, request_id, **more):
    with world.work_as(world.member("lead"), **more) as work:
        return agree_to_erasure(work, request_id)


def refuse(world, request_id):
    with world.work_as(world.member("lead")) as work:
        return refuse_erasure(work, request_id)


def run_worker(world):
    with world.work_as(None) as work:
        passes.take_turn(work)


def alerts_of(world, kind):
    with world.work_as(world.member(Role.LEAD)) as work:
        found = [one.notice for one in list_alerts(work, limit=50)]
    return [notice for notice in found if notice.kind is kind]


def test_the_case_is_shut_to_everybody_at_the_asking_and_destroyed_at_the_agreeing(world, case_id):
    asked = ask(world, case_id)
    for number in (1, 2):
        with world.work_as(world.member("coordinator", number)) as work:
            with pytest.raises(ErasureAsked):
                get_case(work, case_id)
            with pytest.raises(ErasureAsked):
                add_note(work, case_id, "Called again.")
            assert case_id not in {row.id for row in list_cases(work, after=None, limit=50)}
    run_worker(world)
    with world.deployment.sessions() as session:
        assert session.get(Case, case_id) is not None
    agree(world, asked)
    run_worker(world)
    with world.deployment.sessions() as session:
        assert session.get(Case, case_id) is None
        assert session.scalars(select(ErasureRequest)).all() == []
        (made,) = session.scalars(select(Destruction)).all()
    verifier = log_verifier(world.deployment.log_signing_key.public)
    assert read_certificate(made.certificate, verifier).rule == "asked"
    with world.work_as(world.member("coordinator")) as work, pytest.raises(CaseErased):
        get_case(work, case_id)
    with world.work_as(world.member("coordinator", team=2)) as work, pytest.raises(CaseNotFound):
        get_case(work, case_id)
    assert not verify_all(world).findings


def test_a_lead_reads_why_and_whom_without_the_case_and_every_lead_learns_who_agreed(
    world, case_id
):
    lead = world.member("lead")
    asked = ask(world, case_id)
    with world.work_as(lead) as work:
        ((_, summary, reason),) = open_erasures(work, list_erasures(work, limit=50))
        assert reason.text == "She called; she gave the word."
        assert summary.call_sign
        assert read_case(work, case_id).identity is None
    assert [one.case_id for one in alerts_of(world, AlertKind.ERASURE_ASKED)] == [case_id]
    agree(world, asked)
    run_worker(world)
    assert [one.member_id for one in alerts_of(world, AlertKind.ERASURE_AGREED)] == [lead.id]


def test_a_lead_opens_the_case_again_and_everybody_has_what_they_had(world, case_id):
    coordinator = world.member("coordinator")
    with world.work_as(coordinator) as work:
        before = read_case(work, case_id)
    asked = ask(world, case_id)
    refuse(world, asked)
    with world.work_as(coordinator) as work:
        after = read_case(work, case_id)
    assert (after.identity, after.contact) == (before.identity, before.contact)
    with world.work_as(world.member("lead")) as work:
        assert list_erasures(work, limit=50) == []
        with pytest.raises(CaseNotFound):
            get_case(work, case_id)
    with pytest.raises(ErasureOver):
        agree(world, asked)
    run_worker(world)
    with world.deployment.sessions() as session:
        assert session.get(Case, case_id) is not None
    again = ask(world, case_id)
    agree(world, again)
    run_worker(world)
    with world.deployment.sessions() as session:
        assert session.get(Case, case_id) is None


def test_a_hold_keeps_nobody_who_wants_to_be_erased(world, case_id):
    with world.work_as(world.member("coordinator")) as work:
        hold = ask_for_hold(work, case_id, None, "Perhaps of use.", work.today()).id
    with world.work_as(world.member("lead")) as work:
        agree_to_hold(work, hold)
    agree(world, ask(world, case_id))
    run_worker(world)
    with world.deployment.sessions() as session:
        assert session.get(Case, case_id) is None


def test_who_took_the_wish_down_does_not_agree_to_it(world, case_id):
    coordinator = world.member("coordinator")
    asked = ask(world, case_id)
    with world.work_as(coordinator) as work, pytest.raises(AskedByYou):
        agree_to_erasure(work, asked)


def test_it_is_decided_once_on_the_newest_reading(world, case_id):
    asked = ask(world, case_id)
    with pytest.raises(PreconditionMissing):
        agree(world, asked, based_on=None)
    agree(world, asked, based_on=1)
    with pytest.raises(ErasureOver):
        refuse(world, asked)
    with pytest.raises(ErasureNotFound):
        agree(world, new_id())


def test_leads_are_told_again_after_three_days_once(world, case_id):
    ask(world, case_id)
    for days, expected in ((2, 1), (1, 2), (1, 2)):
        world.clock.advance(days=days)
        run_worker(world)
        assert len(alerts_of(world, AlertKind.ERASURE_ASKED)) == expected


def test_a_case_at_work_is_closed_first(world):
    case_id = opened(world)
    with world.work_as(world.member("coordinator")) as work:
        case = get_case(work, case_id)
        for to in (CaseStatus.VETTING, CaseStatus.ACTIVE):
            move_case(work, case, to)
            work.session.flush()
    with pytest.raises(ErasureNotPossible):
        ask(world, case_id)


def test_an_intake_is_erased_on_request_while_nobody_has_looked_at_it(world):
    case_id = opened(world)
    agree(world, ask(world, case_id))
    run_worker(world)
    with world.deployment.sessions() as session:
        assert session.get(Case, case_id) is None


def test_custody_does_not_open_what_its_person_had_shut(world, case_id):
    asked = ask(world, case_id)
    lead, to = world.member("lead"), world.member("coordinator")
    with world.work_as(lead) as work, pytest.raises(ErasureAsked):
        regrant_case(work, case_id, to.id, {Compartment.IDENTITY})
    agree(world, asked)
    with world.work_as(lead) as work, pytest.raises(ErasureAsked):
        regrant_case(work, case_id, to.id, {Compartment.IDENTITY})


def test_another_team_takes_no_wish_down(world, case_id):
    with pytest.raises(CaseNotFound):
        ask(world, case_id, by=world.member("coordinator", team=2))


def test_open_work_is_settled_first(world):
    journey = Journey(world, opened(world))
    journey.declare_emergency()
    journey.open_plan(journey.leg("bus", 6, 1))
    with pytest.raises(CaseHasOpenWork):
        ask(world, journey.case_id)


def test_what_was_left_open_with_a_reason_stands_against_no_erasure(world):
    journey = Journey(world, opened(world))
    journey.declare_emergency()
    journey.open_plan(journey.leg("bus", 6, 1))
    with world.work_as(journey.coordinator) as work:
        case = get_case(work, journey.case_id)
        for to in (CaseStatus.VETTING, CaseStatus.ACTIVE, CaseStatus.CLOSED):
            move_case(work, case, to)
            work.session.flush()
    agree(world, ask(world, journey.case_id))
    run_worker(world)
    with world.deployment.sessions() as session:
        assert session.get(Case, journey.case_id) is None


def test_a_damaged_reason_is_shown_as_shut_and_keeps_no_other_wish_waiting(world, case_id):
    asked, other = ask(world, case_id), ask(world, closed_case(world))
    column = ErasureRequest.__table__.c.reason_sealed
    with world.deployment.engine.begin() as connection:
        query = select(column).where(ErasureRequest.__table__.c.id == asked)
        cell = connection.execute(query).scalar_one()
        damaged = cell[:-1] + bytes([cell[-1] ^ 1])
        connection.execute(
            update(ErasureRequest.__table__)
            .where(ErasureRequest.__table__.c.id == asked)
            .values({"reason_sealed": damaged})
        )
    with serve(world) as served:
        shown = served.get(world.member("lead"), "/erasures")["items"]
    assert {one["id"]: one["shut"] for one in shown} == {
        str(asked): "record.shut",
        str(other): None,
    }
    agree(world, other)


def test_a_proposed_id_of_a_wish_is_taken_once(world, case_id):
    proposed = new_id()
    assert ask(world, case_id, proposed=proposed) == proposed
    refuse(world, proposed)
    with pytest.raises(IdTaken):
        ask(world, case_id, proposed=proposed)


def test_what_stays_is_said_before_and_a_lead_needs_the_second_unlock(world, case_id):
    with serve(world) as served:
        coordinator, lead = world.member("coordinator"), world.member("lead")
        body = {"reason": "She called.", "codes_die": True}
        made = served.post(coordinator, f"/cases/{case_id}/erasure", body)
        assert any("published" in line for line in made["remains"])
        answer = served.ask(coordinator, "GET", f"/cases/{case_id}")
        assert (answer.status_code, answer.json()["code"]) == (409, "case.erasure_asked")
        (waiting,) = served.get(lead, "/erasures")["items"]
        assert (waiting["id"], waiting["reason"]) == (made["id"], "She called.")
