"""Founds the organisation of the tests by the services that `padauk init` and the demo use."""

from __future__ import annotations

import secrets

from app.accounts.admission import Admission
from app.audit.writes import note_writes
from app.crypto.root import RootKey
from app.demo.admission import admit_member
from app.deployment import Deployment
from app.models import metadata
from app.organisation.root import OrganisationRoot
from app.organisation.service import NewLead, found_organisation
from app.permissions import Role, roles_in
from app.principal import NOBODY, Principal
from app.settings import Settings
from app.store.migrate import upgrade
from app.store.models import KeystoreBase
from app.store.organisation_settings import OrganisationSettings
from app.work import begin_work, unit_of_work
from tests.support.groups import FOUNDER, GROUPS
from tests.support.world import MEMBERS_BY_ROLE, Clock, Founded, Person

SMALL_SUMS = {"EUR": 6_00, "MMK": 10_000_00, "THB": 200_00, "USD": 6_00}


def found(
    settings: Settings, root_key: RootKey, clock: Clock, *, by_migrations: bool = False
) -> Founded:
    """Two teams, one lead who holds custody alone, and the members of each team.

    ``padauk serve`` refuses tables that were not made ``by_migrations``; they take longer to make.
    """
    root = OrganisationRoot.generate()
    settings = settings.model_copy(update={"organisation_root": root.fingerprint})
    deployment = Deployment.build(settings, root_key, clock=clock)
    note_writes(deployment.sessions)
    _make_tables(deployment, by_migrations=by_migrations)
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            founding = found_organisation(
                work,
                root,
                teams=["Teak", "Banyan"],
                lead=NewLead("lead-1", "Heron"),
                spare_shares=1,
                chosen=OrganisationSettings(makes_codes=True, small_sums=SMALL_SUMS),
            )
        teams = [team.id for team in founding.teams]
    people = [_person("lead-1", founding.lead)]
    lead = people[0]
    with deployment.sessions() as session:
        principal = Principal(lead.id, roles_in(teams[0], Role.LEAD), teams[0], stepped_up=True)
        work = begin_work(session, deployment, principal, lead.secrets)
        with unit_of_work(work):
            for number, team_id in enumerate(teams, 1):
                for role, how_many in MEMBERS_BY_ROLE:
                    for which in range(1, how_many + 1):
                        login = f"{role.value}-{which}-team-{number}"
                        admission = admit_member(
                            work, roles=roles_in(team_id, role), login=login, display_name=login
                        )
                        people.append(_person(login, admission))
    deployment.close()
    kit = tuple(founding.recovery_kit)
    return Founded(settings, root_key, tuple(people), tuple(teams), root.key, kit)


def found_group(settings: Settings, clock: Clock, chosen: OrganisationSettings) -> Founded:
    """One team and its founder, as `padauk init` makes them; nobody has joined yet."""
    root, root_key = OrganisationRoot.generate(), RootKey(secrets.token_bytes(32))
    settings = settings.model_copy(update={"organisation_root": root.fingerprint})
    deployment = Deployment.build(settings, root_key, clock=clock)
    note_writes(deployment.sessions)
    _make_tables(deployment, by_migrations=False)
    founder = NewLead(FOUNDER, FOUNDER.title(), GROUPS[chosen.preset][FOUNDER] - {Role.LEAD})
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            founding = found_organisation(work, root, teams=["Teak"], lead=founder, chosen=chosen)
        made = founding.lead
        teams = (founding.teams[0].id,)
        person = Person(made.member.id, Role.LEAD, teams[0], FOUNDER, made.passphrase, made.keys)
    deployment.close()
    return Founded(settings, root_key, (person,), teams, root.key, tuple(founding.recovery_kit))


def _make_tables(deployment: Deployment, *, by_migrations: bool) -> None:
    if by_migrations:
        upgrade(deployment.engine, "main")
        upgrade(deployment.keystore.engine, "keystore")
        return
    metadata.create_all(deployment.engine)
    KeystoreBase.metadata.create_all(deployment.keystore.engine)


def _person(login: str, admission: Admission) -> Person:
    member = admission.member
    (held,) = member.roles
    return Person(member.id, held.role, held.team_id, login, admission.passphrase, admission.keys)
