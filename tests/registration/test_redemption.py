"""Redeeming a code: once, by anybody, learning nothing; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update

from app.audit.models import AuditEvent
from app.audit.trail import subject_tag
from app.cases.models import Standing
from app.permissions import Role
from app.registration import redemption, service
from app.registration.codes import Code, new_code, read, spell
from app.registration.errors import CodeMistyped, RedemptionBudgetSpent
from app.registration.models import (
    CodeKind,
    Registration,
    RegistrationStatus,
)
from app.registration.moves import CODE_ALIVE, MOVES
from app.registration.redemption import CODE_TRIES, MEMBER_TRIES, Redemption
from app.store.models import Counter
from app.worker import JOBS, Worker
from tests.support.registration_steps import (
    code_status,
    deliver,
    give_out,
    in_service,
    issue_at_once,
    left,
    redeem,
    revoke,
    row_of,
)
from tests.support.vetting_steps import clear, open_stranger, refuse

S = RegistrationStatus
NOT_VALID = Redemption(valid=False)
STANDING_FOR = {CodeKind.PRE: Standing.IN_SERVICE, CodeKind.FULL: Standing.LEFT}


def mistype(code):
    """The same code with one wrong character."""
    wrong = "7" if code[0] != "7" else "8"
    return wrong + code[1:]


def guess(code):
    """A well-spelled code that finds the same row and does not prove it."""
    return spell(Code(read(code).locator, b"\0" * 10))


def counted(world):
    with world.work_as(None) as work:
        return sorted(work.session.scalars(select(Counter.count)))


def events_on(world, case_id, action):
    with world.work_as(None) as work:
        tag = subject_tag(work.keyring.log_key(case_id), case_id)
        rows = work.session.scalars(
            select(AuditEvent).where(AuditEvent.subject_tag == tag, AuditEvent.action == action)
        )
        return len(rows.all())


@pytest.mark.parametrize("kind", CodeKind)
def test_a_code_is_valid_once_and_says_its_kind_and_last_day(world, case_id, kind):
    left(world, case_id, STANDING_FOR[kind])
    registration_id, code = give_out(world, case_id, kind, days=90)
    last_day = world.clock().date() + timedelta(days=90)
    assert redeem(world, code) == Redemption(True, kind, last_day)
    assert redeem(world, code) == NOT_VALID
    assert code_status(world, registration_id) is S.REDEEMED


def test_the_member_who_redeems_holds_nothing_of_the_case_and_the_case_knows_of_it(world, case_id):
    _, code = give_out(world, case_id)
    stranger = world.member(Role.VOLUNTEER, team=2)
    with world.work_as(stranger) as work:
        assert redemption.redeem(work, code).valid
        assert not work.grants.holds(case_id)
        assert work.trail.actions.count("case:revealed") == 0
    assert events_on(world, case_id, "code:redeemed") == 1


@pytest.mark.parametrize("kind", CodeKind)
def test_a_code_redeems_from_when_it_was_handed_over_and_not_before(world, case_id, kind):
    left(world, case_id, STANDING_FOR[kind])
    registration_id, code = issue_at_once(world, case_id, kind)
    assert redeem(world, code) == NOT_VALID
    deliver(world, registration_id)
    assert redeem(world, code).valid
    assert row_of(world, registration_id).version == 5


def test_a_mistyped_code_is_refused_at_once_and_not_counted(world, case_id):
    _, code = give_out(world, case_id)
    for _ in range(MEMBER_TRIES + 1):
        with pytest.raises(CodeMistyped):
            redeem(world, mistype(code))
    assert counted(world) == []
    assert redeem(world, code).valid


def test_a_wrong_code_learns_nothing_whether_its_row_exists_or_not(world, case_id):
    _, code = give_out(world, case_id)
    assert redeem(world, guess(code)) == redeem(world, spell(new_code())) == NOT_VALID
    assert counted(world) == [1, 1, 2]
    assert events_on(world, case_id, "code:not_valid") == 1


@pytest.mark.usefixtures("world_on_both")
@pytest.mark.parametrize("known", [True, False], ids=["a row", "no row"])
def test_after_a_few_guesses_one_code_is_not_tried_again_that_day(world, case_id, known):
    """On both databases: upsert."""
    _, code = give_out(world, case_id)
    wrong = guess(code) if known else spell(new_code())
    for number in range(CODE_TRIES):
        assert redeem(world, wrong, by=world.member(Role.VOLUNTEER, 1 + number % 3)) == NOT_VALID
    with pytest.raises(RedemptionBudgetSpent) as refused:
        redeem(world, wrong)
    assert refused.value.retry_after == 8 * 3600 + 30 * 60 + 1
    if known:
        with pytest.raises(RedemptionBudgetSpent):
            redeem(world, code)
        world.clock.advance(seconds=refused.value.retry_after)
        assert redeem(world, code).valid


@pytest.mark.usefixtures("world_on_both")
def test_after_many_guesses_one_member_tries_no_code_that_day_and_others_still_do(world, case_id):
    """On both databases: upsert."""
    _, code = give_out(world, case_id)
    for _ in range(MEMBER_TRIES):
        assert redeem(world, spell(new_code())) == NOT_VALID
    with pytest.raises(RedemptionBudgetSpent):
        redeem(world, code)
    assert redeem(world, code, by=world.member(Role.VOLUNTEER)).valid


@pytest.mark.usefixtures("world_on_both")
def test_counts_of_past_days_do_not_count_today(world, case_id):
    """On both databases: upsert."""
    give_out(world, case_id)
    for _ in range(MEMBER_TRIES):
        redeem(world, spell(new_code()))
    world.clock.advance(days=1)
    redeem(world, spell(new_code()))
    assert max(counted(world)) == 1


def test_a_code_is_not_valid_after_its_last_day(world, case_id):
    _, code = give_out(world, case_id, days=10)
    _, lasting = give_out(world, other_case(world), days=11)
    world.clock.advance(days=11)
    assert redeem(world, code) == NOT_VALID
    assert redeem(world, lasting).valid


def test_a_revoked_code_is_not_valid_and_its_proof_is_gone(world, case_id):
    registration_id, code = give_out(world, case_id)
    revoke(world, registration_id)
    assert redeem(world, code) == NOT_VALID
    assert row_of(world, registration_id).proof is None


def test_the_code_of_a_person_refused_since_is_not_valid(world, case_id):
    _, code = give_out(world, case_id)
    refuse(world, case_id)
    assert redeem(world, code) == NOT_VALID


def test_a_code_outlives_the_clearance_that_it_was_issued_on(world, case_id):
    _, code = give_out(world, case_id)
    world.clock.advance(days=200)
    assert redeem(world, code).valid


@pytest.mark.parametrize(
    "forged",
    [
        {"kind": CodeKind.FULL},
        {"expires_on": "later"},
    ],
    ids=["a pre code made full", "a code made to last longer"],
)
def test_a_row_rewritten_in_the_database_makes_its_code_worthless(world, case_id, forged):
    in_service(world, case_id)
    registration_id, code = give_out(world, case_id, CodeKind.PRE, days=10)
    if "expires_on" in forged:
        forged = {"expires_on": world.clock().date() + timedelta(days=999)}
    rewrite(world, registration_id, **forged)
    assert redeem(world, code) == NOT_VALID


def test_a_code_moved_to_another_persons_row_is_worthless(world, case_id):
    mine, code = give_out(world, case_id)
    theirs, _ = give_out(world, other_case(world))
    row = row_of(world, mine)
    rewrite(world, mine, locator=None, proof=None)
    rewrite(world, theirs, locator=row.locator, proof=row.proof)
    assert redeem(world, code) == NOT_VALID


def test_a_used_code_put_back_by_its_state_alone_stays_used(world, case_id):
    registration_id, code = give_out(world, case_id)
    redeem(world, code)
    rewrite(world, registration_id, status=S.DELIVERED)
    assert redeem(world, code) == NOT_VALID


@pytest.mark.usefixtures("world_on_both")
def test_of_many_who_redeem_at_the_same_moment_for_exactly_one_it_is_valid(world, case_id):
    """On both databases: race."""
    _, code = give_out(world, case_id)
    people = [
        world.member(role, number, team=team)
        for team in (1, 2)
        for role, number in ((Role.VOLUNTEER, 1), (Role.VOLUNTEER, 2), (Role.COORDINATOR, 1))
    ]
    start = Barrier(len(people))

    def one(person):
        start.wait()
        return redeem(world, code, by=person)

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(one, people))
    assert sorted(answer.valid for answer in answers) == [False] * 5 + [True]
    assert events_on(world, case_id, "code:redeemed") == 1
    assert events_on(world, case_id, "code:not_valid") == 5


@pytest.mark.usefixtures("world_on_both")
def test_a_hand_over_noted_while_the_code_is_redeemed_never_brings_it_back(world, case_id):
    """On both databases: race."""
    registration_id, code = issue_at_once(world, case_id)
    start = Barrier(2)

    def hand_over():
        start.wait()
        try:
            deliver(world, registration_id)
        except Exception as refused:  # noqa: BLE001 - which of the two loses is a matter of luck
            return type(refused).__name__
        return "delivered"

    def use():
        start.wait()
        return redeem(world, code)

    with ThreadPoolExecutor(2) as pool:
        handed, used = pool.submit(hand_over), pool.submit(use)
    assert handed.result() in {"delivered", "Stale", "RegistrationNotFound"}
    # What was asked before the hand-over finds nothing to redeem; what was redeemed stays so.
    expected = S.REDEEMED if used.result().valid else S.DELIVERED
    assert row_of(world, registration_id).status is expected
    assert redeem(world, code).valid == (expected is S.DELIVERED)
    assert redeem(world, code) == NOT_VALID


def other_case(world):
    opened = open_stranger(world, 1)
    clear(world, opened)
    return opened


def rewrite(world, registration_id, **values):
    with world.work_as(None) as work:
        work.session.execute(
            update(Registration).where(Registration.id == registration_id).values(**values),
            execution_options={"housekeeping": "the thief of this test"},
        )


def test_a_code_redeems_only_where_it_was_delivered():
    assert {move.source for move in MOVES if move.target is S.REDEEMED} == {S.DELIVERED}
    assert S.DELIVERED in CODE_ALIVE
    assert service.USUAL_DAYS <= service.LONGEST_DAYS


@pytest.mark.usefixtures("world_on_both")
def test_the_worker_notes_expired_codes_and_forgets_counts(world, case_id):
    """On both databases: transaction."""
    registration_id, _ = give_out(world, case_id, days=10)
    redeem(world, spell(new_code()))
    world.clock.advance(days=11)
    jobs = [job for job in JOBS if job.name in {"codes", "sessions"}]
    assert Worker(world.deployment, jobs).run_due() == {"codes": 1, "sessions": 2}
    assert row_of(world, registration_id).status is S.EXPIRED
    assert counted(world) == []
