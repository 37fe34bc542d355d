"""A person's copy: all that is theirs, nothing of others, in their language, on record."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from sqlalchemy import select

from app.audit.events import EventKind
from app.audit.models import AuditEvent
from app.cases.models import Account, FreeText, Household, Identity, Relative
from app.consents.models import ConsentSaid
from app.copies.contents import CELLS, COPIED, FIELDS
from app.copies.labels import LANGUAGES, Label
from app.copies.service import make_copy
from app.copies.values import VALUES
from app.models import sealed_models
from app.permissions import Role
from app.relocation.models import Plan, PlanStatus, Traveller
from app.retention.due import _STOPS, HELD
from app.retention.passes import FIGURES, UNREAD
from app.store.base import new_id
from app.store.sealed import sealed_fields
from app.vetting.models import VettingOutcome
from tests.support.journey import Journey, walk_once
from tests.support.served import serve

OTHERS = ("relative", "payee")
"""Texts of the journey that are another person's."""
HELPING = (
    "consent_how",
    "consent_with",
    "note",
    "says",
    "health",
    "needs",
    "phone",
    "handle",
    "name",
    "burmese",
    "nrc",
    "service_number",
    "unit",
    "safe_times",
)
"""Texts of the journey that are the person's own."""


@pytest.fixture
def walked(new_world):
    with serve(new_world(walk_once)) as served:
        yield served, Journey.walked_in(served)


def copy_of(walked):
    served, journey = walked
    return served.get(journey.coordinator, f"/cases/{journey.case_id}/copy")


def page_of(walked, query=""):
    served, journey = walked
    path = f"/cases/{journey.case_id}/copy/page{query}"
    return served.ask(journey.coordinator, "GET", path)


def test_the_copy_has_what_is_the_persons_own_and_nothing_of_others(walked):
    texts, page = walked[1].texts, page_of(walked).text
    shown = str(copy_of(walked))
    for name in HELPING:
        assert texts[name] in shown, name
        assert texts[name].replace("'", "&#x27;") in page, name
    theirs = [name for name in texts if name not in HELPING]
    assert set(OTHERS) <= set(theirs)
    for name in theirs:
        assert texts[name] not in shown, name
        assert texts[name] not in page, name


def test_the_copy_says_what_was_done_what_was_agreed_and_when_it_goes(walked):
    copy = copy_of(walked)
    assert {"case", "vetting", "journey", "code", "aid"} == {one["kind"] for one in copy["events"]}
    assert VettingOutcome.VERIFIED.value in {one["state"] for one in copy["events"]}
    assert {one["purpose"] for one in copy["consents"]} == {"casework", "sharing"}
    assert copy["goes"]
    assert copy["left_out"]["vetting_checks.check"]
    assert copy["left_out"]["relative.name"]
    assert copy["missing"] == []


def test_a_page_is_in_the_language_of_the_case_or_the_one_that_is_asked_for(walked):
    assert f"<h1>{LANGUAGES['my'][Label.TITLE]}</h1>" in page_of(walked).text
    assert f"<h1>{LANGUAGES['en'][Label.TITLE]}</h1>" in page_of(walked, "?language=en").text
    assert f"<h1>{LANGUAGES['en'][Label.TITLE]}</h1>" in page_of(walked, "?language=shn").text


def test_a_page_shows_what_was_written_as_text_and_loads_nothing(world):
    case_id = world.open_case(
        identity=Identity("<script>alert(1)</script>"),
        account=Account('She said "no" & left.\nThen came back.'),
        household=Household((Relative("<b>aunt</b>", "Ma Ei"),)),
    )
    with serve(world) as served:
        answer = served.ask(world.member("coordinator"), "GET", f"/cases/{case_id}/copy/page")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = answer.text
    assert "&lt;script&gt;" in page
    assert "left.<br>Then" in page
    assert "Ma Ei" not in page
    for active in ("<script", "<b>", "src=", "href=", "style"):
        assert active not in page


