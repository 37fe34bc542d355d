"""A registration from its request through its moves to its lists; on both databases."""

from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import select, update

from app.audit.models import AuditEvent
from app.cases import service as intake
from app.cases.errors import CaseNotFound
from app.casework.errors import NotCleared
from app.casework.moves import Trigger
from app.errors import PreconditionMissing, Stale
from app.permissions import Compartment, Role
from app.registration import service
from app.registration.errors import (
    NoRegistrar,
    RegistrationExists,
    RegistrationMoveRefused,
    RegistrationNotFound,
)
from app.registration.models import (
    CodeKind,
    Registration,
    RegistrationStatus,
    RevocationReason,
)
from app.registration.moves import MOVES, ManualTarget
from app.store.base import new_id
from app.vault.errors import NoGrant
from app.vault.models import Grant, GrantReason
from app.vault.scopes import Scope
from app.work import UnauditedWrite
from tests.support.registration_steps import (
    code_status,
    deliver,
    give_out,
    in_service,
    issue,
    issue_at_once,
    left,
    move,
    redeem,
    request,
    revoke,
    row_of,
)
from tests.support.vetting_steps import ask, clear, open_stranger, refuse

S = RegistrationStatus


def held_by_registrar(world, registration_id):
    row = row_of(world, registration_id)
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        return work.grants.holds(row.case_id, Scope(Compartment.REGISTRATION, registration_id))


def open_and_clear(world):
    case_id = open_stranger(world, 2)
    clear(world, case_id)
    return case_id


# ------------------------------------------------------------------ asking


@pytest.mark.parametrize("kind", CodeKind)
def test_no_code_of_any_kind_is_requested_without_a_clearance(new_world, kind):
    world = new_world()
    unvetted = world.open_case()
    with pytest.raises(NotCleared):
        request(world, unvetted, kind)
    ask(world, unvetted)
    with pytest.raises(NotCleared):
        request(world, unvetted, kind)


def test_a_clearance_that_has_expired_is_none(world, case_id):
    world.clock.advance(days=181)
    with pytest.raises(NotCleared):
        request(world, case_id)


def test_the_registrars_of_the_team_are_given_who_the_person_is_and_nothing_else(world, case_id):
    registration_id = request(world, case_id)
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        assert service.get_registration(work, registration_id).status is S.REQUESTED
        case = intake.get_case(work, case_id)
        assert work.vault.open(case.identity).name == "Ko Thiha Zin"
        for cell in (case.contact, case.account):
            with pytest.raises(NoGrant):
                work.vault.open(cell)


def test_the_coordinator_who_asked_keeps_no_key_to_the_registration(world, case_id):
    registration_id = request(world, case_id)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        with pytest.raises(RegistrationNotFound):
            service.get_registration(work, registration_id)
        with pytest.raises(NoGrant):
            service.read_notes(work, work.session.get_one(Registration, registration_id))


def test_a_registration_is_not_found_by_anybody_else_whether_it_exists_or_not(world, case_id):
    registration_id = request(world, case_id)
    with world.work_as(world.member(Role.REGISTRAR, team=2)) as work:
        for unknown in (registration_id, new_id()):
            with pytest.raises(RegistrationNotFound):
                service.get_registration(work, unknown)
            with pytest.raises(RegistrationNotFound):
                service.get_registration_of_team(work, unknown)
        with pytest.raises(CaseNotFound):
            intake.get_case(work, case_id)


def test_a_team_without_a_certified_registrar_is_refused(world, case_id, monkeypatch):
    monkeypatch.setattr(service.accounts, "list_members", lambda *_: [])
    with pytest.raises(NoRegistrar):
        request(world, case_id)
    with world.work_as(None) as work:
        assert work.session.scalars(select(Registration)).all() == []


