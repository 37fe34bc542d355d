"""A likely duplicate is settled at every door, whenever it was learned and whosever case it is."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from app.cases import service as cases
from app.cases.models import Case, CaseStatus, Papers
from app.casework.errors import ComparisonDue, DuplicateOpen, FullCodeElsewhere
from app.casework.matches import compare_case, list_open_matches
from app.casework.readiness import require_only_full_code
from app.intake.service import dismiss_duplicate
from app.registration.models import CodeKind, Registration, RegistrationStatus
from app.vault.models import GrantReason
from app.vetting.errors import TooFewSources
from app.vetting.models import Verdict, VettingSource
from tests.support.aid_steps import set_scene
from tests.support.intake_steps import opened, stranger
from tests.support.registration_steps import issue, move, request
from tests.support.vetting_steps import ask, check, clear, decide, decide_both, status_of

NRC = "10/MaMaNa(N)123406"
SAME_NRC = [
    Papers(nrc=NRC),
    Papers(nrc="၁၀/မမန(နိုင်)၁၂၃၄၀၆"),
    Papers(nrc="10/mamana (naing) 123406"),
]
ACTIVE = stranger("Khin Zaw", "09 770 000 001", papers=Papers(nrc=NRC))
LATER = stranger("Moe Lwin", "09 770 000 002")


def learn(world, case_id, papers, by="volunteer"):
    with world.work_as(world.member(by)) as work:
        cases.change_case(work, case_id, cases.CaseChange(papers=papers))


def look(world, case_id, other_id, team=1):
    """Dismiss the other case as another person, as the team's coordinator."""
    with world.work_as(world.member("coordinator", team=team)) as work:
        dismiss_duplicate(work, cases.get_case(work, case_id), other_id, "Brothers; seen both.")


def stored(world, case_id) -> Case:
    with world.deployment.sessions() as session:
        return session.get_one(Case, case_id)


@pytest.fixture
def active(world) -> UUID:
    case_id = opened(world, ACTIVE)
    clear(world, case_id)
    return case_id


def in_vetting(world, intake=LATER) -> tuple[UUID, UUID]:
    """A case that its volunteer follows, with two sources that agree, before anybody decided."""
    case_id = opened(world, intake)
    round_id = ask(world, case_id)
    with world.work_as(world.member("coordinator")) as work:
        work.grants.grant(
            case_id, world.member("volunteer").id, cases.CASEWORK_SCOPES,
            reason=GrantReason.ASSIGNMENT, about=round_id,
        )  # fmt: skip
    check(world, round_id, VettingSource.FORMER_COLLEAGUE)
    check(world, round_id, VettingSource.DOCUMENT_PHOTO, by=world.member("vetter", 2))
    return case_id, round_id


@pytest.mark.parametrize("papers", SAME_NRC)
def test_a_number_learned_in_vetting_keeps_vetting_from_ending_in_active(world, active, papers):
    case_id, round_id = in_vetting(world)
    learn(world, case_id, papers)
    with pytest.raises(ComparisonDue):
        decide(world, round_id, 1)
    with world.work_as(world.member("coordinator")) as work:
        compare_case(work, cases.get_case(work, case_id))
    with pytest.raises(DuplicateOpen):
        decide(world, round_id, 1)
    look(world, case_id, active)
    decide_both(world, round_id)
    assert status_of(world, case_id) is CaseStatus.ACTIVE


def test_a_refusal_waits_for_no_duplicate(world, active):
    case_id, round_id = in_vetting(world)
    learn(world, case_id, Papers(nrc=NRC))
    decide_both(world, round_id, Verdict.REFUSED, Verdict.REFUSED)
    assert status_of(world, case_id) is CaseStatus.DECLINED


def test_an_edit_that_changes_no_number_asks_for_no_second_look(world):
    case_id, round_id = in_vetting(world)
    with world.work_as(world.member("volunteer")) as work:
        cases.change_case(work, case_id, cases.CaseChange(urgent=True))
    decide(world, round_id, 1)
    assert stored(world, case_id).compared


def test_a_code_is_neither_requested_nor_issued_before_it_is_settled(world, active):
    case_id = opened(world, LATER)
    clear(world, case_id)
    registration_id = request(world, case_id)
    move(world, registration_id, RegistrationStatus.SUBMITTED)
    learn(world, case_id, Papers(nrc=NRC), by="coordinator")
    with pytest.raises(ComparisonDue):
        issue(world, registration_id)
    with pytest.raises(DuplicateOpen):
        request(world, case_id)
    with world.work_as(world.member("coordinator")) as work:
        compare_case(work, cases.get_case(work, case_id))
    with pytest.raises(DuplicateOpen):
        issue(world, registration_id)
    look(world, case_id, active)
    assert issue(world, registration_id)


