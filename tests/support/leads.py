"""Further leads, for tests of what takes more than one."""

from __future__ import annotations

import secrets

from app.accounts.models import Member, MemberStatus, Profile
from app.audit.events import EventKind
from app.crypto.hpke import PrivateKey
from app.crypto.signing import SigningKey
from app.permissions import Role, roles_in
from app.store.base import new_id
from app.vault.certificates import certify_member, prove_possession
from app.vault.keyring import MemberSecrets
from app.vault.models import MemberKeys
from app.work import Work
from tests.support.world import Person, World


def add_lead_keys(work: Work, world: World, number: int) -> Person:
    """A lead whom the organisation root certifies, without an account."""
    lead = PrivateKey.generate()
    keys = MemberSecrets(PrivateKey.generate(), SigningKey.generate(), lead)
    row = MemberKeys(
        id=new_id(),
        roles=roles_in(world.member("lead").team_id, Role.LEAD),
        work_public=keys.work.public,
        sign_public=keys.sign.public,
        lead_public=lead.public,
    )
    prove_possession(world.deployment.organisation, row, keys.sign)
    certify_member(world.deployment.organisation, row, world.founded.root_signing, None)
    work.session.add(row)
    return Person(row.id, Role.LEAD, world.member("lead").team_id, f"lead-{number}", "", keys)


def add_lead(world: World, number: int = 2) -> Person:
    """A lead at work, beside the founded one."""
    with world.work_as(world.member("lead")) as work:
        person = add_lead_keys(work, world, number)
        member = Member(
            id=person.id,
            team_id=person.team_id,
            roles=roles_in(person.team_id, Role.LEAD),
            status=MemberStatus.ACTIVE,
            joined_on=work.today(),
            login_index=secrets.token_bytes(32),
        )
        work.vault.seal(member.profile, Profile("Egret", new_id()))
        work.session.add(member)
        work.trail.record(EventKind.MEMBER_CERTIFIED, member=str(person.id))
    return person