def test_a_second_code_of_the_same_kind_is_refused_until_the_first_is_over(world, case_id):
    first, _ = issue_at_once(world, case_id)
    with pytest.raises(RegistrationExists):
        request(world, case_id)
    revoke(world, first)
    request(world, case_id)


def test_a_pre_code_is_refused_where_there_is_a_full_one_and_not_the_other_way(world, case_id):
    in_service(world, case_id)
    request(world, case_id, CodeKind.PRE)
    left(world, case_id)
    request(world, case_id, CodeKind.FULL)
    other = open_stranger(world, 1)
    clear(world, other)
    request(world, other, CodeKind.FULL)
    in_service(world, other)
    with pytest.raises(RegistrationExists):
        request(world, other, CodeKind.PRE)


def test_a_code_that_was_used_is_not_given_out_again(world, case_id):
    _, code = give_out(world, case_id)
    assert redeem(world, code).valid
    with pytest.raises(RegistrationExists):
        request(world, case_id)


def test_a_code_that_has_expired_makes_room_for_another_before_the_worker_notes_it(world, case_id):
    issue_at_once(world, case_id, days=10)
    world.clock.advance(days=11)
    request(world, case_id)


# ------------------------------------------------------------------ moving


def test_a_request_is_submitted_issued_and_handed_over_with_notes_kept_sealed(world, case_id):
    registration_id = request(world, case_id)
    move(world, registration_id, S.SUBMITTED, "Sent with the Tuesday courier.")
    issue(world, registration_id, days=90)
    row = row_of(world, registration_id)
    assert (row.status, row.expires_on) == (S.ISSUED, row.moved_on + timedelta(days=90))
    assert b"courier" not in row.notes.envelope
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        row = service.get_registration(work, registration_id)
        assert [(n.to, n.text) for n in service.read_notes(work, row)] == [
            (S.SUBMITTED, "Sent with the Tuesday courier.")
        ]
    deliver(world, registration_id)
    assert code_status(world, registration_id) is S.DELIVERED


@pytest.mark.parametrize("to", sorted(set(S) - {S.SUBMITTED, S.REFUSED}))
def test_moves_that_are_acts_of_their_own_do_not_go_by_the_common_door(world, case_id, to):
    registration_id = request(world, case_id)
    with pytest.raises(RegistrationMoveRefused):
        move(world, registration_id, to)


def test_out_of_turn_nothing_moves(world, case_id):
    registration_id = request(world, case_id)
    for act in (issue, deliver):
        with pytest.raises(RegistrationMoveRefused):
            act(world, registration_id)
    move(world, registration_id, S.SUBMITTED)
    with pytest.raises(RegistrationMoveRefused):
        move(world, registration_id, S.SUBMITTED)
    issue(world, registration_id)
    with pytest.raises(RegistrationMoveRefused):
        issue(world, registration_id)
    with pytest.raises(RegistrationMoveRefused):
        move(world, registration_id, S.REFUSED)


def test_the_table_of_moves_leads_from_the_first_status_to_all():
    reached, waiting = set(), [S.REQUESTED]
    while waiting:
        status = waiting.pop()
        if status not in reached:
            reached.add(status)
            waiting.extend(MOVES.targets(status))
    assert reached == set(S)


def test_what_a_client_may_move_to_is_exactly_what_the_table_calls_manual():
    manual = {move.target for move in MOVES if move.trigger is Trigger.MANUAL}
    assert set(get_args(ManualTarget)) == manual


def test_no_code_is_issued_once_the_clearance_is_gone(world, case_id):
    registration_id = request(world, case_id)
    move(world, registration_id, S.SUBMITTED)
    refuse(world, case_id)
    with pytest.raises(NotCleared):
        issue(world, registration_id)


