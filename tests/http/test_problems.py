"""Failures put into words and statuses."""

from __future__ import annotations

import json
import logging
import sqlite3
from typing import Any

import psycopg.errors
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from app import errors
from app.http import errors as web
from app.http.problems import response_of, status_of
from app.permissions import Role
from app.totality import RowMissing
from app.vault.errors import CaseErased, NoGrant, Tampered
from tests.http import toys
from tests.http.conftest import Served
from tests.http.toys import LEAK


def problem_of(failure: BaseException) -> tuple[int, str]:
    response = response_of(failure)
    told = json.loads(bytes(response.body))
    assert response.media_type == "application/problem+json"
    assert told["type"] == f"urn:padauk:problem:{told['code']}"
    assert (told["status"], bool(told["title"])) == (response.status_code, True)
    assert LEAK.encode() not in bytes(response.body)
    return response.status_code, told["code"]


def sqlite_error(name: str) -> sqlite3.Error:
    failure = sqlite3.OperationalError(LEAK)
    failure.sqlite_errorname = name
    return failure


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (errors.Unauthenticated(LEAK), 401, "session.required"),
        (web.NotAllowed(LEAK), 403, "permission.denied"),
        (NoGrant(LEAK), 403, "case.no_grant"),
        (CaseErased(), 410, "case.erased"),
        (toys.TeamBusy(LEAK), 409, "toy.busy"),
        (errors.Stale(current=3), 412, "version.stale"),
        (errors.TooLarge(LEAK), 413, "request.too_large"),
        (errors.Invalid("amount"), 422, "request.invalid"),
        (errors.PreconditionMissing(LEAK), 428, "precondition.missing"),
        (errors.TooMany(retry_after=9), 429, "budget.spent"),
        (Tampered(LEAK), 500, "record.tampered"),
        (errors.Busy(retry_after=2), 503, "service.busy"),
        (web.BodyTooSlow(LEAK), 408, "request.too_slow"),
        (HTTPException(404, LEAK), 404, "route.not_found"),
        (HTTPException(405, LEAK), 405, "method.not_allowed"),
        (HTTPException(418, LEAK), 500, "internal.error"),
        (ValueError(LEAK), 500, "internal.error"),
        (NoConnectionFree(LEAK), 503, "service.busy"),
        (StaleDataError(LEAK), 409, "conflict.retry"),
    ],
)
def test_each_family_has_its_status(failure: Exception, status: int, code: str):
    assert problem_of(failure) == (status, code)


@pytest.mark.parametrize(
    ("original", "status", "code"),
    [
        (sqlite_error("SQLITE_CONSTRAINT_UNIQUE"), 409, "conflict.retry"),
        (sqlite_error("SQLITE_CONSTRAINT_PRIMARYKEY"), 409, "conflict.retry"),
        (sqlite_error("SQLITE_CONSTRAINT_NOTNULL"), 500, "internal.error"),
        (sqlite_error("SQLITE_CONSTRAINT_CHECK"), 500, "internal.error"),
        (sqlite_error("SQLITE_BUSY_SNAPSHOT"), 503, "service.busy"),
        (sqlite_error("SQLITE_FULL"), 503, "database.unavailable"),
        (sqlite_error("SQLITE_IOERR_WRITE"), 503, "database.unavailable"),
        (sqlite_error("SQLITE_CANTOPEN"), 503, "database.unavailable"),
        (sqlite_error("SQLITE_ERROR"), 500, "internal.error"),
        (psycopg.errors.SerializationFailure(LEAK), 409, "conflict.retry"),
        (psycopg.errors.DeadlockDetected(LEAK), 409, "conflict.retry"),
        (psycopg.errors.UniqueViolation(LEAK), 409, "conflict.retry"),
        (psycopg.errors.NotNullViolation(LEAK), 500, "internal.error"),
        (psycopg.errors.LockNotAvailable(LEAK), 503, "service.busy"),
        (psycopg.errors.TooManyConnections(LEAK), 503, "service.busy"),
        (psycopg.errors.IdleInTransactionSessionTimeout(LEAK), 503, "service.busy"),
        (psycopg.errors.AdminShutdown(LEAK), 503, "database.unavailable"),
        (psycopg.errors.DiskFull(LEAK), 503, "database.unavailable"),
        (psycopg.errors.ConnectionFailure(LEAK), 503, "database.unavailable"),
        (psycopg.OperationalError(LEAK), 503, "database.unavailable"),
        (psycopg.errors.UndefinedTable(LEAK), 500, "internal.error"),
        (psycopg.DataError(LEAK), 500, "internal.error"),
    ],
    ids=lambda value: getattr(value, "sqlite_errorname", type(value).__name__),
)
def test_what_a_database_says_is_told_by_its_code(original: Any, status: int, code: str):
    assert problem_of(DBAPIError(None, None, original)) == (status, code)


