"""Nothing waits for a database without end, and behind PgBouncer nothing is kept between units."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Engine, text

from app.store.engine import Timeouts, build_engine, read_snapshot
from tests.support.postgres import fresh_database


def engine_of(server: str, *, behind: bool) -> Engine:
    url = fresh_database(server, f"limits_{behind}".lower())
    return build_engine(url, pool_size=1, behind_pgbouncer=behind)


@pytest.fixture(params=[False, True], ids=["direct", "behind PgBouncer"])
def engine(postgres_server, request):
    engine = engine_of(postgres_server, behind=request.param)
    yield engine
    engine.dispose()


def limits(connection) -> dict[str, str]:
    shown = {
        name: connection.scalar(
            text("SELECT setting FROM pg_settings WHERE name = :name"), {"name": name}
        )
        for name in Timeouts().items()
    }
    return {name: str(value) for name, value in shown.items()}


def test_every_transaction_has_a_limit_on_statements_locks_and_idling(engine):
    for _ in range(2):
        with engine.begin() as connection:
            assert limits(connection) == Timeouts().items()
    assert "0" not in Timeouts().items().values()


def test_a_connection_that_cannot_be_made_or_is_not_answered_is_given_up(engine):
    with engine.connect() as connection:
        asked = connection.connection.driver_connection.info.get_parameters()
    assert 0 < int(asked["connect_timeout"]) <= 5
    assert 0 < int(asked["tcp_user_timeout"]) <= 15_000
    assert 0 < int(asked["keepalives_idle"]) + int(asked["keepalives_interval"]) <= 15


def test_the_server_notices_within_half_a_minute_that_a_host_has_vanished(postgres_server):
    """A job's lock is held by a transaction that nothing else would end."""
    engine = engine_of(postgres_server, behind=False)
    with engine.connect() as connection:
        options = connection.connection.driver_connection.info.get_parameters()["options"]
    engine.dispose()
    asked = dict(re.findall(r"-c tcp_keepalives_(\w+)=(\d+)", options))
    seconds = int(asked["idle"]) + int(asked["interval"]) * int(asked["count"])
    assert 0 < seconds <= 30


def test_only_a_long_read_lifts_the_limit_on_statements_and_only_for_itself(engine):
    with read_snapshot(engine) as connection:
        assert limits(connection)["statement_timeout"] == "0"
    with engine.begin() as connection:
        assert limits(connection) == Timeouts().items()


@pytest.mark.parametrize("behind", [False, True])
def test_behind_pgbouncer_no_statement_and_no_option_stays_on_a_server_connection(
    postgres_server, behind
):
    engine = engine_of(postgres_server, behind=behind)
    for _ in range(10):
        with engine.begin() as connection:
            connection.execute(text("SELECT 1"))
    with engine.connect() as connection:
        kept = connection.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
        options = connection.connection.driver_connection.info.get_parameters().get("options", "")
    engine.dispose()
    assert (kept == 0) is behind
    assert ("statement_timeout" in options) is not behind
