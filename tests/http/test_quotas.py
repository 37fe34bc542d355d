"""What one member may write in a day is bounded; what saves somebody is not."""

from __future__ import annotations

from typing import get_args

import pytest
from httpx2 import Response

from app.http import quotas
from app.http.errors import QuotaSpent
from app.http.needs import Needs, Public
from app.http.quotas import LEAST_BYTES, UNLIMITED, count_written, is_counted
from app.permissions import Permission, Role
from tests.http.conftest import Served

BYTES_A_DAY = 20_000_000


def test_a_day_has_room_for_two_thousand_small_changes(world):
    assert world.deployment.settings.daily_megabytes == 20
    assert BYTES_A_DAY // LEAST_BYTES == 2_000


@pytest.mark.parametrize(
    ("method", "needs", "counted"),
    [
        ("POST", Permission.CASE_OPEN, True),
        ("DELETE", Permission.CASE_CHANGE, True),
        ("GET", Permission.CASE_READ, False),
        ("HEAD", Permission.CASE_READ, False),
        ("POST", Public("signing in"), False),
        *(("POST", needs, False) for needs in UNLIMITED),
    ],
)
def test_changes_count_but_reading_and_what_saves_somebody_do_not(method, needs, counted):
    assert isinstance(needs, get_args(Needs))
    assert is_counted(method, needs) is counted


def write(world, person, size, times=1):
    with world.work_as(person) as work:
        for _ in range(times):
            count_written(work, size)
        work.trail.record("case:read")


def test_a_large_change_counts_its_bytes_and_a_small_one_ten_thousand(world):
    volunteer = world.member("volunteer")
    write(world, volunteer, 1, times=1_000)
    write(world, volunteer, 10_000_000)
    with pytest.raises(QuotaSpent) as spent, world.work_as(volunteer) as work:
        count_written(work, 1)
    assert 0 < spent.value.retry_after <= 24 * 3600


def test_each_member_has_a_quota_of_their_own_and_a_new_one_each_day(world):
    volunteer, other = world.member("volunteer"), world.member("volunteer", 2)
    write(world, volunteer, BYTES_A_DAY)
    write(world, other, 1)
    with pytest.raises(QuotaSpent):
        write(world, volunteer, 1)
    world.clock.advance(days=1)
    write(world, volunteer, 1)


def add(served: Served, name: str, key: str) -> Response:
    return served.ask(
        Role.ADMINISTRATOR,
        "POST",
        "/api/toys",
        json={"name": name},
        headers={"idempotency-key": key},
    )


def test_what_is_refused_for_the_quota_changes_nothing_and_says_when_it_goes_on(
    served: Served, monkeypatch
):
    monkeypatch.setattr(quotas, "LEAST_BYTES", BYTES_A_DAY // 2)
    before = served.count()
    responses = [add(served, f"Teak {number}", f"random-key-{number}") for number in range(3)]
    assert [one.status_code for one in responses] == [201, 201, 429]
    assert responses[2].json()["code"] == "quota.spent"
    assert int(responses[2].headers["retry-after"]) > 0
    assert served.count() == before + 2


def test_the_same_request_again_counts_nothing(served: Served, monkeypatch):
    monkeypatch.setattr(quotas, "LEAST_BYTES", BYTES_A_DAY)
    assert {add(served, "Teak", "random-key").status_code for _ in range(3)} == {201}
