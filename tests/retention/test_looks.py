"""Two people look again at somebody whom vetters refused, half-way through their time."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from app.cases.errors import CaseNotFound
from app.cases.models import Case
from app.cases.service import read_case
from app.errors import IdTaken
from app.retention import passes
from app.retention.errors import LookedAlready, NothingToLookAt
from app.retention.looks import look_again
from app.retention.models import Destruction, RetentionLook, RetentionPass
from app.store.base import new_id
from tests.retention.steps import closed_case
from tests.support.vetting_steps import refuse


@pytest.fixture
def case_id(world):
    made = world.open_case()
    refuse(world, made)
    with world.work_as(world.member("coordinator")) as work:
        read_case(work, made)
    return made


def look(world, case_id, *, needed, by=("coordinator", 1), team=1, **more):
    with world.work_as(world.member(*by, team=team)) as work:
        return look_again(work, case_id, needed=needed, **more).id


def run(world):
    passes.run_pass(world.deployment)
    with world.deployment.sessions() as session:
        (row,) = session.scalars(select(RetentionPass))
        gone = session.scalars(select(Destruction.rule).where(Destruction.what == "all")).all()
    return gone, row.waiting


def test_at_half_time_it_is_listed_until_two_people_have_looked(world, case_id):
    world.clock.advance(days=170)
    assert run(world)[1] == []
    world.clock.advance(days=20)
    listed = [f"{case_id} refused: look at it again"]
    assert run(world)[1] == listed
    look(world, case_id, needed=True)
    assert run(world)[1] == listed
    look(world, case_id, needed=False, by=("coordinator", 2))
    assert run(world) == ([], [])


def test_what_two_people_need_no_more_goes_with_the_next_pass(world, case_id):
    world.clock.advance(days=190)
    look(world, case_id, needed=False)
    look(world, case_id, needed=False, by=("lead", 1))
    assert run(world)[0] == ["refused"]
    with world.deployment.sessions() as session:
        assert session.get(Case, case_id) is None


def test_what_one_of_them_needs_stays_to_its_last_day(world, case_id):
    look(world, case_id, needed=False)
    look(world, case_id, needed=True, by=("coordinator", 2))
    world.clock.advance(days=364)
    assert run(world)[0] == []
    world.clock.advance(days=5)
    assert run(world)[0] == ["refused"]


def test_nobody_looks_twice_and_only_at_who_was_refused(world, case_id):
    look(world, case_id, needed=False)
    with pytest.raises(LookedAlready):
        look(world, case_id, needed=False)
    with pytest.raises(NothingToLookAt):
        look(world, closed_case(world), needed=False)
    with pytest.raises(CaseNotFound):
        look(world, case_id, needed=False, team=2)
    with pytest.raises(CaseNotFound):
        look(world, new_id(), needed=False, by=("lead", 1))


def test_a_look_that_somebody_wrote_into_the_database_counts_for_nothing(world, case_id):
    look(world, case_id, needed=False)
    look(world, case_id, needed=True, by=("coordinator", 2))
    with world.deployment.engine.begin() as connection:
        connection.execute(update(RetentionLook.__table__).values(needed=False))
    assert run(world)[0] == []


def test_a_proposed_id_of_a_look_is_taken_once(world, case_id):
    proposed = new_id()
    assert look(world, case_id, needed=True, proposed=proposed) == proposed
    with pytest.raises(IdTaken):
        look(world, case_id, needed=True, by=("coordinator", 2), proposed=proposed)
