"""Codes revoked, superseded and expired, and what of them is in the database."""

import pytest
from sqlalchemy import select

from app.cases import service as intake
from app.permissions import Compartment, Role
from app.registration import service
from app.registration.codes import read
from app.registration.errors import (
    RegistrationMoveRefused,
    RegistrationNotFound,
)
from app.registration.models import (
    CodeKind,
    RegistrationStatus,
    RevocationReason,
)
from app.store.base import Base, new_id
from app.vault.scopes import Scope
from tests.support.registration_steps import (
    code_status,
    deliver,
    give_out,
    in_service,
    issue_at_once,
    left,
    move,
    redeem,
    request,
    revoke,
    row_of,
)
from tests.support.vetting_steps import clear, open_stranger

S = RegistrationStatus


def held_by_registrar(world, registration_id):
    row = row_of(world, registration_id)
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        return work.grants.holds(row.case_id, Scope(Compartment.REGISTRATION, registration_id))


def open_and_clear(world):
    case_id = open_stranger(world, 2)
    clear(world, case_id)
    return case_id


def run_expiry(world):
    with world.work_as(None) as work:
        return service.expire_codes(work)


# ------------------------------------------------------------------ taking back


def test_a_registrar_of_the_team_revokes_a_code_that_was_handed_over_without_any_key(
    world, case_id
):
    registration_id, code = issue_at_once(world, case_id)
    deliver(world, registration_id)
    assert not held_by_registrar(world, registration_id)
    revoke(world, registration_id, RevocationReason.EXPOSED)
    assert code_status(world, registration_id) is S.REVOKED
    assert not redeem(world, code).valid


def test_a_coordinator_of_the_case_revokes_its_codes(world, case_id):
    registration_id, _ = issue_at_once(world, case_id)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        case = intake.get_case(work, case_id)
        row = service.get_registration_of_case(work, case, registration_id)
        service.revoke_registration(work, row, RevocationReason.NOT_NEEDED)
    assert code_status(world, registration_id) is S.REVOKED


def test_a_registration_is_not_found_under_another_case(world, case_id):
    registration_id = request(world, case_id)
    other = open_stranger(world, 1)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        case = intake.get_case(work, other)
        for unknown in (registration_id, new_id()):
            with pytest.raises(RegistrationNotFound):
                service.get_registration_of_case(work, case, unknown)


def test_what_is_over_is_not_revoked(world, case_id):
    registration_id, code = give_out(world, case_id, days=10)
    redeem(world, code)
    with pytest.raises(RegistrationMoveRefused):
        revoke(world, registration_id)


def test_a_full_code_revokes_the_pre_code_of_the_same_case_alone(world, case_id):
    in_service(world, case_id)
    pre, pre_code = issue_at_once(world, case_id, CodeKind.PRE)
    deliver(world, pre)
    neighbour = open_stranger(world, 1)
    clear(world, neighbour)
    in_service(world, neighbour)
    other, other_code = give_out(world, neighbour, CodeKind.PRE)
    left(world, case_id)
    full, full_code = issue_at_once(world, case_id, CodeKind.FULL)
    assert code_status(world, pre) is S.DELIVERED
    deliver(world, full)
    assert code_status(world, pre) is S.REVOKED
    assert row_of(world, pre).proof is None
    assert not redeem(world, pre_code).valid
    assert redeem(world, full_code).kind is CodeKind.FULL
    assert redeem(world, other_code).kind is CodeKind.PRE
    assert {code_status(world, full), code_status(world, other)} == {S.REDEEMED}


def test_a_full_code_also_ends_a_pre_request_that_is_still_under_way(world, case_id):
    in_service(world, case_id)
    pre = request(world, case_id, CodeKind.PRE)
    left(world, case_id)
    give_out(world, case_id, CodeKind.FULL)
    assert code_status(world, pre) is S.REVOKED
    assert not held_by_registrar(world, pre)


def test_a_pre_code_that_was_used_stays_used(world, case_id):
    in_service(world, case_id)
    pre, code = give_out(world, case_id, CodeKind.PRE)
    redeem(world, code)
    left(world, case_id)
    give_out(world, case_id, CodeKind.FULL)
    assert code_status(world, pre) is S.REDEEMED


@pytest.mark.usefixtures("world_on_both")
def test_the_worker_notes_codes_whose_last_day_is_over_and_no_others(world, case_id):
    """On both databases: transaction."""
    in_service(world, case_id)
    ending, _ = issue_at_once(world, case_id, CodeKind.PRE, days=10)
    lasting, _ = issue_at_once(world, open_and_clear(world), days=11)
    world.clock.advance(days=10)
    assert run_expiry(world) == 0
    world.clock.advance(days=1)
    assert run_expiry(world) == 1
    assert row_of(world, ending).status is S.EXPIRED
    assert row_of(world, ending).proof is None
    assert row_of(world, lasting).status is S.ISSUED
    assert not held_by_registrar(world, ending)
    assert held_by_registrar(world, lasting)
    assert run_expiry(world) == 0


def test_an_expired_code_is_neither_handed_over_nor_revoked_before_the_worker_notes_it(
    world, case_id
):
    registration_id, _ = issue_at_once(world, case_id, days=10)
    world.clock.advance(days=11)
    assert code_status(world, registration_id) is S.EXPIRED
    for act in (deliver, revoke):
        with pytest.raises(RegistrationMoveRefused):
            act(world, registration_id)


# ------------------------------------------------------------------ at rest


def everything_in_the_database(world):
    with world.deployment.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                yield from (str(value).encode() for value in row if isinstance(value, str))
                yield from (bytes(value) for value in row if isinstance(value, (bytes, memoryview)))


def test_a_code_is_nowhere_in_the_database_in_any_spelling(world, case_id):
    _, spelled = issue_at_once(world, case_id)
    code = read(spelled)
    needles = [spelled, spelled.replace("-", ""), spelled.lower(), code.proof.hex()]
    needles = [*(needle.encode() for needle in needles), code.proof, code.locator]
    for value in everything_in_the_database(world):
        assert not any(needle in value for needle in needles)


def test_printing_what_was_issued_shows_no_code(world, case_id):
    registration_id = request(world, case_id)
    move(world, registration_id, S.SUBMITTED)
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        issued = service.issue_code(work, registration_id)
        assert issued.code not in repr(issued)
