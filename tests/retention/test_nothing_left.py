"""After a destruction no file under the databases holds what was erased: not the key, nor cells."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.cases.models import Case
from app.retention.destruction import Order, destroy
from app.retention.passes import after_run
from app.store.models import ErasureShare
from app.vault.models import Bundle, Grant
from tests.retention.steps import closed_case


def secrets_of(world, case_id) -> list[bytes]:
    """The share's columns, the cells and the wraps of a case, as they are stored."""
    with world.deployment.sessions() as session:
        case = session.get_one(Case, case_id)
        cells = [getattr(case, name) for name in vars(case) if name.endswith("_sealed")]
        cells += [case._identity, case._contact, case._account]
        wraps = list(session.scalars(select(Bundle.sealed).where(Bundle.case_id == case_id)))
        grants = session.scalars(select(Grant).where(Grant.case_id == case_id)).all()
        wraps += [g.symmetric_wrap or g.hpke_wrap for g in grants]
        share_id = case.share_id
    with world.deployment.keystore.engine.connect() as connection:
        row = connection.execute(
            select(ErasureShare.__table__).where(ErasureShare.id == share_id)
        ).one()
    shares = [value for value in row if isinstance(value, bytes)]
    # Runs of bytes, since a long value spans pages.
    return [value[-24:] for value in [*shares, *cells, *wraps] if value]


def files_of(world) -> bytes:
    folder = world.files[0]
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize("what", ["all", "contact"])
def test_no_file_of_sqlite_holds_the_share_or_the_cells_of_what_was_erased(world, what):
    case_id = closed_case(world)
    with world.deployment.sessions() as session:
        contact = session.get_one(Case, case_id)._contact[-24:]
    wanted = secrets_of(world, case_id) if what == "all" else [contact]
    before = files_of(world)
    assert all(value in before for value in wanted), "the search finds what is there"
    destroy(world.deployment, [Order(case_id, "case", what)])
    after_run(world.deployment)
    after = files_of(world)
    assert [value for value in wanted if value in after] == []


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_keystore_of_postgresql_is_rewritten_after_a_run(world):
    """On PostgreSQL: paging of its own; a plain deletion leaves the bytes in their page."""
    case_id = closed_case(world)
    with world.deployment.sessions() as session:
        share_id = session.get_one(Case, case_id).share_id
    engine = world.deployment.keystore.engine

    def file_node() -> int:
        with engine.connect() as connection:
            text = "SELECT pg_relation_filenode('erasure_shares')"
            return connection.exec_driver_sql(text).scalar_one()

    before = file_node()
    destroy(world.deployment, [Order(case_id, "case")])
    after_run(world.deployment)
    assert file_node() != before
    assert world.deployment.keystore.find([share_id]) == {}
