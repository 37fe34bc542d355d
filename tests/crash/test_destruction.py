"""A destruction that is killed after any of its statements ends in the same state.

Each trial is a process of its own over a copy of the databases, killed by SIGKILL as a power cut
would: after the first statement, the second, and so on. A further run goes on from there. Every
third statement, from a beginning that is drawn; `CRASH_STRIDE=1` takes each of them.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal

import pytest
from sqlalchemy import event, func, select

from app.audit.writes import note_writes
from app.cases.models import Case
from app.deployment import Deployment
from app.models import metadata
from app.retention.destruction import Order, destroy, finish_begun
from app.retention.models import Destruction, DestructionStep
from app.store.models import DeploymentIdentity, KeystoreBase
from tests.retention.steps import closed_case, verify_all
from tests.support.world import copy_sqlite, open_world

STRIDE = int(os.environ.get("CRASH_STRIDE", "3"))

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def build(founded, settings, clock):
    deployment = Deployment.build(settings, founded.root, boot_key=bytes(32), clock=clock)
    note_writes(deployment.sessions)
    return deployment


def run_until_killed(build_copy, orders, after):
    """Destroy in a child that is killed after so many statements; returns whether it was."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status)
    try:
        deployment = build_copy()
        left = after

        def count_down(*_):
            nonlocal left
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

        for engine in (deployment.engine, deployment.keystore.engine):
            event.listen(engine, "after_cursor_execute", count_down)
            event.listen(engine, "commit", count_down)
        destroy(deployment, orders)
        os._exit(0)
    finally:
        os._exit(1)


def state_of(deployment):
    """What must be the same however often it was killed: counts of rows, and what was destroyed."""
    with deployment.sessions() as session:
        counts = {
            table.name: session.scalar(select(func.count()).select_from(table))
            for table in metadata.sorted_tables
            if not table.name.startswith(("audit", "job_runs"))
        }
        done = session.execute(
            select(
                Destruction.what, Destruction.rule, Destruction.step, Destruction.cells
            ).order_by(Destruction.what, Destruction.rule)
        ).all()
        certificates = session.scalars(select(Destruction.certificate)).all()
        applied = session.scalar(select(DeploymentIdentity.journal_number))
        cases = session.scalars(select(Case.id).order_by(Case.id)).all()
    with deployment.keystore.engine.connect() as connection:
        shares = connection.execute(
            select(KeystoreBase.metadata.tables["erasure_shares"]).order_by("id")
        ).all()
    entries = [(e.kind, e.subject) for e in deployment.keystore.journal.entries()]
    return counts, done, len(certificates), applied, cases, shares, sorted(entries)


def test_killed_after_any_statement_a_destruction_ends_in_the_same_state(world):
    gone, thinned, kept = closed_case(world), closed_case(world), closed_case(world)
    orders = [Order(gone, "case"), Order(thinned, "contact", "contact")]
    source = world.files[0]
    world.deployment.close()
    trials, whole, folder = 0, None, source.parent / f"{source.name}-killed"

    def fresh():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return copy_sqlite(world.founded, source, folder)

    settings = fresh()
    deployment = build(world.founded, settings, world.clock)
    destroy(deployment, orders)
    whole = state_of(deployment)
    deployment.close()
    after = secrets.randbelow(STRIDE) + 1 - STRIDE
    while True:
        settings = fresh()
        trials += 1
        after += STRIDE
        killed = run_until_killed(
            lambda chosen=settings: build(world.founded, chosen, world.clock), orders, after
        )
        deployment = build(world.founded, settings, world.clock)
        finish_begun(deployment)
        destroy(deployment, orders)  # what had not begun is begun now
        assert state_of(deployment) == whole, f"killed after statement {after}"
        if trials % 10 == 0:
            again = open_world(world.founded, settings)
            assert verify_all(again).findings == []
            again.close()
        deployment.close()
        if not killed:
            break
    assert after > 60
    assert kept in whole[4]
    assert {row.step for row in whole[1]} == {DestructionStep.CERTIFIED}
