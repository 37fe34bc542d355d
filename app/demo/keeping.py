"""What people asked about keeping: holds, erasures, a consent that ended, days the lead chose.

Leaves the demo with cases in every state of the retention schedule, erased ones too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.cases.models import Case, CaseStatus
from app.consents.models import Purpose
from app.consents.service import ConsentDraft, give_consent, withdraw_consent
from app.demo.organisation import DemoOrganisation
from app.permissions import Role
from app.retention.choices import choose_days
from app.retention.holds import agree_to_hold, ask_for_hold
from app.retention.requests import agree_to_erasure, ask_for_erasure
from app.store.models import ErasedPart

_TEAM: Final = 1


def keep_and_erase(demo: DemoOrganisation) -> None:
    """Hold two cases, erase one and ask for another, and end a consent; the newest closed ones."""
    coordinator, lead = demo.of(Role.COORDINATOR, team=_TEAM), demo.members["lead"]
    waiting, held, shut, erased, silent, *_ = _closed_cases(demo)
    with demo.work_as(lead) as work:
        choose_days(work, "papers", 20)
    with demo.work_as(coordinator) as work:
        until = work.today() + timedelta(days=90)
        ask_for_hold(work, waiting, ErasedPart.ACCOUNT, "Her sister asks what was said.", until)
        hold = ask_for_hold(work, held, None, "His appeal is decided in spring.", until).id
        ask_for_erasure(work, shut, "He called; he gave the word.", codes_die=False)
        asked = ask_for_erasure(work, erased, "She called; she gave the word.", codes_die=True).id
        consent = give_consent(
            work, silent, ConsentDraft(purpose=Purpose.FOLLOW_UP, how="spoken")
        ).id
    with demo.work_as(coordinator) as work:
        withdraw_consent(work, silent, consent)
    with demo.work_as(lead) as work:
        agree_to_hold(work, hold)
        agree_to_erasure(work, asked)


def _closed_cases(demo: DemoOrganisation) -> Sequence[UUID]:
    """Return the closed cases of a team, the newest first."""
    team_id = demo.of(Role.COORDINATOR, team=_TEAM).principal.team_id
    with demo.deployment.sessions() as session:
        return session.scalars(
            select(Case.id)
            .where(Case.team_id == team_id, Case.status == CaseStatus.CLOSED)
            .order_by(Case.moved_on.desc(), Case.id)
        ).all()
