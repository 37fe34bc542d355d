"""What auditors and coordinators read, and that nobody can be found in it.

On both databases: journey.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier

import pytest
from sqlalchemy import select

from app.cases.models import Case, CaseStatus, RankBand, RegionGroup, Reporting, Standing
from app.cases.moves import move_case
from app.intake.triage import accept_case
from app.permissions import Role
from app.reports import service
from app.reports.models import PublishedReport
from app.worker import sequence_log
from tests.support.served import serve

pytestmark = pytest.mark.usefixtures("world_on_both")


def log_cases(world, how_many, **facts):
    for number in range(how_many):
        region = list(RegionGroup)[number % 2]
        rank = facts.get("rank", RankBand.NCO)
        accepted(
            world,
            world.open_case(reporting=Reporting("2026H1", Standing.LEFT, rank, region, 1)),
        )


def accepted(world, case_id):
    with world.work_as(world.member("coordinator")) as work:
        accept_case(work, case_id)
    return case_id


def test_a_running_half_year_is_never_reported(world):
    log_cases(world, 12)
    with world.work_as(world.member("auditor")) as work:
        assert service.list_published_reports(work) == []


def test_a_finished_half_year_is_published_once_and_stays_as_it_was(world):
    log_cases(world, 12)
    world.clock.advance(days=180)
    with serve(world) as served:
        auditor = world.member("auditor")
        first = served.get(auditor, "/reports/casework")
        assert first["items"][0]["tables"]["region_group"]["north"] == 6
        assert first["items"][0]["total"] == 12
        with world.deployment.sessions() as session, session.begin():
            session.execute(select(PublishedReport))
        world.clock.at = world.clock.at.replace(month=3)
        accepted(world, world.open_case())
        world.clock.advance(days=180)
        assert served.get(world.member("coordinator"), "/reports/casework") == first


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_two_first_readers_at_once_both_get_the_one_report(world, monkeypatch):
    log_cases(world, 12)
    world.clock.advance(days=180)
    publish, meeting, runs = service._publish, Barrier(2, timeout=20), []

    def meet_and_publish(*asked):
        runs.append(1)
        if len(runs) <= 2:
            meeting.wait()
        publish(*asked)

    monkeypatch.setattr(service, "_publish", meet_and_publish)
    members = [world.member("auditor"), world.member("coordinator")]
    with serve(world) as one, serve(world) as other, ThreadPoolExecutor(2) as both:
        for served, member in zip((one, other), members, strict=True):
            served.sign_in(member)
        reports = list(
            both.map(
                lambda asked: asked[0].get(asked[1], "/reports/casework"),
                zip((one, other), members, strict=True),
            )
        )
    assert reports[0] == reports[1]
    assert reports[0]["items"][0]["total"] == 12


def test_a_half_year_with_few_cases_is_withheld(world):
    log_cases(world, 3)
    world.clock.advance(days=180)
    with world.work_as(world.member("auditor")) as work:
        report = service.list_published_reports(work)[0]
        assert (report.total, report.tables) == (None, {})


def test_an_auditor_reads_reports_and_no_word_of_a_case(world):
    log_cases(world, 10)
    world.clock.advance(days=180)
    with serve(world) as served:
        auditor = world.member("auditor")
        for path in ("/reports/casework", "/reports/openings", "/reports/ledger"):
            text = served.ask(auditor, "GET", path).text
            for word in ("Thiha", "ကိုသီဟဇင်", "9/MaHaMa", "771234567", "zin_t", "noon"):
                assert word not in text
            assert not any(str(person.id) in text for person in world.people)
        assert served.ask(auditor, "GET", "/cases").status_code == 403


def test_openings_count_each_members_reading_under_a_made_up_name(world):
    case_id = world.open_case()
    with serve(world) as served:
        for _ in range(3):
            served.get(world.member("coordinator"), f"/cases/{case_id}")
        world.clock.advance(days=40)
        auditor = world.member("auditor")
        lines = served.get(auditor, "/reports/openings")["items"]
        again = served.get(auditor, "/reports/openings")["items"]
    assert [(line["role"], line["openings"], line["cases"]) for line in lines] == [
        ("coordinator", 3, 1)
    ]
    assert lines[0]["member"] != again[0]["member"]


def test_the_caseload_counts_what_a_coordinator_holds(world):
    for _ in range(2):
        world.open_case()
    world.open_case(by=world.member("volunteer", team=2))
    with serve(world) as served:
        counts = served.get(world.member("coordinator"), "/reports/caseload")["counts"]
    assert counts["submitted"] == 2


def test_the_newest_checkpoint_is_there_to_be_kept_elsewhere(world):
    with serve(world) as served:
        auditor = world.member("auditor")
        assert served.ask(auditor, "GET", "/log/checkpoint").status_code == 404
        with world.work_as(None) as work:
            sequence_log(work)
        shown = served.get(auditor, "/log/checkpoint")
    assert shown["size"] > 0
    assert shown["verifier"].startswith("padauk.invalid/log+")
    assert str(shown["size"]) in shown["note"].splitlines()


@pytest.mark.parametrize("role", ["volunteer", "vetter", "registrar", "administrator"])
def test_reports_are_not_for_everyone(world, role):
    with serve(world) as served:
        assert served.ask(world.member(role), "GET", "/reports/casework").status_code == 403


# ---------------------------------------------------------------------- half-years that are counted


def half_years(world, who="auditor"):
    with serve(world) as served:
        return {
            item["half_year"]: (item["provisional"], item["total"])
            for item in served.get(world.member(who), "/reports/casework")["items"]
        }


def test_declined_and_merged_cases_are_never_counted(world):
    """The auditor reads in the first minutes of the new half-year; two are taken out after."""
    log_cases(world, 12)
    declined, twin = accepted(world, world.open_case()), accepted(world, world.open_case())
    world.clock.at = datetime(2026, 6, 30, 17, 35, tzinfo=UTC)  # five past midnight in Yangon
    assert half_years(world) == {"2026H1": (True, None)}
    world.clock.advance(days=1)
    for case_id, to in ((declined, CaseStatus.DECLINED), (twin, CaseStatus.MERGED)):
        with world.work_as(world.member("coordinator")) as work:
            move_case(work, work.session.get_one(Case, case_id), to)
    world.clock.advance(days=7 * 8 - 2)
    assert half_years(world) == {"2026H1": (True, None)}
    world.clock.advance(days=1)
    assert half_years(world) == {"2026H1": (False, 12)}


def test_a_case_counts_in_the_half_year_in_which_it_was_accepted(world):
    late = [world.open_case() for _ in range(12)]
    world.clock.at = datetime(2026, 7, 2, 9, tzinfo=UTC)
    for case_id in late:
        accepted(world, case_id)
    world.clock.at = datetime(2027, 3, 1, 9, tzinfo=UTC)
    assert half_years(world) == {"2026H2": (False, 12)}


def test_what_is_fixed_stays_when_a_case_is_declined_afterwards(world):
    log_cases(world, 12)
    one = accepted(world, world.open_case())
    world.clock.at = datetime(2026, 9, 1, 9, tzinfo=UTC)
    assert half_years(world) == {"2026H1": (False, 13)}
    with world.work_as(world.member("coordinator")) as work:
        move_case(work, work.session.get_one(Case, one), CaseStatus.DECLINED)
    with world.work_as(world.member("coordinator")) as work:
        assert work.session.get_one(Case, one).accepted_on is not None  # not counted twice
    assert half_years(world) == {"2026H1": (False, 13)}


# ---------------------------------------------------------------------- who opened, who holds


def test_openings_stand_under_the_role_of_the_day_and_are_not_shown_to_who_made_them(world):
    person, other = world.member("volunteer"), world.member("auditor", team=2)
    for _ in range(7):
        case_id = world.open_case(by=person)
        with world.work_as(person) as work:
            work.vault.open(work.session.get_one(Case, case_id).identity)
    world.clock.advance(days=40)
    changed = replace(person, role=Role.AUDITOR)
    with world.work_as(changed) as work:
        assert service.list_openings(work)[0] == []
    with world.work_as(other) as work:
        lines, _ = service.list_openings(work)
    assert [(line.role, line.openings, line.cases) for line in lines] == [("volunteer", 7, 7)]


def test_the_caseload_is_for_who_holds_cases(world):
    world.open_case()
    with serve(world) as served:
        assert served.ask(world.member("auditor"), "GET", "/reports/caseload").status_code == 403
        for role, held in (("volunteer", 1), ("coordinator", 1), ("vetter", 0)):
            counts = served.get(world.member(role), "/reports/caseload")["counts"]
            assert sum(counts.values()) == held
