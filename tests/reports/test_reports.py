"""What auditors and coordinators read, and that nobody can be found in it.

On both databases: journey.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from app.cases.models import RankBand, RegionGroup, Reporting, Standing
from app.reports import service
from app.reports.models import PublishedReport
from app.worker import sequence_log
from tests.support.served import serve

pytestmark = pytest.mark.usefixtures("world_on_both")


def log_cases(world, how_many, **facts):
    for number in range(how_many):
        region = list(RegionGroup)[number % 2]
        world.open_case(
            reporting=Reporting("2026H1", Standing.LEFT, facts.get("rank", RankBand.NCO), region, 1)
        )


def test_a_running_half_year_is_never_reported(world):
    log_cases(world, 12)
    with world.work_as(world.member("auditor")) as work:
        assert service.list_published_reports(work) == []


def test_a_finished_half_year_is_published_once_and_stays_as_it_was(world):
    log_cases(world, 12)
    world.clock.advance(days=130)
    with serve(world) as served:
        auditor = world.member("auditor")
        first = served.get(auditor, "/reports/casework")
        assert first["items"][0]["tables"]["region_group"]["north"] == 6
        assert first["items"][0]["total"] == 12
        with world.deployment.sessions() as session, session.begin():
            session.execute(select(PublishedReport))
        world.clock.at = world.clock.at.replace(month=3)
        world.open_case()
        world.clock.advance(days=130)
        assert served.get(world.member("coordinator"), "/reports/casework") == first


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_two_first_readers_at_once_both_get_the_one_report(world, monkeypatch):
    log_cases(world, 12)
    world.clock.advance(days=130)
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
    world.clock.advance(days=130)
    with world.work_as(world.member("auditor")) as work:
        report = service.list_published_reports(work)[0]
        assert (report.total, report.tables) == (None, {})


def test_an_auditor_reads_reports_and_no_word_of_a_case(world):
    log_cases(world, 10)
    world.clock.advance(days=130)
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
