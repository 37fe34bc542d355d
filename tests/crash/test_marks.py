"""Killed at any step of the protocol between the two databases, nothing that ended begins again.

Each trial is a process of its own over a copy of both databases. It does one act and is killed by
SIGKILL before one of the statements and commits with which the act is marked: each in turn on
SQLite, every third from a drawn beginning on PostgreSQL; `CRASH_STRIDE=1` takes each of them.
"""

from __future__ import annotations

import os
import secrets
import signal

import pytest
from sqlalchemy import event, select, update

from app.audit.writes import note_writes
from app.deployment import Deployment
from app.ledger.models import DepositSource, Fund
from app.ledger.service import deposit
from app.permissions import Role
from app.registration.models import Registration
from app.store.authenticated import altered_rows, place_of
from app.store.models import RowMark
from app.vault.models import Grant
from app.worker import settle_marks
from tests.support.aid_steps import open_fund
from tests.support.registration_steps import give_out, left, redeem
from tests.support.vetting_steps import clear
from tests.support.world import World

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def prepare(world):
    """A case with two holders, a code that was handed over, and a fund."""
    case_id = world.open_case()
    clear(world, case_id)
    left(world, case_id)
    _, code = give_out(world, case_id)
    fund_id = open_fund(world, world.member(Role.TREASURER), 500)
    return case_id, code, fund_id


def end_grant(world):
    """An end: the other coordinator's grant."""
    case_id, _, _ = world.facts
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        assert work.grants.end(case_id, holder_id=world.member(Role.COORDINATOR, 2).id)


def spend_code(world):
    """A spending: the code is redeemed."""
    _, code, _ = world.facts
    redeem(world, code)


def pay_in(world):
    """A replacement: the fund's balance."""
    _, _, fund_id = world.facts
    with world.work_as(world.member(Role.TREASURER)) as work:
        deposit(work, fund_id, 300, DepositSource.MEMBERS)


ACTS = {end_grant: Grant, spend_code: Registration, pay_in: Fund}


def act_until_killed(world, act, step):
    """Act in a child that is killed before so many steps; returns whether it answered first."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        os.waitpid(child, 0)
        answered = os.read(reading, 1) == b"a"
        ended = os.read(reading, 1) == b"" and not answered
        os.close(reading)
        return answered, ended
    try:
        deployment = Deployment.build(
            world.deployment.settings, world.founded.root, boot_key=bytes(32), clock=world.clock
        )
        note_writes(deployment.sessions)
        left_to_do = step

        def count_down(*_):
            nonlocal left_to_do
            left_to_do -= 1
            if left_to_do < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        keys = deployment.keystore.engine
        for name in ("begin", "before_cursor_execute", "commit"):
            event.listen(keys, name, count_down)
        event.listen(deployment.engine, "commit", count_down)
        act(World(deployment, world.clock, world.founded, facts=world.facts))
        os.write(writing, b"a")
        os._exit(0)
    finally:
        os._exit(1)


def rows_of(world, model):
    with world.deployment.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(model.__table__)).mappings()]


def put_back(world, model, rows):
    table = model.__table__
    with world.deployment.engine.begin() as connection:
        for row in rows:
            connection.execute(update(table).where(table.c.id == row["id"]).values(row))


def altered_in(world, model):
    """Return the altered rows of a table, as the next request finds them."""
    with world.deployment.sessions() as session:
        rows = session.scalars(select(model)).all()
        return [row.id for row in rows if place_of(row) in altered_rows(session)]


@pytest.mark.parametrize("act", ACTS)
def test_killed_before_any_step_no_old_row_counts_that_was_answered(
    new_world, world_on_both, backend, act
):
    """On both databases: transaction. Ends, spends and replaces, killed at each step in turn."""
    assert world_on_both
    model = ACTS[act]
    stride = 1 if backend == "sqlite" else int(os.environ.get("CRASH_STRIDE", "3"))
    step, outcomes = secrets.randbelow(stride), set()
    while True:
        world = new_world(prepare)
        before = rows_of(world, model)
        answered, killed = act_until_killed(world, act, step)
        after = rows_of(world, model)
        done = after != before
        assert altered_in(world, model) == [], f"a row is shut that nobody put back, step {step}"
        if answered:
            put_back(world, model, before)
            assert altered_in(world, model), f"an old row counts again, step {step}"
            put_back(world, model, after)
        with world.work_as(None) as work:
            settle_marks(work)
        assert altered_in(world, model) == [], f"settling shut a row, step {step}"
        with world.deployment.keystore.engine.connect() as connection:
            waits = select(RowMark.tag).where(RowMark.unit.is_not(None))
            assert connection.execute(waits).first() is None
        put_back(world, model, before)
        assert bool(altered_in(world, model)) == done, f"killed before step {step}"
        outcomes.add((killed, done))
        world.close()
        if not killed:
            break
        step += stride
    assert outcomes == {(True, False), (True, True), (False, True)}
    assert step > 8