def test_making_a_copy_is_on_record(walked):
    served, _ = walked
    copy_of(walked)
    with served.world.deployment.sessions() as session:
        kinds = session.scalars(select(AuditEvent.action)).all()
    assert kinds.count("case:copied") == 1


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.VETTER, Role.LEAD, Role.TREASURER])
def test_who_coordinates_a_case_copies_it_and_nobody_else(walked, role):
    served, journey = walked
    answer = served.ask(served.world.member(role), "GET", f"/cases/{journey.case_id}/copy")
    assert answer.status_code == 403


def test_every_sealed_column_of_a_case_is_copied_or_says_why_not():
    there = {
        f"{model.__tablename__}.{name}"
        for model in sealed_models()
        if "case_id" in model.__table__.c
        for name in sealed_fields(model)
    }
    odd = there ^ set(CELLS)
    assert not odd, f"{sorted(odd)}: add or remove them in CELLS of app/copies/contents.py"


def test_every_field_of_a_copied_cell_is_copied_or_says_why_not():
    for cell, said in FIELDS.items():
        odd = {field.name for field in fields(cell)} ^ set(said)
        assert not odd, f"{cell.__name__}: {sorted(odd)}: say in FIELDS of app/copies/contents.py"
        copied = {name for name, reason in said.items() if reason == COPIED}
        if cell in {ConsentSaid, FreeText}:
            continue  # shown in a line of its own, without a label
        assert copied <= {label.value for label in Label}, f"{cell.__name__}: labels are missing"


def test_every_cell_that_is_copied_says_so_field_by_field():
    kinds = {
        f"{model.__tablename__}.{name}": field.kind
        for model in sealed_models()
        for name, field in sealed_fields(model).items()
    }
    copied = {kinds[place] for place, reason in CELLS.items() if reason == COPIED}
    assert copied <= set(FIELDS), "say of their fields in FIELDS of app/copies/contents.py"


def test_what_keeps_a_part_has_words_in_every_language():
    stops = {HELD, UNREAD, FIGURES}.union(*_STOPS.values())
    for words in VALUES.values():
        assert stops <= set(words), "say them in _WORDS of app/copies/values.py"


def test_a_page_says_in_its_language_what_was_chosen_done_and_agreed(walked):
    page, text = page_of(walked).text, VALUES["my"]
    for value in ("casework", "sharing", "verified", "messenger", "left", "my"):
        assert text[value] in page, value
    for value in ("messenger", "verified", "casework", "confirmed", "summary", "route"):
        assert not re.search(rf"(>|, |: ){value}(<|,| \()", page), value
    assert VALUES["en"]["casework"] in page_of(walked, "?language=en").text


def test_words_of_a_person_are_shown_as_written_though_they_sound_like_a_choice(world):
    case_id = world.open_case(account=Account("left", needs=("phone",)))
    with serve(world) as served:
        path = f"/cases/{case_id}/copy/page?language=my"
        page = served.ask(world.member("coordinator"), "GET", path).text
    assert "<dd>left</dd>" in page
    assert "<p>phone</p>" in page


def test_who_travelled_along_reads_of_the_journey_in_their_copy(world):
    case_id, other = world.open_case(), world.open_case()
    with world.work_as(None) as work:
        today = work.today()
        plan = Plan(
            case_id=other, number=1, team_id=new_id(), status=PlanStatus.FINISHED,
            opened_on=today, moved_on=today, opened_by=new_id(),
        )  # fmt: skip
        along = Traveller(
            case_id=case_id, plan_id=plan.id, other_id=other, joined_on=today, joined_by=new_id()
        )
        work.session.add_all([plan, along])
        for one in (case_id, other):
            work.trail.record(EventKind.PLAN_JOINED, one)
    with world.work_as(world.member("coordinator")) as work:
        copy = make_copy(work, case_id)
    assert [(one.kind, one.state) for one in copy.events] == [("journey", "finished")]
