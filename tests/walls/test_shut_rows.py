"""One damaged row never takes the rest of its list: it is shown as shut, counted and on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update

from app.alerts.models import AlertKind
from app.alerts.service import list_alerts
from app.audit.events import EventKind
from app.audit.models import AuditEvent
from app.cases import service as cases
from app.cases.models import Account, CaseStatus
from app.cases.moves import move_case
from app.emergency.service import decide_emergency
from app.http.routing import declared_needs
from app.main import create_app
from app.permissions import Role
from app.store.base import Base
from app.store.models import ErasureShare
from app.vault.models import Grant, ScopeRow
from tests.support.relocation_steps import Journey
from tests.support.served import Served, serve
from tests.support.world import World

AID = {
    "currency": "MMK",
    "items": [{"category": "food", "amount": 50_000}],
    "payee": {"name": "the baker"},
}
NAME = {"kind": "name", "value": "Ko Thiha Zin"}


@dataclass
class Scene:
    """Two cases with everything that a list shows of them; the first one is damaged."""

    served: Served
    broken: UUID
    whole: UUID

    def ask(self, role: Role, path: str) -> Any:
        who = self.served.world.member(role)
        path = path.format(case=self.broken, other=self.whole)
        if path == "/searches":
            answer = self.served.ask(who, "POST", path, NAME)
        else:
            answer = self.served.ask(who, "GET", path)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()["items"]

    def rows_shut(self) -> int:
        with self.served.world.deployment.engine.connect() as connection:
            found = select(func.count()).where(AuditEvent.action == EventKind.ROWS_SHUT)
            return int(connection.scalar(found) or 0)


def lay_out(world: World) -> list[UUID]:
    """Two cases with a row of everything that is listed; returns their ids."""
    with serve(world) as served:
        coordinator = world.member(Role.COORDINATOR)
        ids = [world.open_case(), world.open_case()]
        for case_id in ids:
            journey = Journey(world, case_id)
            with world.work_as(coordinator) as work:
                decide_emergency(work, case_id, "The road closes tomorrow.", 24)
            journey.activate()
            leg, _ = journey.open_plan(journey.leg("boat", 5, 1), journey.leg("arrival", 9, 1))
            journey.move(leg, "ready", "departed")
            served.post(coordinator, f"/cases/{case_id}/aid-requests", AID)
            with world.work_as(coordinator) as work:
                cases.add_note(work, case_id, "Called back.")
                cases.change_case(work, case_id, cases.CaseChange(account=Account("They wait.")))
                work.session.flush()
                case = cases.get_case(work, case_id)
                move_case(work, case, CaseStatus.SETTLED, "They arrived.")
                work.session.flush()
                move_case(work, case, CaseStatus.ACTIVE, "They must move again.")
        links = f"/cases/{ids[0]}/links"
        link = served.post(coordinator, links, {"other_id": str(ids[1]), "kind": "family"})
        ending = {"reason": "Written by mistake."}
        served.post(coordinator, f"{links}/{link['id']}/ending", ending)
        hold = {"reason": "Her appeal is open.", "until": str(world.clock().date())}
        for case_id in ids:
            served.post(coordinator, f"/cases/{case_id}/holds", hold)
            served.post(coordinator, f"/cases/{case_id}/consents", {"purpose": "casework"})
        roles = [{"role": "vetter", "team_id": str(coordinator.team_id)}]
        for name in ("Coot", "Rail"):
            invited = {"roles": roles, "display_name": name}
            served.post(world.member(Role.LEAD), "/invitations", invited)
        treasurer = world.member(Role.TREASURER)
        served.post(treasurer, "/funds", {"name": "Winter", "currency": "MMK"})
        return ids


@pytest.fixture
def scene(new_world):
    with serve(new_world(lay_out)) as served:
        yield Scene(served, *served.world.facts)


def flip(world, table: str, column: str, **where: Any) -> None:
    """Flip one byte of the stored cells of a table, of one case or row where that is given."""
    found = Base.metadata.tables[table]
    with world.deployment.engine.begin() as connection:
        query = select(found.c.id, found.c[column]).where(found.c[column].is_not(None))
        for name, value in where.items():
            query = query.where(found.c[name] == value)
        rows = connection.execute(query).all()
        assert rows, "nothing to damage"
        for row_id, cell in rows[:1]:
            damaged = cell[:-1] + bytes([cell[-1] ^ 1])
            connection.execute(update(found).where(found.c.id == row_id).values({column: damaged}))


C, L, T = Role.COORDINATOR, Role.LEAD, Role.TREASURER
CELLS = [
    ("/cases", C, "cases", "summary_sealed", "id"),
    ("/cases/{other}/duplicates", C, "cases", "summary_sealed", "id"),
    ("/searches", C, "cases", "summary_sealed", "id"),
    ("/cases/{case}/notes", C, "case_notes", "text_sealed", "case_id"),
    ("/cases/{case}/moves", C, "case_moves", "reason_sealed", "case_id"),
    ("/cases/{case}/history", C, "replaced_cells", "account_sealed", "case_id"),
    ("/cases/emergencies", L, "emergency_decisions", "reason_sealed", "case_id"),
    ("/cases/{case}/consents", C, "consents", "said_sealed", "case_id"),
    ("/holds", C, "retention_holds", "reason_sealed", "case_id"),
    ("/legs", C, "legs", "instructions_sealed", "case_id"),
    ("/legs/watch", C, "legs", "record_sealed", "case_id"),
    ("/aid-requests", C, "aid_requests", "detail_sealed", "case_id"),
    ("/invitations", L, "invitations", "invited_sealed", None),
    ("/members", C, "members", "profile_sealed", None),
    ("/teams", C, "teams", "name_sealed", None),
    ("/cases/{case}/links", C, "case_links", "ended_because_sealed", None),
    ("/funds", T, "funds", "name_sealed", None),
]


def shut_of(items: list[Any]) -> list[Any]:
    return [row for row in items if (row.get("case") or row)["shut"] is not None]


def id_of(row: dict[str, Any]) -> str:
    found = row.get("id") or row.get("leg_id") or row.get("request_id") or row["case"]["id"]
    return str(found)


@pytest.mark.parametrize(("path", "role", "table", "column", "of"), CELLS)
def test_a_list_with_a_damaged_cell_shows_that_row_as_shut_and_the_others_as_always(
    scene, path, role, table, column, of
):
    before = scene.ask(role, path)
    assert before
    assert not shut_of(before)
    flip(scene.served.world, table, column, **({of: scene.broken} if of else {}))
    after = scene.ask(role, path)
    assert len(after) == len(before)
    assert len(shut_of(after)) == 1
    known = {id_of(row): row for row in before}
    for row in after:
        if not shut_of([row]):
            assert row == known[id_of(row)]
    assert scene.rows_shut() == 1
    with scene.served.world.work_as(scene.served.world.member(L)) as work:
        notices = [found.notice for found in list_alerts(work, limit=100)]
    counted = [int(one.rows) for one in notices if one and one.kind is AlertKind.ROWS_SHUT]
    assert counted == [1]


def lose_share(world, case_id: UUID) -> None:
    with world.deployment.engine.connect() as connection:
        share = connection.scalar(select(ScopeRow.share_id).where(ScopeRow.case_id == case_id))
    with world.deployment.keystore.engine.begin() as connection:
        connection.execute(delete(ErasureShare).where(ErasureShare.id == share))
    world.deployment.keystore._cache.clear()


def break_wraps(world, case_id: UUID) -> None:
    """Damage every wrap of a case's grants, whether they were met by a session or not."""
    with world.deployment.engine.begin() as connection:
        for grant in connection.execute(
            select(Grant.id, Grant.symmetric_wrap, Grant.hpke_wrap).where(Grant.case_id == case_id)
        ).all():
            connection.execute(
                update(Grant)
                .where(Grant.id == grant.id)
                .values(
                    symmetric_wrap=grant.symmetric_wrap and bytes(len(grant.symmetric_wrap)),
                    hpke_wrap=grant.hpke_wrap and bytes(len(grant.hpke_wrap)),
                )
            )


