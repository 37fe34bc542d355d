"""Requests that wait for a row which another transaction holds, and what needs no row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import pytest
from httpx2 import Response
from sqlalchemy import text

from app.accounts.models import Member
from app.permissions import Role
from app.store.engine import Timeouts
from tests.http.conftest import Served

SECONDS = Timeouts().lock / 1000
HOLD = text("SELECT 1 FROM members WHERE id = :id FOR UPDATE")


def rename(served: Served) -> Response:
    member = served.world.member(Role.VOLUNTEER).id
    with served.world.deployment.sessions() as session:
        version = session.get_one(Member, member).version
    return served.ask(
        Role.ADMINISTRATOR, "PATCH", f"/api/toys/members/{member}",
        json={"name": "Ebony"}, headers={"if-match": f'"{version}"'},
    )  # fmt: skip


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_who_waits_for_a_row_is_answered_in_time_and_health_never_waits(served: Served):
    """On both databases: lock. As many wait for one row of PostgreSQL as there are threads."""
    threads = served.world.deployment.threads
    held, slowest = {"id": served.world.member(Role.VOLUNTEER).id}, 0.0
    with served.world.deployment.engine.begin() as holder, ThreadPoolExecutor(threads) as crowd:
        holder.execute(HOLD, held)
        begun = monotonic()
        asked = [crowd.submit(rename, served) for _ in range(threads)]
        while not all(request.done() for request in asked):
            sent = monotonic()
            assert served.client.get("/api/health").status_code == 200
            slowest = max(slowest, monotonic() - sent)
            sleep(0.1)
        took = monotonic() - begun
    answers = [request.result() for request in asked]
    assert [answer.status_code for answer in answers] == [503] * threads
    assert {answer.json()["code"] for answer in answers} == {"service.busy"}
    assert SECONDS <= took < 3 * SECONDS
    assert slowest < SECONDS / 2
    assert rename(served).status_code == 200, "the row is free again"
