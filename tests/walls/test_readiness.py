"""Every route that changes something under a case requires readiness, or says why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.casework.readiness import Task
from app.http.needs import NotWork, must_declare_readiness
from app.http.routing import declared_needs
from app.main import create_app
from tests.support.world import Founded, copy_sqlite, open_world


@pytest.fixture(scope="module")
def app(
    founded_sqlite: tuple[Founded, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FastAPI]:
    founded, source = founded_sqlite
    world = open_world(founded, copy_sqlite(founded, source, tmp_path_factory.mktemp("ready")))
    yield create_app(world.deployment)
    world.close()


def test_every_change_under_a_case_declares_its_task_or_why_it_is_no_work(app: FastAPI):
    silent = [
        f"{route.method} {route.path} ({route.name}): add readiness=Task.X, the task that the "
        'service passes to require_ready, or readiness=NotWork("why") to its decorator'
        for route in declared_needs(app)
        if route.readiness is None and must_declare_readiness(route.method, route.path)
    ]
    assert not silent, "\n".join(silent)


def test_every_reason_says_something(app: FastAPI):
    for route in declared_needs(app):
        if isinstance(route.readiness, NotWork):
            assert route.readiness.because, route.name


def test_every_task_is_required_by_a_route_or_by_part_of_one(app: FastAPI):
    declared = {route.readiness for route in declared_needs(app)}
    # What leaves triage, and what ends vetting, is one decision of several: the route says so.
    assert set(Task) - declared <= {Task.LEAVE_TRIAGE, Task.END_VETTING}


@pytest.mark.parametrize(
    ("method", "path", "must"),
    [
        ("POST", "/api/cases/{case_id}/notes", True),
        ("DELETE", "/api/cases/{case_id}", True),
        ("POST", "/api/legs/{leg_id}/moves", True),
        ("POST", "/api/registrations/redemptions", True),
        ("GET", "/api/cases/{case_id}", False),
        ("POST", "/api/cases", False),
        ("POST", "/api/funds/{fund_id}/deposits", False),
    ],
)
def test_what_must_declare_is_told_by_method_and_path(method: str, path: str, must: bool):
    assert must_declare_readiness(method, path) is must