@pytest.mark.parametrize("damage", [lose_share, break_wraps])
@pytest.mark.parametrize("path", ["/cases", "/legs", "/legs/watch", "/aid-requests"])
def test_a_list_survives_a_lost_share_and_a_broken_grant(
    scene, path, damage: Callable[[Any, UUID], None]
):
    before = scene.ask(C, path)
    damage(scene.served.world, scene.broken)
    after = scene.ask(C, path)
    assert len(after) == len(before)
    assert 0 < len(shut_of(after)) < len(after)


def test_the_read_of_one_damaged_record_still_fails_with_its_problem(scene):
    flip(scene.served.world, "cases", "summary_sealed", id=scene.broken)
    coordinator = scene.served.world.member(C)
    answer = scene.served.ask(coordinator, "GET", f"/cases/{scene.broken}")
    assert answer.json()["code"] == "record.tampered"


def test_a_damaged_event_is_shown_as_shut_among_the_others(scene):
    path = "/cases/{case}/events"
    before = scene.ask(C, path)
    flip_event(scene.served.world, id=UUID(before[-1]["id"]))
    assert len(shut_of(scene.ask(C, path))) == 1


def flip_event(world, **where: Any) -> None:
    """Flip one byte of an event, past the triggers that refuse that."""
    with world.deployment.engine.begin() as connection:
        guards = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_events'"
        )
        for name in guards.scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    flip(world, "audit_events", "detail_sealed", **where)