def test_a_change_based_on_an_older_state_is_stale(world, case_id):
    registration_id = request(world, case_id)
    move(world, registration_id, S.SUBMITTED)
    registrar = world.member(Role.REGISTRAR)
    for based_on, refusal in ((1, Stale), (None, PreconditionMissing)):
        with pytest.raises(refusal), world.work_as(registrar, based_on) as work:
            service.issue_code(work, registration_id)
        with pytest.raises(refusal), world.work_as(registrar, based_on) as work:
            service.move_registration(work, registration_id, S.REFUSED)
        with pytest.raises(refusal), world.work_as(registrar, based_on) as work:
            service.deliver_code(work, registration_id, "By hand.")
        with pytest.raises(refusal), world.work_as(registrar, based_on) as work:
            row = service.get_registration_of_team(work, registration_id)
            service.revoke_registration(work, row, RevocationReason.LOST)
    assert code_status(world, registration_id) is S.SUBMITTED


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda world, one: move(world, one, S.REFUSED, "No answer."), S.REFUSED),
        (revoke, S.REVOKED),
        (
            lambda world, one: (
                move(world, one, S.SUBMITTED), issue(world, one), deliver(world, one)
            ),
            S.DELIVERED,
        ),
        (
            lambda world, one: (
                move(world, one, S.SUBMITTED),
                [deliver(world, one) or redeem(world, code) for code in [issue(world, one)]],
            ),
            S.REDEEMED,
        ),
    ],
    ids=["refused", "revoked", "delivered", "redeemed"],
)  # fmt: skip
def test_when_the_work_on_it_is_over_registrars_hold_nothing_of_the_case(
    world, case_id, end, status
):
    registration_id = request(world, case_id)
    assert held_by_registrar(world, registration_id)
    end(world, registration_id)
    assert code_status(world, registration_id) is status
    assert not held_by_registrar(world, registration_id)
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        assert not work.grants.holds(case_id)
        assert service.list_registrations(work, limit=10) == []
    with world.work_as(None) as work:
        grants = work.session.scalars(
            select(Grant).where(Grant.reason == GrantReason.REGISTRATION)
        ).all()
        assert {(grant.hpke_wrap, grant.symmetric_wrap) for grant in grants} == {(None, None)}


# ------------------------------------------------------------------ lists and trail


@pytest.mark.usefixtures("world_on_both")
def test_registrars_list_what_is_in_their_hands_page_by_page(world):
    """On both databases: paging."""
    made = []
    for number in range(3):
        case_id = open_stranger(world, number)
        clear(world, case_id)
        made.append(request(world, case_id))
        world.clock.advance(days=1)
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        first = service.list_registrations(work, limit=2)
        last = first[-1]
        rest = service.list_registrations(work, limit=2, after=(last.requested_on, last.id))
    assert [row.id for row in (*first, *rest)] == made


def test_a_coordinator_lists_the_registrations_of_one_case(world, case_id):
    in_service(world, case_id)
    made = {request(world, case_id, CodeKind.PRE)}
    left(world, case_id)
    made.add(request(world, case_id))
    other = open_and_clear(world)
    request(world, other)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        case = intake.get_case(work, case_id)
        rows = service.list_registrations_of_case(work, case, limit=10)
        after = (rows[0].requested_on, rows[0].id)
        rest = service.list_registrations_of_case(work, case, limit=10, after=after)
    assert {row.id for row in rows} == made
    assert [row.id for row in rest] == [rows[1].id]


def test_every_move_is_in_the_trail(world, case_id):
    registration_id, _ = issue_at_once(world, case_id)
    deliver(world, registration_id)
    revoke(world, registration_id)
    with world.work_as(None) as work:
        actions = work.session.scalars(select(AuditEvent.action)).all()
    assert actions.count("registration:requested") == 1
    assert actions.count("registration:moved") == 4


def test_a_state_changed_without_a_trail_is_rolled_back(world, case_id):
    registration_id = request(world, case_id)
    with pytest.raises(UnauditedWrite), world.work_as(None) as work:
        work.session.execute(update(Registration).values(status=S.ISSUED))
    assert code_status(world, registration_id) is S.REQUESTED
