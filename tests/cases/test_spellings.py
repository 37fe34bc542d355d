"""The original of a converted text stays with it, whatever else is edited."""

from __future__ import annotations

from dataclasses import replace

import pytest
from burmesenlp import uni2zg

from app.cases import service
from app.cases.models import Account, Identity
from app.cases.service import CaseChange
from tests.support.intake_steps import WALKER, opened

NAME = "မျိုးထက်ပိုင်"
SENTENCE = "နို့ဗူးတစ်ဘူးပဲ ကျန်တော့တယ်။ သူ့ဖုန်းကို ခဏခဏ ခေါ်နေကြတယ်။"


@pytest.fixture
def burmese_case(world):
    """A case whose name and account came in Zawgyi."""
    return opened(
        world,
        replace(
            WALKER,
            identity=Identity("Myo Htet Paing", uni2zg(NAME)),
            account=Account(uni2zg(SENTENCE)),
        ),
    )


def test_the_spelling_that_came_in_survives_edits_that_send_the_converted_text_back(
    world, burmese_case
):
    for _ in range(2):
        with world.work_as(world.member("volunteer")) as work:
            file = service.read_case(work, burmese_case)
            change = CaseChange(
                identity=Identity(file.identity.name, file.identity.name_burmese),
                account=Account(file.account.says, health="Tired."),
            )
            service.change_case(work, burmese_case, change)
    with world.work_as(world.member("coordinator")) as work:
        file = service.read_case(work, burmese_case)
    assert (file.identity.name_burmese, file.account.says) == (NAME, SENTENCE)
    assert file.identity.name_as_written == uni2zg(NAME)
    assert file.account.says_as_written == uni2zg(SENTENCE)
    assert file.account.health == "Tired."


def test_a_name_that_moves_to_the_other_field_keeps_the_spelling_that_came_in(world, burmese_case):
    with world.work_as(world.member("volunteer")) as work:
        service.change_case(work, burmese_case, CaseChange(identity=Identity(NAME)))
        file = service.read_case(work, burmese_case)
    assert file.identity.name_as_written == uni2zg(NAME)


def test_the_spelling_that_came_in_ends_with_the_text_it_belongs_to(world, burmese_case):
    change = CaseChange(
        identity=Identity("Myo Htet Paing", "မနှင်းအိ"), account=Account("Something else.")
    )
    with world.work_as(world.member("volunteer")) as work:
        service.change_case(work, burmese_case, change)
        file = service.read_case(work, burmese_case)
    assert file.identity.name_as_written is None
    assert file.account.says_as_written is None


def test_a_text_that_comes_in_zawgyi_a_second_time_keeps_its_newest_spelling(world, burmese_case):
    other = "ကိုသီဟဇင်"
    change = CaseChange(identity=Identity("Ko Thiha Zin", uni2zg(other)))
    with world.work_as(world.member("volunteer")) as work:
        service.change_case(work, burmese_case, change)
        file = service.read_case(work, burmese_case)
    assert (file.identity.name_burmese, file.identity.name_as_written) == (other, uni2zg(other))
