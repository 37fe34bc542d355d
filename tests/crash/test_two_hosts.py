"""Two hosts on one PostgreSQL, as processes with their own homes, files and clocks."""

from __future__ import annotations

import signal
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf
from app.clock import utc_now
from app.crypto.root import create_root_key_file
from app.sessions.models import MemberSession
from app.store.base import new_id
from app.store.identity import StartCode
from app.store.jobs import list_runs
from app.store.models import KeystoreIdentity
from tests.support.hosts import Server, another_host, found_home, padauk, status_of
from tests.support.postgres import fresh_database
from tests.support.writers import Writers, await_jobs, inspect

_numbers = count()


@pytest.fixture
def home(postgres_server, tmp_path):
    number = next(_numbers)
    names = (f"hosts_{number}_main", f"hosts_{number}_keys")
    urls = [fresh_database(postgres_server, name) for name in names]
    return found_home(tmp_path / "a", *urls)


@pytest.fixture
def hosts(home, tmp_path):
    """Starts hosts, and ends those that still run."""
    first = Server(home)
    servers = [first]
    first.await_ready()

    def add(name, **changed):
        server = Server(another_host(home, tmp_path / name, **changed))
        servers.append(server)
        server.await_ready()
        return server

    yield first, add
    for server in servers:
        server.close()


def row_count(home, table):
    engine = create_engine(home.settings.database_url)
    with Session(engine) as session:
        number = session.scalar(select(func.count()).select_from(table))
    engine.dispose()
    return number


def test_a_rolling_restart_loses_nothing_and_leaves_nobody_waiting(home, hosts):
    first, add = hosts
    second = add("b")
    crowd = Writers(lambda: [home.port, second.home.port], home)
    crowd.start()
    for server in (first, second, first):
        assert server.ask_to_stop(signal.SIGTERM) == 0
        server.restart()
    crowd.stop()
    await_jobs(home)
    found = inspect(home)
    assert crowd.count() > 20
    assert max(act.tries for act in crowd.acked) <= 6, "an act waited although one host served"
    assert (found.lost(crowd), found.doubled(crowd), found.shares_missing) == (0, 0, 0)
    assert found.verdict.findings == []


def test_jobs_of_two_hosts_run_once(home, hosts):
    _, add = hosts
    second = add("b")
    crowd = Writers(lambda: [second.home.port, home.port], home)
    crowd.start()
    crowd.await_acked(100)
    crowd.stop()
    await_jobs(home)
    assert inspect(home).verdict.findings == []
    assert row_count(home, AuditLeaf) == row_count(home, AuditEvent)
    engine = create_engine(home.settings.database_url)
    with Session(engine) as session:
        sizes = session.scalars(select(AuditCheckpoint.note)).all()
    engine.dispose()
    assert len(sizes) == len(set(sizes)), "two hosts signed the same turn"


@pytest.mark.parametrize("hours", [26, -26])
def test_a_host_whose_clock_is_wrong_destroys_and_expires_nothing(home, hosts, tmp_path, hours):
    _, add = hosts
    crowd = Writers(lambda: [home.port], home)
    crowd.start()
    moved = tmp_path / "seconds"
    moved.write_text(str(timedelta(hours=hours).total_seconds()), encoding="ascii")
    sessions = row_count(home, MemberSession)
    wrong = add("wrong", clock_file=moved)
    assert status_of(wrong.home.port, "/api/health/ready") == 200
    seen = padauk(wrong.home, "doctor")
    assert seen.returncode == 3
    assert "hours from the database's" in seen.stdout.replace("\n", " ")
    crowd.stop()
    await_jobs(home)
    assert row_count(home, MemberSession) >= sessions
    engine = create_engine(home.settings.database_url)
    with Session(engine) as session:
        stamp = next(run for run in list_runs(session) if run.name == "clock")
    engine.dispose()
    assert abs(utc_now() - stamp.began_at) < timedelta(minutes=5)
    found = inspect(home)
    assert (found.lost(crowd), found.doubled(crowd)) == (0, 0)
    assert found.verdict.findings == []


def test_a_host_with_another_root_key_is_refused(home, tmp_path):
    other = another_host(home, tmp_path / "b")
    (other.folder / "root.key").unlink()
    create_root_key_file(other.folder / "root.key")
    assert padauk(other, "serve").returncode == StartCode.OTHER_ROOT_KEY


def test_a_host_with_settings_of_another_organisation_is_refused(home, tmp_path):
    other = another_host(home, tmp_path / "b", organisation_id=new_id())
    assert padauk(other, "serve").returncode == StartCode.NOT_A_PAIR


def test_a_host_with_a_keystore_of_its_own_is_refused(home, tmp_path):
    other = another_host(home, tmp_path / "b", keystore_url=f"sqlite:///{tmp_path}/b/keystore.db")
    assert padauk(other, "serve").returncode == StartCode.KEYSTORE_LOCAL


def test_a_host_with_an_old_keystore_is_refused(home, hosts, postgres_server, tmp_path):
    old = f"hosts_old_{next(_numbers)}"
    hosts[0].ask_to_stop(signal.SIGTERM)
    keys = home.settings.keystore_url.split("?", maxsplit=1)[0].rsplit("/", maxsplit=1)[1]
    old_url = fresh_database(postgres_server, old, keys)
    hosts[0].restart()
    crowd = Writers(lambda: [home.port], home)
    crowd.start()
    crowd.await_acked(10)
    crowd.stop()
    engine = create_engine(home.settings.keystore_url)
    with Session(engine) as session:
        assert session.scalars(select(KeystoreIdentity.number)).one() > 1
    engine.dispose()
    assert padauk(home, "backup", "--to", str(tmp_path / "copies")).returncode == 0
    other = another_host(home, tmp_path / "b", keystore_url=old_url)
    assert padauk(other, "serve").returncode == StartCode.KEYSTORE_OLDER
