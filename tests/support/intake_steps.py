"""Fictional intakes, and the steps that the tests of intake take again and again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from app.cases import service
from app.cases.errors import CaseNotFound
from app.cases.models import (
    Account,
    Case,
    Channel,
    Contact,
    Household,
    Identity,
    Papers,
    RankBand,
    RegionGroup,
    Relative,
    Standing,
)
from app.casework import held
from app.intake.service import Intake, open_case
from tests.support.world import Person, World

WALKER = Intake(
    standing=Standing.LEFT,
    urgent=True,
    rank_band=RankBand.OTHER_RANKS,
    region_group=RegionGroup.CENTRE,
    identity=Identity("Ko Thiha Zin", "ကိုသီဟဇင်"),
    papers=Papers(nrc="9/MaHaMa(N)123456", service="army", service_number="ta-345678"),
    contact=Contact(Channel.MESSENGER, ("09 771 234 567",), ("@zin_t",)),
    account=Account("Walked from noon to nine at night, no food.", needs=("food",)),
)
FAMILY = Intake(
    standing=Standing.LEFT,
    urgent=True,
    rank_band=RankBand.JUNIOR_OFFICER,
    identity=Identity("Myo Htet Paing", "မျိုးထက်ပိုင်"),
    papers=Papers(service="army", service_number="kyi-45678"),
    household=Household(
        (
            Relative("spouse", "မနှင်းအိ"),
            Relative("child", age_months=7),
            Relative("parent", with_person=False, in_compound=True),
        )
    ),
    contact=Contact(Channel.PUBLIC_PAGE, ("+959450112233",)),
    account=Account("One bottle of milk left."),
)
HELPER = Intake(
    standing=Standing.LEFT,
    identity=Identity("Myo Htat Paing"),
    contact=Contact(Channel.PHONE, ("09450112233",)),
    account=Account("A family near the pagoda, with an infant."),
)
WATERMELON = Intake(
    standing=Standing.IN_SERVICE,
    rank_band=RankBand.NCO,
    identity=Identity("U Aung Naing Soe", "ဦးအောင်နိုင်စိုး"),
    papers=Papers(nrc="၁၂/မရက(နိုင်)၀၅၄၃၂၁"),
    contact=Contact(Channel.FRIEND, ("၀၉ ၂၅၀ ၉၈၇ ၆၅၄",)),
    account=Account("Wants to leave before the rains."),
)


def stranger(name: str, phone: str, **changes: Any) -> Intake:
    """Someone who shares nothing with the others."""
    return replace(
        HELPER,
        identity=Identity(name),
        contact=Contact(Channel.PHONE, (phone,)),
        **changes,
    )


def opened(world: World, intake: Intake = WALKER, by: Person | None = None) -> UUID:
    """Log an intake as the first volunteer, or as somebody else."""
    with world.work_as(by or world.member("volunteer")) as work:
        return open_case(work, intake).id


def found(world: World, person: Person, case_id: UUID) -> bool:
    """Whether a case is there for somebody."""
    with world.work_as(person) as work:
        try:
            service.get_case(work, case_id)
        except CaseNotFound:
            return False
    return True


def listed(world: World, person: Person) -> list[UUID]:
    """The ids of the cases that somebody is shown, in order."""
    with world.work_as(person) as work:
        return [row.id for row in held.list_cases(work, limit=100)]


def version_of(world: World, case_id: UUID) -> int:
    """The newest version of a case."""
    with world.deployment.sessions() as session:
        return session.get_one(Case, case_id).version
