"""Founds the organisation of the tests out of the vault's own parts."""

from __future__ import annotations

import secrets

from app.accounts.models import Member, MemberStatus, Place, Profile, Team, TeamName
from app.accounts.standing import confirm_standing
from app.crypto.derive import digest, mac
from app.crypto.hpke import PrivateKey
from app.crypto.root import RootKey
from app.crypto.signing import SigningKey
from app.models import metadata
from app.permissions import REPORTING_ROLES, SEARCHING_ROLES, Role
from app.settings import Settings
from app.store.base import new_id
from app.store.keystore import KeystoreBase
from app.vault.certificates import certify_member, certify_organisation_key
from app.vault.custody import deal_custody, seal_copy
from app.vault.deployment import Deployment
from app.vault.keyring import MemberSecrets
from app.vault.models import MemberKeys, OrganisationKey, OrganisationKeyKind
from app.work import Principal, begin_work, note_writes, unit_of_work
from tests.support.world import CAST, Clock, Founded, Person


def found(settings: Settings, root: RootKey, clock: Clock) -> Founded:
    root_sign = SigningKey.generate()
    settings = settings.model_copy(update={"organisation_root": digest(root_sign.public).hex()})
    deployment = Deployment.build(settings, root, clock=clock)
    note_writes(deployment.sessions)
    metadata.create_all(deployment.engine)
    KeystoreBase.metadata.create_all(deployment.keystore.engine)
    org = settings.organisation_id
    people: list[Person] = []
    lead_keys = MemberSecrets(PrivateKey.generate(), SigningKey.generate(), PrivateKey.generate())
    lead_id = new_id()
    with deployment.sessions() as session:
        work = begin_work(session, deployment, Principal(lead_id, Role.LEAD, org), lead_keys)
        with unit_of_work(work):
            teams = []
            for name in ("Teak", "Banyan"):
                team = Team(id=new_id(), founded_on=work.today())
                work.vault.seal(team.name, TeamName(name))
                session.add(team)
                teams.append(team.id)
            session.flush()

            def admit(member_id, role, team_id, keys, number):
                login = f"{role.value}-{number}-{teams.index(team_id) + 1}"
                member = Member(
                    id=member_id, team_id=team_id, role=role, status=MemberStatus.ACTIVE,
                    joined_on=work.today(), removed_on=None,
                    login_index=mac(deployment.login_index_key, login.encode()),
                )  # fmt: skip
                confirm_standing(deployment, member)
                work.vault.seal(member.profile, Profile(login, new_id(), Place.FIRST))
                row = MemberKeys(
                    id=member_id, role=role, work_public=keys.work.public,
                    sign_public=keys.sign.public,
                    lead_public=keys.lead.public if keys.lead else None,
                )  # fmt: skip
                if role is Role.LEAD:
                    certify_member(org, row, root_sign, None)
                else:
                    certify_member(org, row, lead_keys.sign, lead_id)
                session.add_all([member, row])
                people.append(Person(member_id, role, team_id, login, "", keys))

            admit(lead_id, Role.LEAD, teams[0], lead_keys, 1)
            for team_id in teams:
                for role, how_many in CAST:
                    for number in range(1, how_many + 1):
                        keys = MemberSecrets(PrivateKey.generate(), SigningKey.generate())
                        admit(new_id(), role, team_id, keys, number)
            _organisation_keys(work, root_sign, people, lead_id, lead_keys)
            work.trail.record("organisation:founded")
    deployment.close()
    return Founded(settings, root, tuple(people), tuple(teams), root_sign)


def _organisation_keys(work, root_sign, people, lead_id, lead_keys):
    session, org = work.session, work.deployment.organisation
    kinds = OrganisationKeyKind
    root_key = OrganisationKey(
        kind=kinds.ROOT, epoch=1, public=root_sign.public, threshold=1, shares=1
    )
    certify_organisation_key(org, root_key, root_sign, None)
    dealt = deal_custody(org, 1, threshold=1, count=1, signer=lead_keys.sign, signer_id=lead_id)
    reporting = PrivateKey.generate()
    search = secrets.token_bytes(32)
    rows = [root_key, dealt.key]
    for kind, public, bits in (
        (kinds.REPORTING, reporting.public, 1),
        (kinds.SEARCH, digest(b"commit" + search), 12),
    ):
        row = OrganisationKey(kind=kind, epoch=1, public=public, threshold=bits, shares=1)
        certify_organisation_key(org, row, lead_keys.sign, lead_id)
        rows.append(row)
    session.add_all(rows)
    session.flush()

    def copy(kind, secret, member_id):
        session.add(
            seal_copy(
                org,
                work.certificates,
                kind=kind,
                epoch=1,
                secret=secret,
                member_id=member_id,
                giver_id=lead_id,
                giver=lead_keys.sign,
            )
        )

    copy(kinds.CUSTODY, dealt.words[0].encode(), lead_id)
    for person in people:
        if person.role in REPORTING_ROLES:
            copy(kinds.REPORTING, reporting.seed, person.id)
        if person.role in SEARCHING_ROLES:
            copy(kinds.SEARCH, search, person.id)
