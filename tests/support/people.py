"""Members to test with: new ones, another lead, and what they hold."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts.admission import NewAccount, Passphrase, create_account
from app.accounts.models import Member
from app.accounts.service import change_roles
from app.audit.events import EventKind
from app.joining.service import certify_member
from app.organisation.leads import certify_lead
from app.organisation.root import OrganisationRoot
from app.permissions import Role, by_power, roles_in
from app.store.base import new_id
from app.vault.certificates import fingerprint_words
from app.vault.models import Grant, GrantReason, KeyCopy, MemberKeys
from app.vault.scopes import SUMMARY
from app.work import Work
from tests.support.world import Person, World


def new_member(world: World, **changes) -> dict[str, Any]:
    team_id = changes.pop("team_id", world.founded.teams[0])
    roles = roles_body(team_id, changes.pop("role", "vetter"))
    return {"roles": roles, "login": "hornbill", "display_name": "Hornbill", **changes}


def change_role(work: Work, member_id: UUID, role: Role) -> Member:
    """Leave a member this one role, in their own team."""
    member = work.session.get(Member, member_id)
    return change_roles(work, member_id, roles_in(member.team_id if member else new_id(), role))


def roles_body(team_id: UUID, *roles: str) -> list[dict[str, str]]:
    return [{"role": role, "team_id": str(team_id)} for role in roles]


def person_of(admission) -> Person:
    member = admission.member
    held = by_power(member.roles)[-1]
    return Person(member.id, held.role, held.team_id, "", admission.passphrase, admission.keys)


def another_lead(world: World) -> Person:
    root = OrganisationRoot(world.founded.root_signing)
    with world.work_as(world.member("lead")) as work:
        team = world.founded.teams[0]
        account = NewAccount(roles_in(team, Role.LEAD), "second-lead", "Egret")
        admission = create_account(work, account, Passphrase.now(work))
        certify_lead(work, root, admission.member)
        work.trail.record(EventKind.MEMBER_CERTIFIED, member=str(admission.member.id))
        return person_of(admission)


def copies_of(world: World, member_id) -> set[str]:
    with world.deployment.sessions() as session:
        query = select(KeyCopy.kind).where(KeyCopy.member_id == member_id)
        return {kind.value for kind in session.scalars(query)}


def certify_keys(work: Work, member_id: UUID) -> Member:
    """Certify as a lead who has heard the right words."""
    keys = work.session.get(MemberKeys, member_id)
    heard = fingerprint_words(work.deployment.organisation, keys) if keys else ""
    return certify_member(work, member_id, heard).member


def hand_over(work: Work, case_id: UUID, member_id: UUID) -> Grant:
    return work.grants.grant(case_id, member_id, [SUMMARY], reason=GrantReason.LEAD, about=case_id)
