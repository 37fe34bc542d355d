"""The original of a converted text stays with it, whatever else is edited."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from burmesenlp import uni2zg

from app.cases import service
from app.cases.models import (
    Account,
    Channel,
    Contact,
    Household,
    Identity,
    Papers,
    Relative,
)
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


TEXTS = {
    Papers: ("service", "service_number", "unit"),
    Relative: ("relation", "name"),
    Contact: ("safe_times", "contacted_by"),
    Account: ("needs", "risks", "health"),
}
"""The texts of cells beside the name and what was said: of each the original is kept."""
NOT_TEXT = {
    "Papers.nrc": "a number, which has a reading of its own",
    "Papers.born_on": "digits, written here",
    "Contact.phones": "numbers, kept as typed",
    "Contact.handles": "kept as typed",
    "Account.says": "its original is says_as_written",
    "Account.says_as_written": "is an original",
}


def test_every_free_text_of_a_cell_keeps_its_original_or_says_why_it_is_no_text():
    for cell, names in TEXTS.items():
        for field in fields(cell):
            is_text = "str" in str(field.type)
            name = f"{cell.__name__}.{field.name}"
            assert not is_text or field.name in names or name in NOT_TEXT, (
                f"{name}: keep its original in app/cases/cleaning.py and name it in TEXTS"
            )


def spelled(text, spell=uni2zg):
    """An intake with one text in every free text of its cells."""
    said = spell(text)
    return replace(
        WALKER,
        papers=Papers(service=said, service_number=said, unit=said),
        household=Household((Relative(said, said),)),
        contact=Contact(Channel.PHONE, safe_times=said, contacted_by=said),
        account=Account("She called.", needs=(said,), risks=(said,), health=said),
    )


def originals_of(case):
    return {
        (type(cell).__name__, one.field, one.text)
        for cell in (case.papers, case.household, case.contact, case.account)
        for one in cell.as_written
    }


def test_every_converted_text_of_a_case_keeps_its_original_through_edits_of_other_texts(world):
    case_id, sent = opened(world, spelled(NAME)), uni2zg(NAME)
    expected = {
        ("Household" if cell is Relative else cell.__name__, name, sent)
        for cell, names in TEXTS.items()
        for name in names
    }
    edits = (
        CaseChange(papers=Papers(nrc="9/MaHaMa(N)123456"), sent={"papers": frozenset({"nrc"})}),
        CaseChange(
            contact=Contact(Channel.PHONE, ("09 770 000 001",)),
            sent={"contact": frozenset({"phones"})},
        ),
        CaseChange(account=Account("He called."), sent={"account": frozenset({"says"})}),
        CaseChange(
            household=Household((Relative(NAME, NAME), Relative("aunt", "Ma Ei"))),
            sent={"household": frozenset({"relatives"})},
        ),
    )
    for change in (None, *edits):
        with world.work_as(world.member("coordinator")) as work:
            if change is not None:
                service.change_case(work, case_id, change)
            case = service.read_case(work, case_id)
        assert (case.papers.unit, case.contact.safe_times, case.account.health) == (NAME,) * 3
        assert case.household.relatives[0].name == NAME
        assert originals_of(case) == expected


def test_an_original_ends_with_its_text_and_text_that_was_unicode_has_none(world):
    case_id = opened(world, spelled(NAME))
    change = CaseChange(papers=Papers(unit="stores"), sent={"papers": frozenset({"unit"})})
    with world.work_as(world.member("coordinator")) as work:
        service.change_case(work, case_id, change)
        case = service.read_case(work, case_id)
    assert {one.field for one in case.papers.as_written} == {"service", "service_number"}
    typed = opened(world, spelled(NAME, str))
    with world.work_as(world.member("coordinator")) as work:
        assert originals_of(service.read_case(work, typed)) == set()
