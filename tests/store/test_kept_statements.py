"""Statements on the driver's cursor give what SQLAlchemy gives, and fail as it fails."""

from __future__ import annotations

import pytest
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    event,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.store.kept_statements import KeptStatement, connection_of

TABLE = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("word", String))
ADD = KeptStatement(insert(TABLE))
FIND = KeptStatement(
    select(TABLE.c.word)
    .where(TABLE.c.id.in_(bindparam("ids", expanding=True)), TABLE.c.word != "hidden")
    .order_by(TABLE.c.id),
    list_="ids",
)


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        TABLE.metadata.create_all(connection)
        ADD.run(connection, *({"id": n, "word": f"word {n}"} for n in range(6)))
        ADD.run(connection, {"id": 6, "word": "hidden"})
        yield connection
    engine.dispose()


@pytest.mark.parametrize("ids", [[0], [1, 0], [2, 4, 5], [0, 1, 2, 3, 4, 5, 6], [6], [99]])
def test_a_list_of_any_length_finds_what_it_names_and_nothing_else(connection, ids):
    found = [(f"word {n}",) for n in sorted(ids) if n < 6]

    assert FIND.rows(connection, {"ids": ids}) == found


def test_a_row_that_is_there_is_refused_as_sqlalchemy_refuses_it(connection):
    with pytest.raises(IntegrityError) as refused:
        ADD.run(connection, {"id": 0, "word": "a secret word"})

    assert refused.value.orig.sqlite_errorname == "SQLITE_CONSTRAINT_PRIMARYKEY"
    assert "a secret word" not in str(refused.value)


def test_who_listens_to_an_engine_hears_kept_statements(connection):
    heard = []
    event.listen(connection.engine, "before_cursor_execute", lambda *given: heard.append(given[2]))

    FIND.rows(connection, {"ids": [0]})
    ADD.run(connection, {"id": 7, "word": "seven"}, {"id": 8, "word": "eight"})

    assert [one.split()[0] for one in heard] == ["SELECT", "INSERT"]


def test_the_connection_of_a_session_is_that_of_its_transaction_and_of_no_earlier_one(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/things.sqlite")
    with Session(engine) as session:
        for end in (session.rollback, session.commit, session.close):
            first = connection_of(session)
            assert first is connection_of(session) is session.connection()
            assert first.in_transaction()
            end()
            assert connection_of(session) is not first
    engine.dispose()


def test_a_session_on_a_given_connection_begins_before_that_connection_is_used_again(connection):
    with Session(connection) as session:
        assert connection_of(session) is connection
        session.close()
        assert connection_of(session) is connection
        assert session.in_transaction()
