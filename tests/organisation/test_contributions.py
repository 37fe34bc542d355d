"""With a threshold of two, custody opens by routes: both leads, or one of them and the kit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from app.audit.events import EventKind
from app.vault.custody import deal_custody, seal_copy
from app.vault.models import OrganisationKeyKind
from tests.support.intake_steps import found, opened
from tests.support.people import another_lead
from tests.support.served import Served, serve
from tests.support.world import Person, World


@dataclass
class TwoLeads:
    """Two leads who must agree, and what they ask behind the second unlock."""

    world: World
    served: Served
    first: Person
    second: Person
    kit: list[str]
    shares: list[str]

    def ask(self, lead: Person, path: str, body: dict[str, Any], *, key: str = "one") -> Any:
        token = self.world.token(lead, stepped_up=True)
        headers = {"authorization": f"Bearer {token}", "idempotency-key": f"contributions-{key}"}
        return self.served.client.post(f"/api{path}", json=body, headers=headers)

    def regrant(self, case_id: UUID, key: str) -> Any:
        """The first lead grants a case to a coordinator of the other team."""
        whom = self.world.member("coordinator", team=2)
        body = {"member_id": str(whom.id), "compartments": ["identity"]}
        return self.ask(self.first, f"/cases/{case_id}/regrants", body, key=key)


@pytest.fixture
def two(world: World) -> Iterator[TwoLeads]:
    first, second = world.member("lead"), another_lead(world)
    organisation = world.deployment.organisation
    signing = {"signer": first.secrets.sign, "signer_id": first.id}
    with world.work_as(first) as work:
        dealt = deal_custody(organisation, 2, threshold=2, count=4, leads=2, **signing)
        work.session.add(dealt.key)
        work.session.flush()
        for person, words in zip((first, second), dealt.words, strict=False):
            copy = seal_copy(
                organisation,
                work.certificates,
                kind=OrganisationKeyKind.CUSTODY,
                epoch=2,
                secret=words.encode(),
                member_id=person.id,
                giver_id=first.id,
                giver=first.secrets.sign,
            )
            work.session.add(copy)
        work.trail.record(EventKind.ORGANISATION_FOUNDED)
    with serve(world) as served:
        yield TwoLeads(world, served, first, second, dealt.words[2:], dealt.words[:2])


def test_both_leads_open_a_case_by_routes_and_one_alone_does_not(two):
    case_id = opened(two.world)
    assert two.regrant(case_id, "alone").json()["code"] == "custody.shares_missing"
    given = two.ask(two.second, "/custody/contributions", {"lead_id": str(two.first.id)})
    assert given.status_code == 200
    assert given.json() == {
        "lead_id": str(two.first.id),
        "given_on": "2026-03-02",
        "from_kit": False,
    }
    assert two.regrant(case_id, "both").status_code == 201
    assert found(two.world, two.world.member("coordinator", team=2), case_id)
    assert two.regrant(case_id, "again").json()["code"] == "custody.shares_missing"


@pytest.mark.parametrize(
    "form", [str, str.upper, lambda words: words.replace(" ", ".\u00a0\n") + " "]
)
def test_one_lead_and_a_share_on_paper_open_a_case_however_it_is_typed(two, form):
    case_id = opened(two.world)
    typed = two.ask(two.first, "/custody/kit-words", {"words": form(two.kit[0])})
    assert typed.json()["from_kit"] is True
    assert two.kit[0] not in typed.text
    assert two.regrant(case_id, "with-kit").status_code == 201


def test_a_share_typed_twice_counts_once_and_hinders_nobody(two):
    case_id = opened(two.world)
    for key in ("once", "twice"):
        words = {"words": two.kit[0]}
        assert two.ask(two.first, "/custody/kit-words", words, key=key).status_code == 200
    assert two.regrant(case_id, "with-kit").status_code == 201


def test_a_share_on_paper_lapses_after_a_day(two):
    two.ask(two.first, "/custody/kit-words", {"words": two.kit[0]})
    case_id = opened(two.world)
    two.world.clock.advance(days=2)
    assert two.regrant(case_id, "late").json()["code"] == "custody.shares_missing"


def test_words_that_are_no_other_share_of_this_custody_are_refused(two):
    strangers = two.world.founded.recovery_kit[0]
    for number, words in enumerate((strangers, "eight words", two.shares[0], two.kit[0][:-4])):
        answer = two.ask(two.first, "/custody/kit-words", {"words": words}, key=str(number))
        assert (answer.status_code, answer.json()["code"]) == (409, "custody.shares_missing")


def test_a_share_goes_to_another_lead_alone(two):
    for number, whom in enumerate((two.first, two.world.member("coordinator"))):
        body = {"lead_id": str(whom.id)}
        answer = two.ask(two.first, "/custody/contributions", body, key=str(number))
        assert (answer.status_code, answer.json()["code"]) == (404, "member.not_found")
