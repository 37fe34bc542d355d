"""A unit that gave way to another is run again; a commit of unknown outcome is called that."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg.errors
import pytest
from httpx2 import Response
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.accounts.models import Team
from app.crypto.stretching import Stretcher
from app.permissions import Role
from app.store.failures import run_again
from app.store.models import Replay
from app.work import Work
from app.worker import Job, Worker
from tests.http import toys
from tests.http.conftest import Served, serve

CREATED = {"idempotency-key": "a-random-key-1"}
WHO = Role.ADMINISTRATOR
BOTH = pytest.mark.usefixtures("world_on_both")


def failure_of(name: str) -> DBAPIError:
    """A driver's error by its class in psycopg, or by its name in SQLite."""
    if name.startswith("SQLITE"):
        original: Exception = sqlite3.OperationalError(toys.LEAK)
        original.sqlite_errorname = name
    else:
        original = getattr(psycopg.errors, name)(toys.LEAK)
    return DBAPIError(None, None, original)


def fail_first(monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> list[Session]:
    """Let the first runs of a handler fail after its writing; the sessions that it ran with."""
    make, seen = toys.new_team, []

    def make_and_fail(work: Work, team: str) -> Team:
        made = make(work, team)
        work.session.flush()
        seen.append(work.session)
        if len(seen) <= times:
            raise failure_of(name)
        return made

    monkeypatch.setattr(toys, "new_team", make_and_fail)
    return seen


def open_team(served: Served, name: str, key: str = "a-random-key-1") -> Response:
    return served.ask(
        WHO, "POST", "/api/toys", json={"name": name}, headers={"idempotency-key": key}
    )


GAVE_WAY = ["SerializationFailure", "DeadlockDetected", "SQLITE_BUSY_SNAPSHOT"]


@pytest.mark.parametrize("name", GAVE_WAY)
def test_nobody_hears_of_a_unit_that_gave_way_three_times(
    served: Served, monkeypatch: pytest.MonkeyPatch, name: str
):
    before = served.count()
    sessions = fail_first(monkeypatch, name, times=3)
    assert open_team(served, "Ebony").status_code == 201
    assert len({id(session) for session in sessions}) == len(sessions) == 4
    assert served.count() == before + 1
    assert served.count(Replay) == 1
    assert served.pool.taken == 1


@pytest.mark.parametrize(
    ("name", "code"), [("SerializationFailure", "conflict.retry"), ("DiskFull", "")]
)
def test_after_the_fourth_time_it_is_answered(
    served: Served, monkeypatch: pytest.MonkeyPatch, name: str, code: str
):
    before = served.count()
    sessions = fail_first(monkeypatch, name, times=99)
    answer = open_team(served, "Ebony")
    assert answer.json()["code"] == code or answer.status_code == 503
    assert len(sessions) == (4 if code else 1)
    assert served.count() == before


def test_a_unit_that_met_a_row_of_another_is_run_again_once(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    before = served.count()
    sessions = fail_first(monkeypatch, "UniqueViolation", times=1)
    assert open_team(served, "Ebony").status_code == 201
    assert (len(sessions), served.count()) == (2, before + 1)


def test_what_argon2_has_stretched_is_kept_for_the_next_run(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    stretch, stretched = Stretcher.stretch, []

    async def count(self: Stretcher, *asked: Any, **how: Any) -> Any:
        stretched.append(how["salt"])
        return await stretch(self, *asked, **how)

    monkeypatch.setattr(Stretcher, "stretch", count)
    runs = fail_first(monkeypatch, "SerializationFailure", times=2)
    asked = {"passphrase": "correct horse"}
    answer = served.ask(WHO, "POST", "/api/toys/changes", json=asked, headers=CREATED)
    assert answer.status_code == 200
    assert (len(runs), len(stretched)) == (3, 2), "two passphrases, each stretched once"


def test_pauses_grow_and_are_short():
    waited: list[float] = []
    with pytest.raises(DBAPIError):
        run_again(lambda: raise_(failure_of("DeadlockDetected")), waited.append)
    assert len(waited) == 3
    assert all(0 <= pause < 0.02 * 2**turn for turn, pause in enumerate(waited))


def raise_(failure: Exception) -> None:
    raise failure


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_two_that_cannot_be_serialised_are_both_carried_out(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    """On both databases: transaction. A PostgreSQL whose transactions are serialisable."""
    engine = served.world.deployment.engine
    served.world.token(served.world.member(WHO))
    level = text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    event.listen(engine, "begin", lambda connection: connection.execute(level))
    make, meeting, runs = toys.new_team, Barrier(2, timeout=5), []

    def count_and_make(work: Work, name: str) -> Team:
        work.session.scalars(select(func.count()).select_from(Team)).one()
        runs.append(name)
        if len(runs) <= 2:
            meeting.wait()
        return make(work, name)

    monkeypatch.setattr(toys, "new_team", count_and_make)
    other, before = serve(served.world), served.count()
    with ThreadPoolExecutor(2) as both:
        asked = ((served, "Ebony", "a-random-key-1"), (other, "Ironwood", "a-random-key-2"))
        answers = list(both.map(lambda one: open_team(*one), asked))
    other.client.close()
    other.pool.close()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len(runs) > 2, "one of them gave way"
    assert served.count() == before + 2


def test_a_job_that_gave_way_is_run_again_before_it_counts_as_failed(world):
    runs: list[Session] = []

    def give_way(work: Work) -> int:
        runs.append(work.session)
        if len(runs) < 3:
            raise failure_of("SerializationFailure")
        return 7

    worker = Worker(world.deployment, [Job("moody", world.clock.at - world.clock.at, give_way)])
    assert worker.run_due() == {"moody": 7}
    assert len(runs) == 3


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_reading_and_then_writing_waits_for_another_writer(served: Served):
    """On both databases: lock. Two processes on one file: the write lock is taken at once."""
    other = serve(served.world)
    served.world.token(served.world.member(WHO))
    before = served.count()

    def open_ten(number: int) -> set[int]:
        one = (served, other)[number]
        return {open_team(one, f"Teak {n}", f"key-{number}-{n:04}").status_code for n in range(10)}

    with ThreadPoolExecutor(2) as both:
        statuses = set.union(*both.map(open_ten, range(2)))
    other.client.close()
    other.pool.close()
    assert statuses == {201}
    assert served.count() == before + 20


# ---------------------------------------------------------------------- unknown outcomes


Breaking = Callable[[bool], None]


@pytest.fixture
def break_commit(served: Served, backend: str) -> Iterator[Breaking]:
    """Break the connection once, at the next commit that wrote a team: before it, or after it."""
    engine = served.world.deployment.engine
    wrote: list[bool] = []
    commit = engine.dialect.do_commit

    def note(session: Session, *_: object) -> None:
        if wrote and any(isinstance(row, Team) for row in session.new):
            engine.dialect.do_commit = committing

    def committing(connection: Any) -> None:
        engine.dialect.do_commit = commit
        done = wrote.pop()
        if done:
            commit(connection)
        if backend == "sqlite":
            raise failure_of("SQLITE_IOERR_FSYNC").orig
        driver = connection.driver_connection
        with psycopg.connect(driver.info.dsn, autocommit=True) as admin:
            # Waits, up to five seconds, until the backend has ended.
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", (driver.info.backend_pid,))
        if done:
            driver.execute("SELECT 1")  # fails as a commit does whose response is lost
        commit(connection)

    event.listen(served.world.deployment.sessions, "before_flush", note)
    yield wrote.append
    event.remove(served.world.deployment.sessions, "before_flush", note)
    engine.dialect.do_commit = commit


@BOTH
def test_a_connection_that_breaks_at_the_commit_leaves_it_unknown(
    served: Served, break_commit: Breaking
):
    """On both databases: transaction. The backend is ended, or the disk fails."""
    served.world.token(served.world.member(WHO))
    before = served.count()
    break_commit(False)
    answer = open_team(served, "Ebony")
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome.unknown")
    assert "same Idempotency-Key" in answer.json()["title"]
    assert answer.headers["retry-after"] == "5"
    assert len(answer.json()["incident"]) == 16
    assert served.count() == before
    again = open_team(served, "Ebony")
    assert (again.status_code, "idempotency-replayed" in again.headers) == (201, False)
    assert served.count() == before + 1


@BOTH
def test_a_commit_that_was_done_before_the_connection_broke_is_found(
    served: Served, break_commit: Breaking
):
    """On both databases: transaction."""
    served.world.token(served.world.member(WHO))
    before = served.count()
    break_commit(True)
    first, again = open_team(served, "Ebony"), open_team(served, "Ebony")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert served.count() == before + 1


def test_what_was_done_is_found_by_sending_it_again_once_the_database_is_back(
    served: Served, break_commit: Breaking, monkeypatch: pytest.MonkeyPatch
):
    served.world.token(served.world.member(WHO))
    before = served.count()
    break_commit(True)
    with monkeypatch.context() as patch:
        patch.setattr("app.http.operation._find_kept", lambda *_: None)
        first = open_team(served, "Ebony")
    assert (first.status_code, first.json()["code"]) == (503, "outcome.unknown")
    again = open_team(served, "Ebony")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert served.count() == before + 1


@BOTH
@pytest.mark.parametrize("done", [False, True])
def test_without_a_key_one_must_look_before_sending_again(
    served: Served, break_commit: Breaking, done: bool
):
    """On both databases: transaction."""
    served.world.token(served.world.member(WHO))
    before = served.count()
    break_commit(done)
    answer = served.ask(WHO, "POST", "/api/toys/everything", json={"line": "a line"})
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome.unknown")
    assert "look before you send it again" in answer.json()["title"]
    assert served.count() == before + done
    assert len(toys.handled) == 1, "it was not run again"
