"""Leads who join and leave, and custody that is dealt again to those who are there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.audit.models import AuditEvent
from app.cases.models import Case, CaseStatus
from app.casework.lone_custody import MOST_ACTIVE
from app.organisation.root import OrganisationRoot
from app.permissions import Role
from app.presets import Preset, custody_split
from app.reports.service import describe_group
from app.store.locks import lock_until_commit
from app.telemetry.health import check_degraded
from app.vault.custody import combine_custody
from app.vault.errors import CustodySharesMissing
from app.vault.models import (
    Bundle,
    CustodyContribution,
    KeyCopy,
    OrganisationKey,
    OrganisationKeyKind,
)
from tests.support.founded_groups import served_group
from tests.support.groups import FOUNDER, Group
from tests.walls.routes_table import intake


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Group]:
    """A small group, whose founder has stepped up."""
    with served_group(Preset.SMALL, tmp_path) as group:
        group.sign_in(FOUNDER)
        group.step_up(FOUNDER)
        yield group


def ask(group: Group, login: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
    return group.served.ask(group.people[login], method, path, body, **more)


def newest_key(group: Group) -> OrganisationKey:
    with group.served.world.deployment.sessions() as session:
        query = select(OrganisationKey).where(OrganisationKey.kind == OrganisationKeyKind.CUSTODY)
        return session.scalars(query.order_by(OrganisationKey.epoch.desc())).first()


def standing(group: Group) -> dict[str, Any]:
    return group.served.get(group.people[FOUNDER], "/custody")


def root_words(group: Group) -> str:
    return OrganisationRoot(group.served.world.founded.root_signing).words


def deal(group: Group, by: str = FOUNDER, words: str | None = None) -> Any:
    body = {"root_words": words or root_words(group)}
    return ask(group, by, "POST", "/custody/deals", body)


def epochs_of_bundles(group: Group) -> set[int]:
    with group.served.world.deployment.sessions() as session:
        query = select(Bundle.epoch).where(Bundle.recipient == OrganisationKeyKind.CUSTODY)
        return set(session.scalars(query))


def log_case(group: Group, login: str = FOUNDER) -> str:
    return str(group.served.post(group.people[login], "/cases", intake({}))["id"])


def regrant(group: Group, case_id: str, to: str, *, by: str) -> Any:
    body = {"member_id": str(group.people[to].id), "compartments": ["identity"]}
    return ask(group, by, "POST", f"/cases/{case_id}/regrants", body)


# ---------------------------------------------------------------------- the second lead


def test_with_the_second_lead_custody_is_two_of_three_and_the_third_is_on_paper(small):
    case_id = log_case(small)
    first_share = small.served.world.founded.recovery_kit[0]
    assert standing(small) == {
        "epoch": 1, "threshold": 1, "shares": 1, "leads": 1, "of_one": True, "due": False,
    }  # fmt: skip
    dealt = small.bring("egret")["custody"]
    assert (dealt["epoch"], dealt["threshold"], dealt["shares"], dealt["leads"]) == (2, 2, 3, 2)
    assert dealt["cases"] == 1
    (paper,) = dealt["paper"]
    assert standing(small) == {
        "epoch": 2, "threshold": 2, "shares": 3, "leads": 2, "of_one": False, "due": False,
    }  # fmt: skip
    assert epochs_of_bundles(small) == {2}
    for words in ([first_share], [paper], [first_share, paper]):
        with pytest.raises(CustodySharesMissing):
            combine_custody(words, newest_key(small))

    small.step_up("egret")
    alone = regrant(small, case_id, "egret", by=FOUNDER)
    assert alone.json()["code"] == "custody.shares_missing"
    given = {"lead_id": str(small.people[FOUNDER].id)}
    assert ask(small, "egret", "POST", "/custody/contributions", given).status_code == 200
    assert regrant(small, case_id, "egret", by=FOUNDER).status_code == 201
    later = log_case(small)
    assert ask(small, FOUNDER, "POST", "/custody/kit-words", {"words": paper}).status_code == 200
    assert regrant(small, later, "egret", by=FOUNDER).status_code == 201


def test_the_founders_old_share_is_nowhere_any_more(small):
    small.bring("egret")
    with small.served.world.deployment.sessions() as session:
        copies = session.scalars(
            select(KeyCopy).where(KeyCopy.kind == OrganisationKeyKind.CUSTODY)
        ).all()
    assert {copy.epoch for copy in copies} == {2}
    assert len(copies) == 2


@pytest.mark.parametrize("preset", Preset)
@pytest.mark.parametrize("leads", range(1, 9))
def test_no_lead_and_no_paper_alone_opens_custody_where_there_are_two(preset, leads):
    threshold, shares = custody_split(preset, leads)
    if leads == 1:
        assert (threshold, shares) == (1, 1)
        return
    assert 2 <= threshold <= leads
    assert leads <= shares
    assert shares - leads < threshold


@pytest.mark.parametrize(
    ("preset", "leads", "split"),
    [
        (Preset.SMALL, 2, (2, 3)),
        (Preset.DOZEN, 2, (2, 3)),
        (Preset.DOZEN, 3, (2, 3)),
        (Preset.LARGE, 2, (2, 3)),
        (Preset.LARGE, 3, (3, 5)),
        (Preset.LARGE, 5, (3, 5)),
        (Preset.LARGE, 6, (3, 6)),
    ],
)
def test_how_custody_is_dealt_follows_from_preset_and_leads(preset, leads, split):
    assert custody_split(preset, leads) == split


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (None, 409, "member.role_needs_root"),
        (OrganisationRoot.generate().words, 403, "organisation.root_wrong"),
    ],
)
def test_without_the_roots_words_nobody_becomes_a_lead(small, words, status, code):
    joined = small.let_join("egret")
    path = f"/members/{small.people['egret'].id}/certificate"
    body = {"heard": joined["fingerprint"], "root_words": words}
    answer = ask(small, FOUNDER, "POST", path, body, based_on=1)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert standing(small)["of_one"] is True


def test_an_administrator_invites_no_lead(small):
    small.bring("egret")
    roles = [{"role": "administrator", "team_id": str(small.served.world.founded.teams[0])}]
    path = f"/members/{small.people['egret'].id}/roles"
    version = small.served.get(small.people[FOUNDER], path.removesuffix("/roles"))["version"]
    del version
    body = {"roles": [{**roles[0], "role": "lead"}], "display_name": "Ibis"}
    answer = ask(small, FOUNDER, "POST", "/invitations", body, acting="administrator")
    assert (answer.status_code, answer.json()["code"]) == (409, "member.role_needs_root")


# ---------------------------------------------------------------------- further leads, and leaving


@pytest.fixture
def dozen(tmp_path: Path) -> Iterator[Group]:
    """Two leads of a dozen; a third has joined and has no share yet."""
    with served_group(Preset.DOZEN, tmp_path) as group:
        group.sign_in(FOUNDER)
        group.step_up(FOUNDER)
        group.bring("egret")
        group.step_up("egret")
        yield group


def make_lead(group: Group, login: str, monkeypatch) -> None:
    from tests.support import groups  # noqa: PLC0415 - its table is changed for this test

    changed = {**groups.GROUPS[group.preset], login: frozenset({Role.LEAD})}
    monkeypatch.setattr(groups, "GROUPS", {**groups.GROUPS, group.preset: changed})
    group.bring(login)


def test_a_third_lead_gets_a_share_when_as_many_as_are_needed_deal_again(dozen, monkeypatch):
    case_id = log_case(dozen, "egret")
    make_lead(dozen, "ibis", monkeypatch)
    assert standing(dozen)["due"] is True
    assert deal(dozen).json()["code"] == "custody.shares_missing"
    to_founder = {"lead_id": str(dozen.people[FOUNDER].id)}
    ask(dozen, "egret", "POST", "/custody/contributions", to_founder)
    dealt = deal(dozen)
    assert dealt.status_code == 201, dealt.text
    assert dealt.json() == {
        "epoch": 3, "threshold": 2, "shares": 3, "leads": 3, "cases": 1, "paper": [],
    }  # fmt: skip
    assert standing(dozen)["due"] is False
    assert epochs_of_bundles(dozen) == {3}
    dozen.step_up("ibis")
    ask(dozen, "ibis", "POST", "/custody/contributions", to_founder)
    assert regrant(dozen, case_id, "egret", by=FOUNDER).status_code == 201


def test_who_leaves_takes_no_share_along(dozen):
    case_id = log_case(dozen, "egret")
    shares = dealt_words(dozen)
    path = f"/members/{dozen.people['egret'].id}"
    version = dozen.served.get(dozen.people[FOUNDER], path)["version"]
    gone = ask(dozen, FOUNDER, "DELETE", path, based_on=version)
    assert gone.status_code == 200, gone.text
    assert standing(dozen)["due"] is True
    assert "deal it again" in says(dozen)
    ask(dozen, FOUNDER, "POST", "/custody/kit-words", {"words": shares[-1]})
    dealt = deal(dozen).json()
    assert (dealt["epoch"], dealt["threshold"], dealt["shares"]) == (4, 1, 1)
    assert standing(dozen)["of_one"] is True
    for pair in combinations(shares, 2):
        with pytest.raises(CustodySharesMissing):
            combine_custody(list(pair), newest_key(dozen))
    assert regrant(dozen, case_id, FOUNDER, by=FOUNDER).status_code in {201, 409}


def dealt_words(group: Group) -> list[str]:
    """Deal again between the two leads; returns the share on paper."""
    to_founder = {"lead_id": str(group.people[FOUNDER].id)}
    ask(group, "egret", "POST", "/custody/contributions", to_founder)
    dealt = deal(group)
    assert dealt.status_code == 201, dealt.text
    words: list[str] = dealt.json()["paper"]
    return words


def test_the_last_lead_does_not_leave(small):
    path = f"/members/{small.people[FOUNDER].id}"
    version = small.served.get(small.people[FOUNDER], path)["version"]
    answer = ask(small, FOUNDER, "DELETE", path, based_on=version)
    assert answer.json()["code"] == "member.last_lead"


def test_contributions_to_a_key_that_was_replaced_are_gone(dozen):
    to_founder = {"lead_id": str(dozen.people[FOUNDER].id)}
    for _ in range(2):
        ask(dozen, "egret", "POST", "/custody/contributions", to_founder)
    assert deal(dozen).status_code == 201
    with dozen.served.world.deployment.sessions() as session:
        assert session.scalar(select(func.count()).select_from(CustodyContribution)) == 0


def test_what_was_altered_in_the_database_is_not_sealed_again_and_is_on_record(small):
    log_case(small)
    broken = log_case(small)
    with small.served.world.deployment.engine.begin() as connection:
        connection.execute(
            update(Bundle).where(Bundle.case_id == UUID(broken)).values(sealed=bytes(2000))
        )
    dealt = small.bring("egret")["custody"]
    assert dealt["cases"] == 2
    assert epochs_of_bundles(small) == {1, 2}


def test_dealing_is_on_record(small):
    log_case(small)
    small.bring("egret")
    with small.served.world.deployment.sessions() as session:
        actions = list(session.scalars(select(AuditEvent.action)))
    assert actions.count("custody:dealt") == 1
    assert actions.count("custody:resealed") == 1


@pytest.mark.usefixtures("world_on_both")
def test_who_deals_waits_for_who_seals_to_the_old_key(world):
    """On both databases: lock."""
    if world.deployment.engine.dialect.name == "sqlite":
        with world.deployment.sessions() as session:
            lock_until_commit(session, "custody key", shared=False)
        return
    order: list[str] = []

    def replace() -> None:
        with world.deployment.sessions() as session, session.begin():
            lock_until_commit(session, "custody key", shared=False)
            order.append("dealt")

    with world.deployment.sessions() as first, world.deployment.sessions() as second:
        for session in (first, second):
            lock_until_commit(session, "custody key", shared=True)
        dealing = threading.Thread(target=replace)
        dealing.start()
        dealing.join(0.3)
        order.append("sealed")
        first.commit()
        second.commit()
        dealing.join(30)
    assert order == ["sealed", "dealt"]


# ---------------------------------------------------------------------- one lead alone


def says(group: Group) -> str:
    (check,) = [
        check for check in check_degraded(group.served.world.deployment) if check.name == "custody"
    ]
    assert check.ok is (("alone" not in check.says) and ("again" not in check.says))
    return check.says


def test_that_one_lead_is_alone_is_said_wherever_somebody_looks(small):
    assert small.served.get(small.people[FOUNDER], "/me")["custody_of_one"] is True
    assert "one lead alone" in says(small)
    small.bring("egret")
    assert small.served.get(small.people["egret"], "/me")["custody_of_one"] is False
    assert says(small) == "2 of 3 shares, epoch 2"


def test_a_report_begins_with_who_has_custody(small):
    with small.served.world.work_as(None) as work:
        assert describe_group(work).custody_of_one is True
        work.trail.record("members:listed")
    small.bring("egret")
    with small.served.world.work_as(None) as work:
        assert describe_group(work).custody_of_one is False
        work.trail.record("members:listed")


def test_while_one_lead_is_alone_ten_cases_are_active_and_the_eleventh_waits_for_the_second(small):
    world = small.served.world
    cases = [log_case(small) for _ in range(MOST_ACTIVE + 1)]
    with world.deployment.sessions() as session, session.begin():
        session.info["touched"] = set()
        for row in session.scalars(select(Case)):
            last = str(row.id) == cases[-1]
            row.status = CaseStatus.SETTLED if last else CaseStatus.ACTIVE
    path = f"/cases/{cases[-1]}/moves"
    body = {"to": "active", "reason": "They must move again."}
    version = small.served.get(small.people[FOUNDER], f"/cases/{cases[-1]}")["version"]
    answer = ask(small, FOUNDER, "POST", path, body, based_on=version)
    assert (answer.status_code, answer.json()["code"]) == (409, "custody.of_one")
    small.bring("egret")
    assert ask(small, FOUNDER, "POST", path, body, based_on=version).status_code == 200
