"""Builds the demo: founds the organisation, admits the cast, and plays everything up to now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from app.demo.crowd import Passing, fates
from app.demo.journeys import Telling
from app.demo.stage import Journey, Player, Stage, StageClock
from app.deployment import Deployment
from app.organisation.root import OrganisationRoot
from app.organisation.service import NewLead, found_organisation
from app.permissions import Role
from app.work import NOBODY, begin_work, unit_of_work

TEAMS = ("Teak", "Banyan")
LONGEST = timedelta(days=430)
_TOLD: tuple[tuple[str, timedelta, int], ...] = (
    ("walker", timedelta(days=10, hours=12), 1),
    ("family", timedelta(hours=59, minutes=30), 1),
    ("watermelon", timedelta(days=132, hours=15, minutes=36), 1),
)
"""Which scenarios are told, how long ago each began so that now is in its middle, and in which
team. Walker: the code has been handed over. Family: rerouted for the second time. Watermelon: a
second request for travel money has just been made, and is held.
"""


def build_demo(
    deployment: Deployment,
    clock: StageClock,
    root: OrganisationRoot,
    now: datetime,
    progress: Callable[[], None],
) -> list[Player]:
    """Fill an empty deployment, played by its own services; returns the cast.

    ``progress`` is called after each step. Raises whatever a service refuses: the demo must play.
    """
    clock.at = now - LONGEST
    stage = Stage(deployment, clock)
    with deployment.sessions() as session:
        work = begin_work(session, deployment, NOBODY)
        with unit_of_work(work):
            founding = found_organisation(
                work, root, teams=TEAMS, leads=[NewLead("lead", "Hornbill")], threshold=1
            )
    lead = stage.join("lead", Role.LEAD, 1, founding.leads[0])
    stage.admit_cast(lead, [team.id for team in founding.teams], progress)
    journeys: list[Journey] = [
        Telling(stage, name, now - ago, team).journey() for name, ago, team in _TOLD
    ]
    journeys += [Passing(stage, fate).journey() for fate in fates(now)]
    stage.play(journeys, now, progress)
    return list(stage.players.values())