def test_a_broken_connection_is_an_unreachable_database():
    broken = OperationalError("", None, ValueError(LEAK), connection_invalidated=True)
    assert problem_of(broken) == (503, "database.unavailable")


def test_an_operator_hears_of_a_full_disk(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR):
        response_of(DBAPIError(None, None, sqlite_error("SQLITE_FULL")))
        response_of(IntegrityError("", None, sqlite_error("SQLITE_CONSTRAINT_UNIQUE")))
    assert len(caplog.records) == 1
    assert LEAK not in caplog.text


def test_a_failure_without_a_family_has_no_status():
    class Homeless(errors.DomainError):
        code = "toy.homeless"

    with pytest.raises(RowMissing, match="Homeless is of no family: derive it"):
        status_of(Homeless)


def test_an_invalid_field_is_named():
    assert b'"field":"amount"' in bytes(response_of(errors.Invalid("amount")).body)
    assert b"errors" not in bytes(response_of(errors.Invalid()).body)


def test_a_stale_change_says_what_changed():
    told = bytes(response_of(errors.Stale(current=3, changed=("case:moved",))).body)
    assert b'"current":3' in told
    assert b'"changed":["case:moved"]' in told
    assert b"current" not in bytes(response_of(errors.Stale(current=0)).body)


def test_waiting_times_stand_in_the_header():
    assert response_of(errors.TooMany(retry_after=9)).headers["retry-after"] == "9"
    assert response_of(errors.Busy()).headers["retry-after"] == "1"


# ---------------------------------------------------------------------- as served


def test_an_unknown_address_is_a_problem(judge: Served):
    for path in ("/nowhere", "/api/nowhere", "/api/toys/a/b/c", "/api/toys/", "/docs"):
        response = judge.ask(None, "GET", path)
        assert (response.status_code, response.json()["code"]) == (404, "route.not_found")


def test_a_wrong_method_is_told_the_right_ones(judge: Served):
    response = judge.ask(None, "DELETE", "/api/health")
    assert (response.status_code, response.json()["code"]) == (405, "method.not_allowed")
    assert response.headers["allow"] == "GET, HEAD"


def test_two_that_met_in_the_database_are_a_conflict(served: Served):
    before = served.count()
    response = served.ask(Role.ADMINISTRATOR, "POST", "/api/toys/twins")
    assert (response.status_code, response.json()["code"]) == (409, "conflict.retry")
    assert served.count() == before


def take_away(engine: Engine, patch: pytest.MonkeyPatch) -> None:
    """Let every new connection fail as the driver says it when the database is gone."""

    def refuse(*_: object) -> None:
        if engine.dialect.name == "sqlite":
            raise sqlite_error("SQLITE_CANTOPEN")
        raise psycopg.errors.ConnectionFailure(LEAK)

    engine.dispose()
    patch.setattr(engine.pool, "_invoke_creator", refuse)


def test_a_database_that_is_gone_is_unavailable_until_it_is_back(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    member = served.world.member("volunteer")
    served.world.token(member)
    with monkeypatch.context() as patch:
        take_away(served.world.deployment.engine, patch)
        answer = served.ask(member, "GET", "/api/toys")
        assert served.ask(None, "GET", "/api/health").status_code == 200, "the process is alive"
    assert (answer.status_code, answer.json()["code"]) == (503, "database.unavailable")
    assert answer.headers["retry-after"] == "5"
    assert served.ask(member, "GET", "/api/toys").status_code == 200
