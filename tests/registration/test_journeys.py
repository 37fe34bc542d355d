"""What vetting and registration do on two journeys of the scenarios, day by day.

On both databases: journey.
"""

import pytest

from app.cases.models import CaseStatus, Channel, Contact, Identity, Papers, Standing, Summary
from app.casework.errors import NotCleared
from app.permissions import Role
from app.registration.errors import CodeMistyped, PreFits
from app.registration.models import CodeKind, RegistrationStatus
from app.vetting import service as vetting
from app.vetting.errors import TooFewSources
from app.vetting.models import Verdict, VettingOutcome, VettingSource
from tests.support.registration_steps import (
    code_status,
    deliver,
    issue_at_once,
    left,
    redeem,
    request,
)
from tests.support.vetting_steps import (
    ask,
    check,
    clear,
    clearance_of,
    decide,
    decide_both,
    status_of,
)
from tests.support.world import BEGINNING

pytestmark = pytest.mark.usefixtures("world_on_both")


@pytest.fixture
def world(new_world):
    """Nobody is there yet."""
    return new_world()


S = RegistrationStatus


@pytest.fixture
def at(world):
    """Move the clock to a point after the first contact."""

    def move(**since):
        world.clock.at = BEGINNING
        world.clock.advance(**since)

    return move


def test_the_man_who_walked(world, at):
    case_id = world.open_case()
    at(hours=1)
    round_id = ask(world, case_id)
    at(hours=20)
    check(world, round_id, VettingSource.FORMER_COLLEAGUE)
    at(hours=26)
    check(world, round_id, VettingSource.DOCUMENT_PHOTO, by=world.member(Role.VETTER, 2))
    at(hours=30)
    decide_both(world, round_id, days=180)
    assert status_of(world, case_id) is CaseStatus.ACTIVE
    at(days=9)
    registration_id, code = issue_at_once(world, case_id, CodeKind.FULL)
    at(days=10)
    deliver(world, registration_id)
    at(days=12)
    verifier = world.member(Role.VOLUNTEER, team=2)
    typed = f"{code[1]}{code[0]}{code[2:]}" if code[0] != code[1] else f"{code[:-1]}U"
    with pytest.raises(CodeMistyped):
        redeem(world, typed, by=verifier)
    answer = redeem(world, code, by=verifier)
    assert (answer.valid, answer.kind) == (True, CodeKind.FULL)
    assert not redeem(world, code, by=verifier).valid
    assert code_status(world, registration_id) is S.REDEEMED


@pytest.fixture
def still_inside(world):
    """The case of somebody who is still in service."""
    return world.open_case(
        summary=Summary("quiet river 07", Standing.IN_SERVICE, False, 1, 0, "my"),
        identity=Identity("U Aung Naing Soe", "ဦးအောင်နိုင်စိုး"),
        papers=Papers(service="police"),
        contact=Contact(Channel.FRIEND, ("+959250987654",)),
    )


def test_still_in_service_and_vetted_by_two_who_do_not_agree_at_once(world, still_inside, at):
    case_id = still_inside
    at(days=1)
    round_id = ask(world, case_id)
    at(days=6)
    first = check(world, round_id, VettingSource.VOUCHER, voucher="A friend from school")
    at(days=9)
    check(world, round_id, VettingSource.VOUCHER, voucher="His cousin", linked_to=(first,))
    with world.work_as(world.member(Role.VETTER)) as work:
        file = vetting.read_round(work, vetting.get_round(work, round_id))
        assert file.independent_sources == 1
    at(days=15)
    decide_both(world, round_id, Verdict.VERIFIED, Verdict.REFUSED, days=120)
    assert status_of(world, case_id) is CaseStatus.VETTING
    with world.work_as(world.member(Role.VETTER)) as work:
        assert vetting.get_round(work, round_id).outcome is VettingOutcome.DISAGREE
    at(days=20)
    decide(world, round_id, 1, Verdict.VERIFIED, days=120)
    with pytest.raises(TooFewSources):
        decide(world, round_id, 2, Verdict.VERIFIED, days=120)
    check(world, round_id, VettingSource.CONVERSATION)
    at(days=25)
    decide(world, round_id, 2, Verdict.VERIFIED, days=120)
    assert status_of(world, case_id) is CaseStatus.ACTIVE
    at(days=129)
    assert clearance_of(world, case_id) is not None
    at(days=130)
    assert clearance_of(world, case_id) is None


def test_a_pre_code_while_still_in_service_and_a_full_one_after(world, still_inside, at):
    case_id = still_inside
    at(days=9)
    clear(world, case_id, days=120)
    at(days=27)
    pre, pre_code = issue_at_once(world, case_id, CodeKind.PRE)
    deliver(world, pre)
    at(days=130)
    assert clearance_of(world, case_id) is None
    with pytest.raises(NotCleared):
        request(world, case_id, CodeKind.FULL)
    at(days=131)
    clear(world, case_id)
    assert code_status(world, pre) is S.DELIVERED
    at(days=140)
    with pytest.raises(PreFits):
        request(world, case_id, CodeKind.FULL)
    left(world, case_id)
    full, full_code = issue_at_once(world, case_id, CodeKind.FULL)
    assert code_status(world, pre) is S.DELIVERED
    assert not redeem(world, full_code).valid
    deliver(world, full)
    assert code_status(world, pre) is S.REVOKED
    assert not redeem(world, pre_code).valid
    assert redeem(world, full_code).valid
    assert code_status(world, full) is S.REDEEMED
