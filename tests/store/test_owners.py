"""The role that serves adds to the log, and can do nothing else to it.

On PostgreSQL: transaction. SQLite has no roles.
"""

from __future__ import annotations

import os
import subprocess

import pytest
from sqlalchemy import column, create_engine, select, table, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from app.audit.models import INSERT_ONLY
from app.cli.doctor import _about_records
from app.cli.home import build
from app.clock import utc_now
from app.crypto.root import RootKey
from app.retention.passes import run_pass
from app.settings import Settings
from app.store.base import new_id
from app.store.engine import build_engine, rewrite_tables
from app.store.models import ErasureShare
from app.store.owners import OwnerRefused, Owners, bring_up, owns_tables
from tests.insider.scene import live
from tests.retention.steps import verify_all
from tests.support.founding import found
from tests.support.hosts import PADAUK
from tests.support.world import Clock, World

OWNER, SERVING = "padauk_owner", "padauk_serving"
on_postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


def as_role(url: str, role: str) -> str:
    return make_url(url).set(username=role).render_as_string(hide_password=False)


@pytest.fixture
def urls(empty_databases):
    """Main and keystore, owned by a role that makes the tables; another role serves."""
    with create_engine(empty_databases[0], isolation_level="AUTOCOMMIT").connect() as server:
        for role in (OWNER, SERVING):
            if not server.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :r"), {"r": role}):
                server.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
        for url in empty_databases:
            server.exec_driver_sql(f"ALTER DATABASE {make_url(url).database} OWNER TO {OWNER}")
    server.engine.dispose()
    return empty_databases


@pytest.fixture
def served(urls):
    """A world whose tables another role owns."""
    main, keystore = urls
    engines = [build_engine(as_role(url, SERVING)) for url in urls]
    for engine, line, url in zip(engines, ("main", "keystore"), urls, strict=True):
        bring_up(engine, line, as_role(url, OWNER))
        engine.dispose()
    settings = Settings(
        environment="test", organisation_id=new_id(), organisation_root="0" * 64,
        database_url=as_role(main, SERVING), keystore_url=as_role(keystore, SERVING),
        argon2_memory_kib=8, argon2_iterations=1,
    )  # fmt: skip
    root_key = RootKey(bytes(32))
    founded = found(settings, root_key, Clock(utc_now()), by_migrations=True)
    world = World(build(founded.settings, root_key), Clock(utc_now()), founded)
    yield world
    world.close()


@on_postgresql
def test_a_whole_journey_needs_no_more_rights_than_the_serving_role_has(served):
    live(served)
    run_pass(served.deployment)
    assert verify_all(served).sound
    with served.deployment.engine.connect() as connection:
        assert not owns_tables(connection, INSERT_ONLY)


@on_postgresql
@pytest.mark.parametrize("name", INSERT_ONLY)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {0} SET id = id",
        "DELETE FROM {0}",
        "TRUNCATE {0}",
        "ALTER TABLE {0} DISABLE TRIGGER ALL",
        "DROP TRIGGER {0}_no_change ON {0}",
        "DROP TABLE {0}",
    ],
)
def test_the_serving_role_can_only_add_to_the_log_and_the_ledger(served, name, statement):
    with served.deployment.engine.connect() as connection, pytest.raises(ProgrammingError) as no:
        connection.exec_driver_sql(statement.format(name))
    assert no.value.orig.sqlstate == "42501"  # insufficient_privilege, before any trigger


@on_postgresql
def test_what_was_destroyed_leaves_the_pages_though_another_owns_them(served):
    """Without the right to do so PostgreSQL skips the table with a warning, and keeps its pages."""
    catalogue = table("pg_class", column("relfilenode"), column("relname"))
    file = select(catalogue.c.relfilenode).where(catalogue.c.relname == ErasureShare.__tablename__)
    with served.deployment.keystore.engine.connect() as connection:
        before = connection.scalar(file)
    rewrite_tables(served.deployment.keystore.engine, [ErasureShare.__tablename__])
    with served.deployment.keystore.engine.connect() as connection:
        assert connection.scalar(file) != before


@on_postgresql
def test_an_owner_of_another_database_or_the_serving_role_itself_is_refused(urls):
    main, keystore = urls
    engine = build_engine(as_role(main, SERVING))
    with pytest.raises(OwnerRefused, match="another database"):
        bring_up(engine, "main", as_role(keystore, OWNER))
    with pytest.raises(OwnerRefused, match="the same role"):
        bring_up(engine, "main", as_role(main, SERVING))
    engine.dispose()


@on_postgresql
def test_doctor_advises_an_owner_where_the_serving_role_could_rewrite_the_log(world):
    advised = {advice.name for advice in _about_records(world.deployment, None)}
    assert "database role" in advised


def test_sqlite_has_no_owner(tmp_path):
    engine = build_engine(f"sqlite:///{tmp_path}/padauk.db")
    with pytest.raises(OwnerRefused, match="no roles"):
        bring_up(engine, "main", "postgresql+psycopg://owner@/padauk")
    engine.dispose()


def test_an_address_of_an_owner_shows_in_no_representation():
    assert "secret" not in repr(Owners("postgresql+psycopg://owner:secret@/padauk"))


@on_postgresql
def test_founding_with_an_owner_keeps_its_address_nowhere(urls, tmp_path):
    main, keystore = urls
    home = tmp_path / "home"
    wanted = {
        "--home": home, "--lead": "heron", "--team": "Teak", "--preset": "small",
        "--small-sum": "MMK=100000", "--zone": "Asia/Yangon",
        "--database-url": as_role(main, SERVING), "--keystore-url": as_role(keystore, SERVING),
    }  # fmt: skip
    owners = {
        "PADAUK_OWNER_URL": as_role(main, OWNER),
        "PADAUK_KEYSTORE_OWNER_URL": as_role(keystore, OWNER),
    }
    typed = [str(word) for option in wanted.items() for word in option]
    ran = subprocess.run(
        [PADAUK, "init", *typed],
        env=os.environ | owners,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert OWNER not in ran.stdout + (home / "padauk.toml").read_text(encoding="utf-8")
    engine = create_engine(main)
    with engine.connect() as connection:
        owner = select(column("tableowner")).select_from(table("pg_tables"))
        assert connection.scalar(owner.where(column("tablename") == "audit_events")) == OWNER
    looked = subprocess.run(
        [PADAUK, "doctor", "--home", str(home)], capture_output=True, text=True, check=False
    )
    assert "root key" in looked.stdout, looked.stderr
    assert "database role" not in looked.stdout
    engine.dispose()
