"""Two cases of a team, taken to where most routes can be asked well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.alerts.models import Alert, AlertKind
from app.alerts.service import raise_alert
from app.audit.events import EventKind
from app.cases.service import get_case
from app.retention.choices import choose_days
from app.store.base import new_id
from tests.support.journey import OTHER_TEXTS, PLAIN_TEXTS, Journey
from tests.support.served import Served
from tests.walls.routes_table import REASON, Ids, aid, intake, legs


def walk(served: Served, team: int) -> Ids:
    """Take two cases of a team to where most acts are possible, and return what is there."""
    texts = {1: PLAIN_TEXTS, 2: OTHER_TEXTS}[team]
    going, half_way = (Journey(served, texts, team=team) for _ in range(2))
    for step in ("log_intake", "triage_and_assign", "vet", "relocate"):
        getattr(going, step)()
    ids = _walk_on(served, going)
    for step in ("log_intake", "triage_and_assign"):
        getattr(half_way, step)()
    return ids | _walk_half_way(served, going, half_way.case_id)


def _walk_on(served: Served, going: Journey) -> Ids:
    case = f"/cases/{going.case_id}"
    plan = served.post(going.coordinator, f"{case}/plans", {**legs_later(served), **_ROAD})
    registration = served.post(going.coordinator, f"{case}/registrations", {"kind": "full"})
    traveller = served.post(
        going.coordinator,
        f"/plans/{plan['id']}/travellers",
        {"case_id": _ready_case(served, going)},
    )
    fund = served.post(going.treasurer, "/funds", {"name": "Concert", "currency": "MMK"})
    entry = served.post(
        going.treasurer, f"/funds/{fund['id']}/deposits", {"amount": 900_000, "source": "events"}
    )
    asked = served.post(going.volunteer, f"{case}/aid-requests", aid({}))["items"][0]
    return {
        **_keep_and_erase(served, going),
        "case_id": going.case_id,
        "plan_id": plan["id"],
        "traveller_id": traveller["id"],
        "leg_id": plan["legs"][0]["id"],
        "registration_id": registration["id"],
        "fund_id": fund["id"],
        "entry_id": entry["id"],
        "request_id": asked["id"],
        "member_id": str(going.escort.id),
        "coordinator_id": str(going.coordinator.id),
        "team_id": str(going.coordinator.team_id),
        "alert_id": _alert(served, going),
        "invitation_id": _invitation(served, going),
        "match_id": str(new_id()),
        "now": served.world.clock(),
        "tomorrow": legs_later(served)["legs"][0]["due_at"],
    }


def _keep_and_erase(served: Served, going: Journey) -> Ids:
    """A consent, a hold, days that were chosen, and a wish to be erased of a further case."""
    case = f"/cases/{going.case_id}"
    until = str(served.world.clock().date() + timedelta(days=60))
    hold = served.post(going.coordinator, f"{case}/holds", {**REASON, "until": until})
    served.post(going.lead, f"/holds/{hold['id']}/agreement", based_on=hold["version"])
    with served.world.work_as(going.lead) as work:
        choice_id = str(choose_days(work, "words", 10).id)
    consent = served.post(going.coordinator, f"{case}/consents", {"purpose": "research"})
    leaving = served.post(going.coordinator, "/cases", intake({}))["id"]
    erasure = served.post(going.coordinator, f"/cases/{leaving}/erasure", REASON)
    return {
        "consent_id": consent["id"],
        "erasure_id": erasure["id"],
        "hold_id": hold["id"],
        "choice_id": choice_id,
    }


def _alert(served: Served, going: Journey) -> str:
    """An alert about the case, which has come to who is on duty."""
    with served.world.work_as(None) as work:
        raise_alert(
            work,
            AlertKind.CLEARANCE_EXPIRED,
            team_id=going.coordinator.team_id,
            case_id=UUID(going.case_id),
        )
        work.session.flush()
        newest = select(Alert.id).order_by(Alert.sequence.desc()).limit(1)
        return str(work.session.scalars(newest).one())


def _invitation(served: Served, going: Journey) -> str:
    body = {
        "roles": [{"role": "volunteer", "team_id": str(going.coordinator.team_id)}],
        "display_name": "Coot",
    }
    return str(served.post(going.lead, "/invitations", body)["id"])


def _ready_case(served: Served, going: Journey) -> str:
    """A further case of the team, of somebody else, that may travel."""
    body = intake({}) | {"identity": {"name": "Naw Mu Paw"}}
    case_id = str(served.post(going.coordinator, "/cases", body)["id"])
    with served.world.work_as(going.coordinator) as work:
        case = get_case(work, UUID(case_id))
        case.emergency_until = work.now() + timedelta(days=3)
        work.trail.record(EventKind.CASE_EMERGENCY, case.id)
    return case_id


def _walk_half_way(served: Served, going: Journey, other: str) -> Ids:
    case, coordinator = f"/cases/{going.case_id}", going.coordinator
    served.ask(coordinator, "POST", f"{case}/duplicates/{other}/dismissal", REASON)
    vetters = [str(vetter.id) for vetter in going.vetters]
    round_ = served.post(coordinator, f"/cases/{other}/vetting", {"vetter_ids": vetters})
    check = served.post(going.vetters[0], f"/vettings/{round_['id']}/checks", _VOUCHER)
    link = served.post(coordinator, f"{case}/links", {"other_id": other, "kind": "same_event"})
    in_hand = served.get(coordinator, f"{case}/assignments")["items"]
    return {
        "other_id": other,
        "round_id": round_["id"],
        "check_ids": [check["id"]],
        "assignment_id": in_hand[0]["id"],
        "vetter_ids": vetters,
        "link_id": link["id"],
    }


_ROAD = {"origin": "behind the market", "destination": "the house with the blue door"}
_VOUCHER = {"source": "voucher", "finding": "consistent", "voucher": "the cook's aunt"}


def legs_later(served: Served) -> Any:
    """A leg that is due tomorrow by the world's clock."""
    return legs({"tomorrow": (served.world.clock() + timedelta(days=1)).isoformat()})
