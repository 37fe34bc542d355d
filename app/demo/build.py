"""Builds the demo: found the organisation, admit its members, run every journey up to now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from app.demo.generated import GeneratedJourney, generated_cases
from app.demo.keeping import keep_and_erase
from app.demo.organisation import DemoMember, DemoOrganisation, Journey, SettableClock
from app.demo.scenario import ScenarioRun
from app.deployment import Deployment
from app.organisation.root import OrganisationRoot
from app.organisation.service import NewLead, found_organisation
from app.permissions import Role
from app.principal import NOBODY
from app.store.organisation_settings import OrganisationSettings
from app.work import begin_work, unit_of_work

TEAMS = ("Teak", "Banyan")
HISTORY = timedelta(days=430)
_SCENARIOS: tuple[tuple[str, timedelta, int], ...] = (
    ("walker", timedelta(days=10, hours=12), 1),
    ("family", timedelta(hours=59, minutes=30), 1),
    ("watermelon", timedelta(days=132, hours=15, minutes=36), 1),
)
"""The scenarios that are run, how long ago each began so that now is in its middle, and in which
team. Walker: the code has been handed over. Family: rerouted for the second time. Watermelon: a
second request for travel money has just been made, and is held.
"""


def build_demo(
    deployment: Deployment,
    clock: SettableClock,
    root: OrganisationRoot,
    now: datetime,
    progress: Callable[[], None],
) -> list[DemoMember]:
    """Fill an empty deployment through its own services; returns the members.

    ``progress`` is called after each step. Raises what a service refuses.
    """
    clock.at = now - HISTORY
    demo = DemoOrganisation(deployment, clock)
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            founding = found_organisation(
                work,
                root,
                teams=TEAMS,
                lead=NewLead("lead", "Hornbill"),
                chosen=OrganisationSettings(makes_codes=True),
                spare_shares=1,
            )
    lead = demo.add("lead", Role.LEAD, 1, founding.lead)
    demo.admit_members(lead, [team.id for team in founding.teams], progress)
    journeys: list[Journey] = [
        ScenarioRun(demo, name, now - ago, team).journey() for name, ago, team in _SCENARIOS
    ]
    journeys += [GeneratedJourney(demo, generated).journey() for generated in generated_cases(now)]
    demo.run_journeys(journeys, now, progress)
    demo.clock.at = now
    keep_and_erase(demo)
    return list(demo.members.values())
