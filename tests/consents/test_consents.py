"""Consent by purpose: asked for at intake, said later, ended at any time with what rests on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.cases.errors import CaseNotFound
from app.cases.models import Case, CaseStatus
from app.cases.service import get_case
from app.casework.consents import has_withdrawn
from app.casework.errors import CaseNotReady
from app.casework.readiness import Task, require_ready
from app.consents.errors import ConsentNotFound, ConsentOver, ConsentStands, PartnerMissing
from app.consents.models import Consent, Purpose
from app.consents.service import (
    RESTS_ON,
    ConsentDraft,
    give_consent,
    list_consents,
    withdraw_consent,
)
from app.errors import IdTaken, IntegrityFault
from app.reports.models import PublishedReport
from app.reports.service import list_published_reports
from app.retention import passes
from app.retention.models import Destruction
from app.store.base import new_id
from app.work import DayNotPossible
from tests.casework.test_readiness import set_status
from tests.retention.steps import close_case
from tests.retention.test_lived_in import alter
from tests.support.intake_steps import FAMILY, opened

P = Purpose


def give(world, case_id, purpose, by="volunteer", **more):
    with world.work_as(world.member(by)) as work:
        return give_consent(work, case_id, ConsentDraft(purpose=purpose, **more)).id


def end(world, case_id, consent_id, on=None, by="volunteer", team=1):
    with world.work_as(world.member(by, team=team)) as work:
        return withdraw_consent(work, case_id, consent_id, on)


def consents_of(world, case_id, by="coordinator"):
    with world.work_as(world.member(by)) as work:
        return list_consents(work, case_id)


def test_what_a_person_agreed_to_at_intake_is_on_the_case_purpose_by_purpose(world):
    given = (
        ConsentDraft(purpose=P.CASEWORK, how="said so twice"),
        ConsentDraft(purpose=P.SHARING, with_whom="the clinic by the river"),
    )
    case_id = opened(world, replace(FAMILY, consents=given))
    found = [
        (one.consent.purpose, one.said.how, one.said.with_whom)
        for one in consents_of(world, case_id)
    ]
    assert found == [
        (P.CASEWORK, "said so twice", None),
        (P.SHARING, None, "the clinic by the river"),
    ]


def test_a_consent_is_given_later_and_ended_once_on_the_day_that_was_said(world):
    case_id = opened(world)
    world.clock.advance(days=5)
    today = world.clock().date()
    made = give(world, case_id, P.RESEARCH, on=today - timedelta(days=2))
    ended = end(world, case_id, made, on=today - timedelta(days=1))
    assert (ended.given_on, ended.withdrawn_on) == (
        today - timedelta(days=2),
        today - timedelta(days=1),
    )
    with pytest.raises(ConsentOver):
        end(world, case_id, made)
    with pytest.raises(DayNotPossible):
        give(world, case_id, P.CASEWORK, on=today + timedelta(days=1))


def test_sharing_names_with_whom_and_stands_once_for_each(world):
    case_id = opened(world)
    for purpose, with_whom in ((P.SHARING, None), (P.RESEARCH, "the clinic")):
        with pytest.raises(PartnerMissing):
            give(world, case_id, purpose, with_whom=with_whom)
    give(world, case_id, P.SHARING, with_whom="the clinic")
    give(world, case_id, P.SHARING, with_whom="the school")
    with pytest.raises(ConsentStands):
        give(world, case_id, P.SHARING, with_whom="The  Clinic")


def test_a_consent_that_was_ended_is_given_again_as_another(world):
    case_id = opened(world)
    first = give(world, case_id, P.FOLLOW_UP)
    with pytest.raises(ConsentStands):
        give(world, case_id, P.FOLLOW_UP)
    end(world, case_id, first)
    assert give(world, case_id, P.FOLLOW_UP) != first
    with world.work_as(None) as work:
        assert not has_withdrawn(work, case_id, P.FOLLOW_UP)


def test_nobody_ends_a_consent_of_a_case_that_they_do_not_hold(world):
    case_id, other = opened(world), opened(world, FAMILY)
    made = give(world, case_id, P.CASEWORK)
    with pytest.raises(CaseNotFound):
        end(world, case_id, made, by="coordinator", team=2)
    with pytest.raises(ConsentNotFound):
        end(world, other, made)
    with pytest.raises(ConsentNotFound):
        end(world, case_id, new_id())


def test_a_proposed_id_of_a_consent_is_taken_once(world):
    case_id, proposed = opened(world), new_id()
    assert give(world, case_id, P.CASEWORK, id=proposed) == proposed
    with pytest.raises(IdTaken):
        give(world, case_id, P.RESEARCH, id=proposed)


@pytest.mark.parametrize("purpose", Purpose)
def test_each_purpose_says_what_ends_with_it(purpose):
    assert RESTS_ON[purpose]


def destroyed(world):
    passes.run_pass(world.deployment)
    with world.deployment.sessions() as session:
        return {(one.rule, one.what) for one in session.scalars(select(Destruction))}


def test_phones_go_within_three_days_once_somebody_wants_no_more_contact(world):
    case_id = world.open_case()
    made = give(world, case_id, P.FOLLOW_UP, by="coordinator")
    end(world, case_id, made, by="coordinator")
    world.clock.advance(days=4)
    assert destroyed(world) == set(), "the case goes on: it needs its phones"
    close_case(world, case_id)
    assert destroyed(world) == {("follow_up", "contact")}


def test_the_part_of_two_rules_goes_once(world):
    case_id = world.open_case()
    made = give(world, case_id, P.FOLLOW_UP, by="coordinator")
    end(world, case_id, made, by="coordinator")
    close_case(world, case_id)
    consents_of(world, case_id)
    with world.work_as(world.member("coordinator")) as work:
        work.vault.open(work.session.get_one(Case, case_id).contact)
    world.clock.advance(days=40)
    assert len([what for _, what in destroyed(world) if what == "contact"]) == 1


def test_figures_leave_out_whose_consent_to_research_has_ended(world):
    ids = [opened(world, replace(FAMILY, id=new_id())) for _ in range(12)]
    day = world.clock().date()
    with world.deployment.sessions() as session, session.begin():
        for case in session.scalars(select(Case)):
            case.status, case.accepted_on = CaseStatus.ACTIVE, day
        session.info.pop("touched", None)
    made = give(world, ids[0], P.RESEARCH, by="coordinator")
    end(world, ids[0], made, by="coordinator")
    world.clock.at = world.clock.at.replace(year=day.year + 1)
    with world.work_as(world.member("auditor")) as work:
        list_published_reports(work)
    with world.deployment.sessions() as session:
        (report,) = session.scalars(select(PublishedReport))
    assert report.total == len(ids) - 1


def told(world, by, team=1):
    with world.work_as(world.member(by, team=team)) as work:
        found = list_alerts(work, limit=9)
        told = [(one.notice.kind, one.notice.case_id) for one in found if one.notice]
    return [one for one in told if one[0] is AlertKind.CASEWORK_ENDED]


def test_coordinators_of_the_team_are_told_when_somebody_ends_consent_to_casework(world):
    case_id = opened(world)
    end(world, case_id, give(world, case_id, P.RESEARCH))
    assert told(world, "coordinator") == []
    end(world, case_id, give(world, case_id, P.CASEWORK))
    for by, team, expected in (
        ("coordinator", 1, [(AlertKind.CASEWORK_ENDED, case_id)]),
        ("lead", 1, [(AlertKind.CASEWORK_ENDED, case_id)]),
        ("coordinator", 2, []),
    ):
        assert told(world, by, team) == expected


@pytest.mark.parametrize("task", [Task.PLAN, Task.REQUEST_AID])
def test_nothing_is_begun_for_who_ended_consent_to_casework_until_they_agree_again(world, task):
    case_id = world.open_case()
    set_status(world, case_id, CaseStatus.ACTIVE)
    end(world, case_id, give(world, case_id, P.CASEWORK, by="coordinator"), by="coordinator")
    with world.work_as(world.member("coordinator")) as work:
        with pytest.raises(CaseNotReady, match=r"case\.not_ready"):
            require_ready(work, get_case(work, case_id), task)
        require_ready(work, get_case(work, case_id), Task.CONTINUE_PLAN)
    give(world, case_id, P.CASEWORK, by="coordinator")
    with world.work_as(world.member("coordinator")) as work:
        require_ready(work, get_case(work, case_id), task)


@pytest.mark.parametrize("purpose", [P.FOLLOW_UP, P.CASEWORK, P.RESEARCH])
def test_who_writes_to_the_database_ends_no_consent(world, purpose):
    case_id = opened(world)
    give(world, case_id, purpose, by="coordinator")
    if purpose is P.FOLLOW_UP:
        close_case(world, case_id)
    else:
        set_status(world, case_id, CaseStatus.ACTIVE)
    alter(world, Consent, withdrawn_on=world.clock().date(), withdrawn_by=new_id())
    if purpose is P.FOLLOW_UP:
        world.clock.advance(days=4)
        assert destroyed(world) == set()
        return
    with (
        pytest.raises(IntegrityFault),
        world.work_as(world.member("coordinator")) as work,
    ):
        if purpose is P.CASEWORK:
            has_withdrawn(work, case_id, purpose)
        else:
            list_published_reports(work)
