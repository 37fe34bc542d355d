"""A unit of work and the marks around its commit; who it acts as."""

from __future__ import annotations

import pytest

from app.errors import OutcomeUnknown
from app.permissions import Role
from app.worker import settle_marks


def test_a_commit_whose_outcome_is_unknown_leaves_its_promise_for_who_comes_next(
    world, monkeypatch
):
    case_id = world.open_case()

    def broken(session):
        session.rollback()
        raise OutcomeUnknown

    with monkeypatch.context() as patched:
        patched.setattr("app.work._commit_main", broken)
        with (
            pytest.raises(OutcomeUnknown),
            world.work_as(world.member(Role.COORDINATOR)) as work,
        ):
            work.grants.end(case_id)
    with world.work_as(None) as work:
        assert settle_marks(work) == 1
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        assert work.grants.holds(case_id)


def test_who_does_not_act_as_a_role_leaves_what_is_on_record_alone(world):
    with world.work_as(world.member(Role.VOLUNTEER)) as work:
        before = work.trail.role
        assert not work.acts_as(Role.LEAD)
        assert work.trail.role == before
