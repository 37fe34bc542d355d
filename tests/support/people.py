"""Members to test with: new ones, another lead, and what they hold."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.organisation.root import OrganisationRoot
from app.organisation.service import NewLead, admit_lead
from app.vault.models import Grant, GrantReason, KeyCopy
from app.vault.scopes import SUMMARY
from app.work import Work
from tests.support.world import Person, World


def new_member(world: World, **changes) -> dict[str, str]:
    team = str(world.founded.teams[0])
    body = {"team_id": team, "role": "vetter", "login": "hornbill", "display_name": "Hornbill"}
    return {**body, **changes}


def person_of(admission) -> Person:
    member = admission.member
    return Person(member.id, member.role, member.team_id, "", admission.passphrase, admission.keys)


def another_lead(world: World) -> Person:
    root = OrganisationRoot(world.founded.root_signing)
    with world.work_as(world.member("lead")) as work:
        team = world.founded.teams[0]
        return person_of(admit_lead(work, root, NewLead("second-lead", "Egret"), team))


def copies_of(world: World, member_id) -> set[str]:
    with world.deployment.sessions() as session:
        query = select(KeyCopy.kind).where(KeyCopy.member_id == member_id)
        return {kind.value for kind in session.scalars(query)}


def hand_over(work: Work, case_id: UUID, member_id: UUID) -> Grant:
    return work.grants.grant(
        case_id, member_id, [SUMMARY], reason=GrantReason.ASSIGNMENT, about=case_id
    )