def test_no_money_is_promised_or_paid_on_either_case_before_it_is_settled(world):
    scene = set_scene(world)
    other = scene.another_case()
    mine, theirs = scene.ask(), other.ask()
    scene.approve(mine)
    papers = Papers(nrc="12/DaGaNa(N)770011")
    for case in (scene, other):
        with world.work_as(scene.approves) as work:
            cases.change_case(work, case.case_id, cases.CaseChange(papers=papers))
    with pytest.raises(ComparisonDue):
        scene.pay(mine)
    with pytest.raises(DuplicateOpen):
        other.approve(theirs)
    with world.work_as(scene.approves) as work:
        for case in (scene, other):
            compare_case(work, cases.get_case(work, case.case_id))
    with pytest.raises(DuplicateOpen):
        scene.pay(mine)
    look(world, other.case_id, scene.case_id)
    assert scene.pay(mine) == "paid"
    assert other.approve(theirs) == "approved"


def test_a_number_that_was_corrected_is_no_cause_any_more(world, active):
    case_id = opened(world, LATER)
    for papers in (Papers(nrc=NRC), Papers(nrc="11/SaTaNa(N)000111")):
        learn(world, case_id, papers)
        with world.work_as(world.member("coordinator")) as work:
            case = cases.get_case(work, case_id)
            compare_case(work, case)
            found = list_open_matches(work, case)
        assert bool(found) is (papers.nrc == NRC)


# -------------------------------------------------------------------------------- across teams


def test_a_number_that_another_team_knows_stops_later_doors_and_not_triage(world):
    theirs = opened(
        world, replace(ACTIVE, identity=LATER.identity), world.member("volunteer", team=2)
    )
    with world.work_as(world.member("coordinator", team=2)) as work:
        compare_case(work, cases.get_case(work, theirs))
    mine = opened(world, ACTIVE)
    round_id = ask(world, mine)
    check(world, round_id, VettingSource.FORMER_COLLEAGUE)
    check(world, round_id, VettingSource.DOCUMENT_PHOTO, by=world.member("vetter", 2))
    with pytest.raises(DuplicateOpen):
        decide(world, round_id, 1)


# -------------------------------------------------------------------------------- one full code


def full_code(world, case_id, status):
    with world.work_as(world.member("coordinator")) as work:
        registration = Registration(
            case_id=case_id, team_id=world.member("coordinator").team_id, number=1,
            kind=CodeKind.FULL, status=status, requested_by=world.member("coordinator").id,
            requested_on=work.today(), moved_on=work.today(),
            made_here=False, suspended=False,
        )  # fmt: skip
        work.session.add(registration)
        work.trail.record("registration:requested", case_id)


@pytest.mark.parametrize("status", RegistrationStatus)
@pytest.mark.parametrize("how", ["merged", "likely"])
def test_a_person_has_one_valid_full_code(world, status, how):
    other, mine = opened(world, ACTIVE), opened(world, LATER)
    full_code(world, other, status)
    if how == "merged":
        with world.work_as(None) as work:
            case = work.session.get_one(Case, other)
            case.status, case.merged_into = CaseStatus.MERGED, mine
            work.trail.record("case:merged", other)
    else:
        learn(world, mine, Papers(nrc=NRC))
    over = status.value in {"revoked", "expired", "refused", "disputed", "replaced"}
    with world.work_as(world.member("coordinator")) as work:
        case = cases.get_case(work, mine)
        compare_case(work, case)
        if over:
            require_only_full_code(work, case)
        else:
            with pytest.raises(FullCodeElsewhere):
                require_only_full_code(work, case)


def test_a_dismissed_duplicate_is_another_person_with_a_code_of_their_own(world):
    other, mine = opened(world, ACTIVE), opened(world, LATER)
    full_code(world, other, RegistrationStatus.DELIVERED)
    learn(world, mine, Papers(nrc=NRC))
    look(world, mine, other)
    with world.work_as(world.member("coordinator")) as work:
        require_only_full_code(work, cases.get_case(work, mine))


def test_too_few_sources_are_said_whatever_the_first_vetter_said(world):
    case_id = opened(world, LATER)
    round_id = ask(world, case_id)
    decide(world, round_id, 1)
    with pytest.raises(TooFewSources):
        decide(world, round_id, 2)


def test_registration_asks_for_the_only_full_code(world):
    other, mine = opened(world, ACTIVE), opened(world, LATER)
    clear(world, mine)
    full_code(world, other, RegistrationStatus.DELIVERED)
    with world.work_as(None) as work:
        case = work.session.get_one(Case, other)
        case.status, case.merged_into = CaseStatus.MERGED, mine
        work.trail.record("case:merged", other)
    with pytest.raises(FullCodeElsewhere):
        request(world, mine)
