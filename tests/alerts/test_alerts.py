"""One list of alerts for the leads: duress at sign-in, duress at check-in, and people missing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.alerts.models import NO_ID, Alert, AlertKind
from app.alerts.service import forget_alerts, list_alerts, raise_alert
from app.permissions import Role
from app.store.base import new_id


def alerts_of(world, **options):
    with world.work_as(world.member(Role.LEAD)) as work:
        return list_alerts(work, **{"limit": 50, **options})


def raise_one(world, kind, **ids):
    with world.work_as(None) as work:
        raise_alert(work, kind, **ids)


@pytest.mark.parametrize("kind", list(AlertKind))
def test_an_alert_carries_the_ids_it_was_given_and_zero_ids_for_the_rest(world, kind):
    member_id, leg_id = new_id(), new_id()
    raise_one(world, kind, member_id=member_id, leg_id=leg_id)
    with world.work_as(None) as work:
        notice = work.vault.open(work.session.scalars(select(Alert)).one().notice)
    assert (notice.kind, notice.member_id, notice.leg_id) == (kind, member_id, leg_id)
    assert (notice.team_id, notice.case_id) == (NO_ID, NO_ID)
    assert notice.at == world.clock().replace(second=0, microsecond=0)


def test_alerts_of_every_kind_are_rows_of_one_size(world):
    for kind in AlertKind:
        raise_one(world, kind)
        raise_one(
            world, kind, member_id=new_id(), team_id=new_id(), case_id=new_id(), leg_id=new_id()
        )
    with world.deployment.sessions() as session:
        rows = session.scalars(select(Alert)).all()
    assert len(rows) == 2 * len(AlertKind)
    assert len({(len(row.notice.envelope), row.raised_on) for row in rows}) == 1


def test_one_list_shows_every_kind_but_what_says_nothing_or_is_over(served, world):
    for kind in AlertKind:
        raise_one(world, kind, member_id=new_id())
        world.clock.advance(days=1)
    answer = served.ask(Role.LEAD, "GET", "/alerts")
    assert answer.status_code == 200
    assert [alert["kind"] for alert in answer.json()["items"]] == [
        "codes_refused",
        "recovery_code_used",
        "second_factor_ended",
        "not_understood",
        "emergency_begun",
        "duty_vacant",
        "duty_fell",
        "log_set_back",
        "member_suspended",
        "casework_ended",
        "erasure_agreed",
        "erasure_asked",
        "case_silent",
        "hold_ends",
        "clearance_expired",
        "clearance_refused",
        "rows_shut",
        "missing",
        "duress_at_check_in",
        "duress_at_sign_in",
    ]
    assert {alert["leg_id"] for alert in answer.json()["items"]} == {None}


@pytest.mark.usefixtures("world_on_both")
def test_the_list_comes_newest_day_first_and_page_by_page(served, world):
    """On both databases: paging."""
    for _ in range(3):
        raise_one(world, AlertKind.MISSING)
        raise_one(world, AlertKind.NOTHING)
        raise_one(world, AlertKind.MISSING)
        world.clock.advance(days=1)
    lead = world.token(world.member(Role.LEAD))
    seen, path = [], "/alerts?limit=2"
    while path:
        world._tokens.clear()
        page = served.ask(lead, "GET", path).json()
        seen += page["items"]
        path = page["next"] and f"/alerts?limit=2&cursor={page['next']}"
    assert len({alert["id"] for alert in seen}) == len(seen) == 6
    days = [alert["at"] for alert in seen]
    assert days == sorted(days, reverse=True)


def test_alerts_are_deleted_after_a_month(world):
    raise_one(world, AlertKind.DURESS_AT_CHECK_IN)
    world.clock.advance(days=30)
    assert forget(world) == 0
    assert len(alerts_of(world)) == 1
    world.clock.advance(days=1)
    assert alerts_of(world) == []
    assert forget(world) == 1


def forget(world):
    with world.work_as(None) as work:
        return forget_alerts(work)
