"""The PostgreSQL that the tests bring along: it starts, copies databases, and leaves nothing."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from tests.support.postgres import (
    drop_database,
    fresh_database,
    postgres_program,
    start_postgres,
)


@pytest.fixture(scope="module")
def server():
    with start_postgres() as url:
        yield url


def _asked(url, order):
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            answer = connection.exec_driver_sql(order)
            return answer.scalar() if answer.returns_rows else None
    finally:
        engine.dispose()


def _folder(url):
    return str(make_url(url).query["host"])


def test_it_is_postgresql_18_in_utf8_and_listens_on_no_port(server):
    assert _asked(server, "show server_version").startswith("18.")
    assert _asked(server, "show server_encoding") == "UTF8"
    assert _asked(server, "show listen_addresses") == ""


def test_a_fresh_database_is_a_copy_of_its_template_and_apart_from_it(server):
    first = fresh_database(server, "first")
    _asked(first, "create table kept (n int)")
    second = fresh_database(server, "second", template="first")
    _asked(second, "insert into kept values (1)")
    assert _asked(second, "select count(*) from kept") == 1
    assert _asked(first, "select count(*) from kept") == 0


def test_a_fresh_database_takes_the_place_of_an_older_one(server):
    _asked(fresh_database(server, "again"), "create table kept (n int)")
    renewed = fresh_database(server, "again")
    assert _asked(renewed, "select count(*) from pg_tables where tablename = 'kept'") == 0


def test_a_dropped_database_is_gone_and_dropping_it_twice_is_no_error(server):
    url = fresh_database(server, "brief")
    drop_database(server, "brief")
    drop_database(server, "brief")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(dbname="brief", user="padauk", host=_folder(url))


def test_a_durable_server_syncs_and_nothing_of_it_stays():
    with start_postgres(durable=True) as url:
        assert _asked(url, "show fsync") == "on"
        assert _asked(url, "show synchronous_commit") == "on"
        folder = Path(_folder(url))
        assert (folder / "data").is_dir()
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dbname="postgres", user="padauk", host=str(folder))


def test_its_own_programs_are_found_by_name():
    assert postgres_program("pg_dump").is_file()
    with pytest.raises(FileNotFoundError):
        postgres_program("pg_nothing")
