"""An organisation that has been lived in: acts of two teams, so that every table has rows."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.accounts.suspensions import suspend_member
from app.audit.events import EventKind
from app.cases.models import FreeText, Replaced, ReplacedCell
from app.intake.models import DuplicateDismissal, DuplicateMatch
from app.joining.invitations import invite
from app.links.models import CaseLink, LinkKind
from app.permissions import Role, roles_in
from app.relocation.models import Leg, Plan, Traveller
from app.reports.models import PublishedReport
from app.retention.models import ErasureRequest, RetentionLook
from app.watch.models import EscalationLevel, LegEscalation, NotifiedGroup
from tests.support.journey import OTHER_TEXTS, Journey
from tests.support.served import Served, serve
from tests.support.world import World

ONE_ROW_BY_DESIGN = {"organisation_settings"}


def live_twice(served: Served) -> None:
    """Walk the main job once in each team, and add what its acts do not write."""
    first, second = (
        Journey(served),
        Journey(served, texts=OTHER_TEXTS, team=2),
    )
    for journey in (first, second):
        journey.walk()
    for journey, other in ((first, second), (second, first)):
        _add_to_case(served.world, journey.team, journey.case_uuid, other.case_uuid)
    lead = served.world.member(Role.LEAD)
    with served.world.work_as(lead) as work:
        # A contribution of one's own and again: what they say does not matter here.
        for _ in range(2):
            work.custody.contribute(lead.id)
            invite(work, roles=roles_in(lead.team_id, Role.VETTER), display_name="Coot")
    with served.world.work_as(served.world.member(Role.COORDINATOR, 2)) as work:
        # What one coordinator asks alone suspends nobody.
        for number in (1, 2):
            suspend_member(work, served.world.member(Role.VOLUNTEER, number).id)


def live(world: World) -> None:
    """Live twice; for `new_world`, which copies what came of it."""
    with serve(world) as served:
        live_twice(served)


def _add_to_case(world: World, team: int, case_id: UUID, other_id: UUID) -> None:
    with world.work_as(world.member(Role.COORDINATOR, team=team)) as work:
        who, today = work.principal.id, work.today()
        leg_id = work.session.scalars(select(Leg.id).where(Leg.case_id == case_id)).first()
        plan_id = work.session.scalars(select(Plan.id).where(Plan.case_id == case_id)).first()
        dismissal = DuplicateDismissal(
            case_id=case_id, other_id=other_id, dismissed_by=who, dismissed_on=today
        )
        work.vault.seal(dismissal.reason, FreeText("An aunt of hers."))
        replaced = ReplacedCell(
            case_id=case_id, field="account", replaced_on=today, replaced_by=who
        )
        work.vault.seal(replaced.account, Replaced("{}"))
        work.session.add_all(
            [
                dismissal,
                replaced,
                CaseLink(
                    case_id=case_id, other_id=other_id, kind=LinkKind.FAMILY,
                    linked_by=who, linked_on=today,
                ),
                Traveller(
                    case_id=case_id, other_id=other_id, plan_id=plan_id,
                    joined_on=today, joined_by=who,
                ),
                RetentionLook(case_id=case_id, looked_by=who, looked_on=today, needed=True),
                ErasureRequest(
                    case_id=case_id, asked_by=who, asked_on=today, codes_die=False,
                    refused_by=who, refused_on=today,
                ),
                DuplicateMatch(case_id=case_id, other_id=other_id, found_on=today),
                LegEscalation(
                    case_id=case_id, leg_id=leg_id, silence=9, level=EscalationLevel.LATE,
                    notified=NotifiedGroup.ON_DUTY, reached_on=today,
                ),
                PublishedReport(half_year=f"202{team}H1", total=None, tables={}, made_on=today),
            ]
        )  # fmt: skip
        work.trail.record(EventKind.CASE_CHANGED, case_id)
        work.trail.record(EventKind.REPORT_PUBLISHED)
