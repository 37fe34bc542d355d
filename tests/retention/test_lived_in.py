"""Whatever acts left of a case is destroyed: in every table that the main job and its rest write.

`live` has rows in every table, which a wall of tests/insider holds: a table that is added
tomorrow is destroyed here.
"""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.cases.models import Case, CaseMove, CaseStatus, ReplacedCell
from app.cases.moves import move_case
from app.models import metadata
from app.relocation.models import Leg
from app.retention.clearing import models_of_cases, read_cells
from app.retention.destruction import Order, destroy
from app.retention.models import Destruction, DestructionStep
from app.store.models import ErasedPart
from app.store.sealed import sealed_fields
from app.watch.models import CheckIn
from tests.insider.scene import live
from tests.retention.steps import verify_all


@pytest.fixture
def lived_in(new_world):
    """An organisation in which two teams have brought somebody all the way."""
    world = new_world(live)
    with world.deployment.sessions() as session:
        first, second = session.scalars(select(Case).order_by(Case.sequence)).all()[:2]
        ids = first.id, second.id
    for team, case_id in enumerate(ids, start=1):
        end(world, case_id, team)
    return world, ids


def end(world, case_id: UUID, team: int) -> None:
    with world.work_as(world.member("coordinator", team=team)) as work:
        case = work.session.get_one(Case, case_id)
        if case.status is not CaseStatus.CLOSED:
            move_case(work, case, CaseStatus.CLOSED)


def alter(world, model, **values) -> None:
    """Write to one table as somebody with the database's password would."""
    with world.deployment.engine.begin() as connection:
        done = connection.execute(update(model.__table__).values(**values))
        assert done.rowcount


def test_every_part_of_a_case_that_was_lived_in_is_destroyed_by_itself(lived_in):
    world, (case_id, other) = lived_in
    with world.deployment.sessions() as session:
        parts = [part for part in ErasedPart if read_cells(session, [case_id], part)[case_id]]
    used = {field.part for model in models_of_cases() for field in sealed_fields(model).values()}
    assert set(parts) == used & set(ErasedPart), "give live an act for these"
    for part in parts:
        assert destroy(world.deployment, [Order(case_id, "test", part.value)]) == 1, part
        with world.deployment.sessions() as session:
            assert read_cells(session, [case_id], part)[case_id] == [], part
    with world.deployment.sessions() as session:
        assert read_cells(session, [case_id], None)[case_id] == []
        assert read_cells(session, [other], None)[other] != []
    verdict = verify_all(world)
    assert verdict.findings == []


def test_a_case_that_was_lived_in_is_destroyed_with_every_row_that_names_it(lived_in):
    world, (case_id, other) = lived_in
    with world.deployment.sessions() as session:
        named = {
            table.name
            for table in metadata.sorted_tables
            if "case_id" in table.c
            and session.execute(select(table).where(table.c.case_id == case_id)).first()
        }
    assert {"aid_steps", "case_moves", "check_ins", "emergency_decisions"} <= named
    assert destroy(world.deployment, [Order(case_id, "case")]) == 1
    with world.deployment.sessions() as session:
        for table in metadata.sorted_tables:
            if "case_id" in table.c and table.name != "destructions":
                rows = session.execute(select(table).where(table.c.case_id == case_id)).all()
                assert rows == [], table.name
        assert session.get(Case, other) is not None
    verdict = verify_all(world)
    assert verdict.findings == []
    assert verdict.erased_cases == 1


def test_rows_that_somebody_altered_go_with_their_part_and_stop_no_other_destruction(lived_in):
    world, ids = lived_in
    alter(world, CheckIn, made_on=world.deployment.today().replace(year=2020))
    alter(world, Leg, grace_minutes=7)
    alter(world, CaseMove, number=CaseMove.number + 40)
    alter(world, ReplacedCell, replaced_on=world.deployment.today().replace(year=2020))
    parts = [ErasedPart.JOURNEY, ErasedPart.ROUTE, ErasedPart.ACCOUNT]
    orders = [Order(case_id, "test", part.value) for case_id in ids for part in parts]
    assert destroy(world.deployment, orders) == len(orders)
    with world.deployment.sessions() as session:
        for part in parts:
            assert not any(read_cells(session, ids, part).values()), part
    found = {finding.where.split("/")[0] for finding in verify_all(world).findings}
    assert found == {"legs", "case_moves", "replaced_cells"}, "what stays altered is still named"
    assert destroy(world.deployment, [Order(one, "case") for one in ids]) == len(ids)
    assert verify_all(world).findings == []


def test_a_case_whose_own_row_was_altered_waits_and_the_next_one_goes(lived_in):
    """Otherwise an earlier day, written by hand, would destroy what is still needed."""
    world, (case_id, other) = lived_in
    with world.deployment.engine.begin() as connection:
        table = Case.__table__
        earlier = update(table).where(table.c.id == case_id).values(status=CaseStatus.DECLINED)
        connection.execute(earlier)
    assert destroy(world.deployment, [Order(case_id, "case"), Order(other, "case")]) == 1
    with world.deployment.sessions() as session:
        (one,) = session.scalars(select(Destruction)).all()
        assert (one.case_id, one.step) == (other, DestructionStep.CERTIFIED)