def test_the_report_of_openings_counts_a_damaged_event_as_shut_and_the_others_as_always(scene):
    world = scene.served.world
    world.clock.advance(days=40)
    auditor = world.member(Role.AUDITOR)
    before = scene.served.get(auditor, "/reports/openings")
    flip_event(world, action=EventKind.CASE_REVEALED)
    after = scene.served.get(auditor, "/reports/openings")
    assert (before["shut"], after["shut"]) == (0, 1)
    counted = [sum(line["openings"] for line in found["items"]) for found in (before, after)]
    assert counted[1] == counted[0] - 1 > 0
    assert scene.rows_shut() == 1


def test_a_stale_change_of_a_case_with_a_damaged_event_is_still_answered_as_stale(scene):
    world, path = scene.served.world, f"/cases/{scene.broken}"
    coordinator = world.member(C)
    version = scene.served.get(coordinator, path)["version"]
    newest = scene.ask(C, "/cases/{case}/events")[0]
    flip_event(world, id=UUID(newest["id"]))
    answer = scene.served.ask(
        coordinator, "POST", f"{path}/moves", {"to": "closed"}, based_on=version - 1
    )
    assert (answer.status_code, answer.json()["code"]) == (412, "version.stale")


def test_a_damaged_alert_is_shown_as_shut_and_keeps_nobody_from_signing_in(scene):
    world = scene.served.world
    lead = world.member(L)
    scene.served.sign_in(lead)
    flip(world, "alerts", "notice_sealed")
    scene.served.sign_in(world.member(C))
    assert len(shut_of(scene.ask(L, "/alerts"))) == 1


def test_a_polled_watch_is_on_record_once_in_a_quarter_of_an_hour(scene):
    world = scene.served.world

    def events() -> int:
        with world.deployment.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(AuditEvent)) or 0)

    scene.ask(C, "/legs/watch")
    after_one = events()
    for _ in range(20):
        scene.ask(C, "/legs/watch")
    assert events() == after_one
    with world.deployment.sessions() as session:
        listed = session.scalars(
            select(func.count()).where(AuditEvent.action == EventKind.CASES_LISTED)
        ).one()
    assert listed >= 1


WITHOUT_CELLS = {
    "list_case_holders",
    "list_moves", "list_leg_moves", "list_registration_moves", "list_aid_moves", "list_assignments",
    "list_entries", "list_own_sessions", "list_registrations",
    "list_case_registrations", "list_vettings", "list_open_work",
}  # fmt: skip
ELSEWHERE = {"list_events", "list_alerts", "list_erasures"}


def test_every_list_is_tried_with_a_damaged_row_or_holds_no_cell(world):
    app = create_app(world.deployment)
    paths = {path.format(case="{case_id}", other="{case_id}") for path, *_ in CELLS}
    missing = [
        route.name
        for route in declared_needs(app)
        if route.method == "GET"
        and route.name.startswith("list_")
        and route.path.removeprefix("/api") not in paths
        and route.name not in WITHOUT_CELLS | ELSEWHERE
    ]
    assert not missing
