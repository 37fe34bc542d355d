"""What may be given to whom, the authority's codes, and a code that somebody else used."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.cases.models import Standing
from app.errors import Invalid
from app.permissions import Role
from app.registration import recording, service
from app.registration.codes import looks_made_here, new_code, read, read_recorded, spell
from app.registration.errors import (
    CodeMistyped,
    CodesNotMadeHere,
    CodeSuspended,
    CodeTaken,
    DisputeSaid,
    FullFits,
    NoCodeFits,
    PreFits,
    RegistrationExists,
    RegistrationMoveRefused,
)
from app.registration.models import CodeKind, DisputeReason, Registration, RegistrationStatus
from app.registration.recording import CodeRow
from app.store.base import new_id
from app.store.organisation_settings import OrganisationSettings
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
    row_of,
)
from tests.support.vetting_steps import clear, open_stranger
from tests.support.world import Person, World

S = RegistrationStatus
ANOTHER = DisputeReason.USED_BY_ANOTHER


@pytest.fixture
def not_the_authority(world):
    """The group obtains its codes, as groups do."""
    world.deployment.__dict__["_chosen"] = OrganisationSettings()
    return world


def submitted(world: World, case_id: UUID, kind: CodeKind = CodeKind.FULL) -> UUID:
    made = request(world, case_id, kind)
    move(world, made, S.SUBMITTED)
    return made


def record(world: World, registration_id: UUID, code: str, **more) -> None:
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        recording.record_code(work, CodeRow(registration_id, code, **more))


def record_file(world: World, rows: list[CodeRow], *, dry_run: bool = False):
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        return [
            result.refusal and result.refusal.code
            for result in recording.record_codes(work, rows, dry_run=dry_run)
        ]


def say(world: World, registration_id: UUID, by: Person) -> None:
    with world.work_as(by) as work:
        row = work.session.get_one(Registration, registration_id)
        service.dispute_code(work, row, ANOTHER)


# ----------------------------------------------------------------------------- for whom a code is


@pytest.mark.parametrize(
    ("standing", "kind", "refusal"),
    [
        (Standing.IN_SERVICE, CodeKind.FULL, PreFits),
        (Standing.LEFT, CodeKind.PRE, FullFits),
        (Standing.FAMILY_MEMBER, CodeKind.FULL, NoCodeFits),
        (Standing.FAMILY_MEMBER, CodeKind.PRE, NoCodeFits),
    ],
)
def test_no_code_is_requested_for_whom_it_is_not(world, case_id, standing, kind, refusal):
    left(world, case_id, standing)
    with pytest.raises(refusal):
        request(world, case_id, kind)


def test_a_pre_code_fits_while_somebody_is_in_service(world, case_id):
    in_service(world, case_id)
    give_out(world, case_id, CodeKind.PRE)


def test_a_pre_code_is_not_issued_to_who_has_left_while_it_was_under_way(world, case_id):
    in_service(world, case_id)
    waiting = submitted(world, case_id, CodeKind.PRE)
    left(world, case_id)
    with pytest.raises(FullFits):
        issue(world, waiting)
    with pytest.raises(FullFits):
        record(world, waiting, "QA-4411")
    assert record_file(world, [CodeRow(waiting, "QA-4411")]) == ["registration.full_fits"]
    give_out(world, case_id)
    assert code_status(world, waiting) is S.REVOKED


def test_a_full_code_is_not_issued_when_it_turned_out_that_they_are_in_service(world, case_id):
    waiting = submitted(world, case_id)
    left(world, case_id, Standing.IN_SERVICE)
    with pytest.raises(PreFits):
        issue(world, waiting)
    with pytest.raises(PreFits):
        record(world, waiting, "QA-4411")
    left(world, case_id)
    issue(world, waiting)


def test_an_issued_full_code_waits_while_they_have_not_left(world, case_id):
    full, code = issue_at_once(world, case_id)
    left(world, case_id, Standing.IN_SERVICE)
    assert row_of(world, full).suspended
    with pytest.raises(CodeSuspended):
        deliver(world, full)
    left(world, case_id)
    deliver(world, full)
    assert redeem(world, code).valid


def test_a_delivered_full_code_redeems_nowhere_while_they_have_not_left(world, case_id):
    _, code = give_out(world, case_id)
    for standing in (Standing.IN_SERVICE, Standing.FAMILY_MEMBER, Standing.LEFT):
        left(world, case_id, standing)
        assert redeem(world, code).valid is (standing is Standing.LEFT)


def test_a_pre_code_that_was_issued_is_handed_over_and_valid_after_they_have_left(world, case_id):
    in_service(world, case_id)
    pre, code = issue_at_once(world, case_id, CodeKind.PRE)
    left(world, case_id)
    deliver(world, pre)
    assert redeem(world, code).kind is CodeKind.PRE


def test_a_pre_code_waits_while_the_person_is_taken_for_a_member_of_the_family(world, case_id):
    in_service(world, case_id)
    _, code = give_out(world, case_id, CodeKind.PRE)
    left(world, case_id, Standing.FAMILY_MEMBER)
    assert not redeem(world, code).valid
    in_service(world, case_id)
    assert redeem(world, code).kind is CodeKind.PRE


def test_the_pre_code_is_valid_until_the_full_one_was_handed_over(world, case_id):
    in_service(world, case_id)
    _, pre_code = give_out(world, case_id, CodeKind.PRE)
    left(world, case_id)
    full, full_code = issue_at_once(world, case_id)
    assert not redeem(world, full_code).valid
    deliver(world, full)
    assert not redeem(world, pre_code).valid
    assert redeem(world, full_code).kind is CodeKind.FULL


def test_the_pre_code_still_redeems_while_the_full_one_is_under_way(world, case_id):
    in_service(world, case_id)
    _, pre_code = give_out(world, case_id, CodeKind.PRE)
    left(world, case_id)
    issue_at_once(world, case_id)
    assert redeem(world, pre_code).valid


# --------------------------------------------------------------------------- the authority's codes


def test_no_code_is_made_where_the_group_is_not_the_authority(not_the_authority, case_id):
    world = not_the_authority
    waiting = submitted(world, case_id)
    with pytest.raises(CodesNotMadeHere):
        issue(world, waiting)
    assert code_status(world, waiting) is S.SUBMITTED
    record(world, waiting, "QA-4411")
    assert not row_of(world, waiting).made_here


@pytest.mark.parametrize(
    "typed",
    [
        "qa-4411/27",
        "QA 4411 27",
        "\u201cQA441127\u201d",
        "QA-4411-27.",
        "QA-၄၄၁၁-27\n",
        "\u200bqa441127",
    ],
)
def test_a_recorded_code_redeems_however_it_is_typed_once(not_the_authority, case_id, typed):
    world = not_the_authority
    waiting = submitted(world, case_id)
    record(world, waiting, "QA-4411-27")
    assert not redeem(world, typed).valid
    deliver(world, waiting)
    redemption = redeem(world, typed)
    assert (redemption.valid, redemption.kind, redemption.expires_on) == (True, CodeKind.FULL, None)
    assert not redeem(world, typed).valid


def test_a_recorded_code_is_kept_as_hashes_alone(world, case_id):
    waiting = submitted(world, case_id)
    record(world, waiting, "QA-4411-27")
    row = row_of(world, waiting)
    for column in Registration.__table__.columns:
        stored = getattr(row, column.key, None)
        assert b"441127" not in (stored if isinstance(stored, bytes) else str(stored).encode())


def test_a_recorded_code_has_a_last_day_where_the_authority_said_so(world, case_id):
    waiting = submitted(world, case_id)
    today = world.deployment.today()
    with pytest.raises(Invalid):
        record(world, waiting, "QA-4411-27", expires_on=today - timedelta(days=1))
    record(world, waiting, "QA-4411-27", expires_on=today)
    deliver(world, waiting)
    world.clock.advance(days=1)
    assert not redeem(world, "QA-4411-27").valid
    assert code_status(world, waiting) is S.EXPIRED


def test_one_code_is_recorded_for_one_request(world, case_id):
    first, second = submitted(world, case_id), submitted(world, cleared(world, 1))
    record(world, first, "QA-4411-27")
    for spelling in ("QA-4411-27", "qa441127"):
        with pytest.raises(CodeTaken):
            record(world, second, spelling)
    assert code_status(world, second) is S.SUBMITTED


@pytest.mark.parametrize("text", ["", "...", "QA1", "A" * 65])
def test_what_is_no_code_is_asked_back(world, case_id, text):
    with pytest.raises(CodeMistyped):
        record(world, submitted(world, case_id), text)


@given(st.text(max_size=80))
def test_reading_a_code_of_the_authority_looks_at_letters_and_digits_alone(text):
    try:
        code = read_recorded(text)
    except CodeMistyped:
        return
    assert read_recorded(f"\u2068 {text}.\n") == code


@given(st.integers(0, 24))
def test_a_slip_in_one_of_our_codes_still_looks_like_ours(place):
    spelled = spell(new_code()).replace("-", "")
    slipped = spelled[:place] + ("7" if spelled[place] != "7" else "8") + spelled[place + 1 :]
    assert looks_made_here(slipped)
    with pytest.raises(CodeMistyped):
        read(slipped)


def cleared(world: World, number: int) -> UUID:
    case_id = open_stranger(world, number)
    clear(world, case_id)
    return case_id


def test_a_file_is_recorded_row_by_row_after_a_dry_run(world):
    waiting = [submitted(world, cleared(world, number)) for number in range(6)]
    before = waiting.pop()
    record(world, before, "QA-0000")
    rows = [CodeRow(made, f"QA-4411-{number}") for number, made in enumerate(waiting)]
    rows += [
        CodeRow(waiting[0], "QA-9999"),  # a request that has its code in this file
        replace(rows[1], registration_id=before),  # a code that another row gave
        CodeRow(before, "QA-0001"),  # a request whose code is on record
        CodeRow(new_id(), "QA-7777"),  # nobody's
    ]
    expected = [None] * 5 + [
        "registration.row_repeated",
        "registration.code_taken",
        "registration.move_refused",
        "registration.not_found",
    ]
    assert record_file(world, rows, dry_run=True) == expected
    assert [code_status(world, made) for made in waiting] == [S.SUBMITTED] * 5
    assert record_file(world, rows) == expected
    assert [code_status(world, made) for made in waiting] == [S.ISSUED] * 5
    again = record_file(world, rows)
    assert [made for made in again if made is None] == []
    with world.work_as(None) as work:
        moved = work.session.scalars(
            select(AuditEvent.action).where(AuditEvent.action == "registration:moved")
        )
        assert len(moved.all()) == 6 + 6  # each was submitted, each got a code, once


def test_of_forty_rows_with_three_repeated_and_one_unknown_36_are_recorded(world):
    """The ordinary way of a group: the authority answers with a file; a dry run comes first."""
    waiting = [submitted(world, cleared(world, number)) for number in range(36)]
    rows = [CodeRow(made, f"QA-4411-{number:02}") for number, made in enumerate(waiting)]
    rows[12:12] = [rows[3], rows[7], CodeRow(new_id(), "QA-7777-01")]
    rows.append(rows[20])
    assert len(rows) == 40
    expected = {
        12: "registration.row_repeated",
        13: "registration.row_repeated",
        14: "registration.not_found",
        39: "registration.row_repeated",
    }
    for dry_run, became in ((True, S.SUBMITTED), (False, S.ISSUED)):
        refused = record_file(world, rows, dry_run=dry_run)
        assert {at: code for at, code in enumerate(refused) if code is not None} == expected
        assert {code_status(world, made) for made in waiting} == {became}


# ---------------------------------------------------------------------- used by another person


@pytest.fixture
def used(world, case_id):
    registration_id, code = give_out(world, case_id)
    assert redeem(world, code).valid
    return registration_id


def both(world) -> list[Person]:
    return [world.member(Role.COORDINATOR), world.member(Role.REGISTRAR)]


@pytest.mark.parametrize("order", [1, -1])
def test_a_use_is_disputed_once_a_coordinator_and_a_registrar_have_said_so(world, used, order):
    first, second = both(world)[::order]
    say(world, used, first)
    assert code_status(world, used) is S.REDEEMED
    say(world, used, second)
    row = row_of(world, used)
    assert (row.status, row.dispute) == (S.DISPUTED, ANOTHER)
    assert row.redeemed_by == world.member(Role.VOLUNTEER, 2).id


def test_two_of_one_role_and_one_twice_dispute_nothing(world, used):
    coordinator, registrar = both(world)
    say(world, used, coordinator)
    for again in (coordinator, world.member(Role.COORDINATOR, 2)):
        with pytest.raises(DisputeSaid):
            say(world, used, again)
    assert code_status(world, used) is S.REDEEMED
    say(world, used, registrar)
    with pytest.raises(RegistrationMoveRefused):
        say(world, used, registrar)


def test_a_disputed_code_is_replaced_by_another_and_stays_on_record(world, case_id, used):
    with pytest.raises(RegistrationExists):
        request(world, case_id)
    for person in both(world):
        say(world, used, person)
    new, code = issue_at_once(world, case_id)
    assert row_of(world, new).replaces == used
    assert code_status(world, used) is S.REPLACED
    with pytest.raises(RegistrationExists):
        request(world, case_id)
    deliver(world, new)
    assert redeem(world, code).valid


@pytest.mark.parametrize("status", [S.REQUESTED, S.SUBMITTED, S.ISSUED, S.DELIVERED, S.REVOKED])
def test_only_a_use_is_disputed(world, case_id, status):
    made = request(world, case_id)
    with world.work_as(world.member(Role.REGISTRAR)) as work:
        work.session.get_one(Registration, made).status = status
        work.trail.record("registration:moved", case_id)
    with pytest.raises(RegistrationMoveRefused):
        say(world, made, world.member(Role.COORDINATOR))
