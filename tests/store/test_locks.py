"""A job's lock is held by one, and ends with its holder, however that ends."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from app.store.engine import build_engine
from app.store.locks import job_lock, same_boot_key
from tests.support.postgres import fresh_database

HOLDER = textwrap.dedent(
    """
    import sys, time
    from app.store.engine import build_engine
    from app.store.locks import job_lock
    with job_lock(build_engine(sys.argv[1]), "tidying") as taken:
        print(taken, flush=True)
        time.sleep(60)
    """
)


@pytest.fixture
def engine(empty_databases):
    engine = build_engine(empty_databases[0])
    yield engine
    engine.dispose()


def test_a_lock_is_taken_once_and_free_again_afterwards(engine):
    with job_lock(engine, "tidying") as first, job_lock(engine, "tidying") as second:
        assert (first, second) == (True, False)
    with job_lock(engine, "tidying") as again:
        assert again


def test_servers_with_one_boot_key_serve_beside_one_another_and_with_two_do_not(postgres_server):
    engine = build_engine(fresh_database(postgres_server, "boot_keys"), pool_size=4)
    one, two = bytes([1] * 32), bytes([2] * 32)
    with same_boot_key(engine, one, 0) as first, same_boot_key(engine, one, 0) as second:
        assert (first, second) == (True, True)
        with same_boot_key(engine, two, 0) as third:
            assert not third
    with same_boot_key(engine, two, 0) as alone:
        assert alone, "the lock of a server that has stopped is free"
    engine.dispose()


def test_locks_of_two_jobs_do_not_meet(engine):
    with job_lock(engine, "tidying") as one, job_lock(engine, "sequencer") as other:
        assert (one, other) == (True, True)


def test_a_lock_ends_with_a_process_that_is_killed(engine, empty_databases):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, empty_databases[0]], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "True"
        with job_lock(engine, "tidying") as taken:
            assert not taken
        holder.kill()
        holder.wait(timeout=20)
    for _ in range(100):
        with job_lock(engine, "tidying") as taken:
            if taken:
                return
    pytest.fail("the lock of a killed process was still held")
