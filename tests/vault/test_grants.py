"""Work is handed over by granting and ends with the grant: nothing else opens a case."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.audit.events import EventKind
from app.cases.models import Case
from app.crypto.hpke import PrivateKey
from app.permissions import ROLE_COMPARTMENTS, Compartment, Role, roles_in
from app.store.base import new_id
from app.vault.errors import CaseErased, KeyNotCertified, NoGrant, ScopeOutOfReach, Tampered
from app.vault.models import Bundle, Grant, GrantReason, MemberKeys, ScopeRow
from app.vault.scopes import SUMMARY, Scope
from tests.support.rewriting import rewrite

IDENTITY = Scope(Compartment.IDENTITY)


def hand_over(world, case_id, giver, taker, scopes=(SUMMARY, IDENTITY), until=None):
    with world.work_as(giver) as work:
        work.grants.grant(
            case_id, taker.id, list(scopes), reason=GrantReason.VETTING, about=case_id, until=until
        )


def opens(world, case_id, member, name="identity"):
    with world.work_as(member) as work:
        case = work.session.get_one(Case, case_id)
        try:
            work.vault.open(getattr(case, name))
        except NoGrant:
            return False
        return True


def test_a_granted_scope_opens_and_no_other_does(world):
    case_id, vetter = world.open_case(), world.member("vetter")
    hand_over(world, case_id, world.member("coordinator"), vetter)
    assert opens(world, case_id, vetter, "identity")
    assert opens(world, case_id, vetter, "summary")
    assert not opens(world, case_id, vetter, "contact")
    assert not opens(world, case_id, vetter, "account")


def test_the_first_session_that_meets_a_grant_rewraps_it(world):
    case_id, vetter = world.open_case(), world.member("vetter")
    hand_over(world, case_id, world.member("coordinator"), vetter)

    def row():
        with world.deployment.sessions() as session:
            return session.scalars(select(Grant).where(Grant.holder_id == vetter.id)).one()

    assert row().hpke_wrap is not None
    assert row().symmetric_wrap is None
    with world.work_as(vetter) as work:
        work.vault.open(work.session.get_one(Case, case_id).identity)
        assert not work.grants.holds(case_id, Scope(Compartment.ROUTE))
    assert row().hpke_wrap is None
    assert row().symmetric_wrap is not None
    assert opens(world, case_id, vetter)


def test_nobody_can_grant_what_they_do_not_hold(world):
    case_id = world.open_case()
    stranger = world.member("coordinator", team=2)
    with pytest.raises(NoGrant):
        hand_over(world, case_id, stranger, world.member("vetter"))


def test_a_grant_outside_the_reach_of_a_role_is_refused(world):
    case_id = world.open_case()
    for role in ("treasurer", "registrar", "vetter", "auditor", "administrator"):
        holder = world.member(role)
        for compartment in (Compartment.IDENTITY, Compartment.CONTACT, Compartment.ACCOUNT):
            if compartment in ROLE_COMPARTMENTS[holder.role]:
                continue
            with pytest.raises(ScopeOutOfReach):
                hand_over(
                    world, case_id, world.member("coordinator"), holder, (Scope(compartment),)
                )


@pytest.mark.usefixtures("world_on_both")
def test_ending_a_grant_destroys_its_wraps_and_shuts_the_case(world):
    """On both databases: transaction."""
    case_id, vetter = world.open_case(), world.member("vetter")
    coordinator = world.member("coordinator")
    hand_over(world, case_id, coordinator, vetter)
    assert opens(world, case_id, vetter)
    with world.work_as(coordinator) as work:
        assert work.grants.end(case_id, holder_id=vetter.id) == 1
    with world.deployment.sessions() as session:
        row = session.scalars(select(Grant).where(Grant.holder_id == vetter.id)).one()
        assert (row.hpke_wrap, row.symmetric_wrap) == (None, None)
        assert row.ended_on is not None
    assert not opens(world, case_id, vetter)


def test_a_grant_opens_nothing_after_its_last_day(world):
    case_id, vetter = world.open_case(), world.member("vetter")
    today = world.clock().date()
    hand_over(world, case_id, world.member("coordinator"), vetter, until=today + timedelta(days=2))
    world.clock.advance(days=2)
    assert opens(world, case_id, vetter)
    world.clock.advance(days=1)
    assert not opens(world, case_id, vetter)


def test_ending_what_serves_one_record_takes_nothing_else_away(world):
    case_id, vetter = world.open_case(), world.member("vetter")
    coordinator = world.member("coordinator")
    rounds = [new_id(), new_id()]
    with world.work_as(coordinator) as work:
        for about in rounds:
            work.grants.grant(
                case_id, vetter.id, [SUMMARY, IDENTITY], reason=GrantReason.VETTING, about=about
            )
    with world.work_as(coordinator) as work:
        work.grants.end(case_id, about=rounds[0])
    assert opens(world, case_id, vetter)


def test_a_scope_of_its_own_opens_for_its_holder_and_not_for_the_case_s_other_holders(world):
    case_id, leg_id = world.open_case(), new_id()
    coordinator, escort = world.member("coordinator"), world.member("volunteer", 2)
    leg = Scope(Compartment.ROUTE, leg_id)
    with world.work_as(coordinator) as work:
        work.grants.mint(case_id, [leg])
        work.grants.grant(case_id, escort.id, [leg], reason=GrantReason.ESCORT, about=leg_id)
        work.trail.record("leg:planned", case_id)
    with world.work_as(escort) as work:
        assert work.grants.holds(case_id, leg)
        assert not work.grants.holds(case_id, SUMMARY)
        assert not work.grants.holds(case_id, Scope(Compartment.ROUTE, new_id()))
    with world.work_as(world.member("coordinator", 2)) as work:
        assert not work.grants.holds(case_id, leg)


def test_a_public_key_put_in_by_a_writer_of_the_database_is_never_sealed_to(world):
    case_id, vetter = world.open_case(), world.member("vetter")
    with world.deployment.sessions() as session, session.begin():
        session.execute(
            update(MemberKeys)
            .where(MemberKeys.id == vetter.id)
            .values(work_public=PrivateKey.generate().public)
        )
    with pytest.raises(KeyNotCertified):
        hand_over(world, case_id, world.member("coordinator"), vetter)


def test_a_role_raised_by_a_writer_of_the_database_widens_no_grant(world):
    case_id, treasurer = world.open_case(), world.member("treasurer")
    with world.deployment.sessions() as session, session.begin():
        session.execute(
            update(MemberKeys)
            .where(MemberKeys.id == treasurer.id)
            .values(roles=roles_in(treasurer.team_id, Role.COORDINATOR))
        )
    with pytest.raises(KeyNotCertified):
        hand_over(world, case_id, world.member("coordinator"), treasurer)


@pytest.mark.parametrize(
    ("column", "value"),
    [("until", None), ("about", new_id()), ("granter_id", None), ("entries", None)],
)
def test_a_grant_that_was_altered_on_its_way_is_not_rewrapped(world, column, value):
    case_id, vetter = world.open_case(), world.member("vetter")
    until = world.clock().date() + timedelta(days=9)
    hand_over(world, case_id, world.member("coordinator"), vetter, until=until)
    with world.deployment.sessions() as session, session.begin():
        grant = session.scalars(select(Grant).where(Grant.holder_id == vetter.id)).one()
        if column == "granter_id":
            value = world.member("coordinator", 2).id
        if column == "entries":
            value = grant.entries[53:]
        session.execute(update(Grant).where(Grant.id == grant.id).values({column: value}))
    with pytest.raises(Tampered):
        opens(world, case_id, vetter)


def test_a_commitment_that_was_swapped_in_the_scope_s_row_is_noticed(world):
    case_id, vetter = world.open_case(), world.member("vetter")
    hand_over(world, case_id, world.member("coordinator"), vetter)
    with world.deployment.sessions() as session, session.begin():
        session.execute(
            update(ScopeRow)
            .where(ScopeRow.case_id == case_id, ScopeRow.compartment == Compartment.IDENTITY)
            .values(commitment=bytes(32))
        )
    with pytest.raises(Tampered):
        opens(world, case_id, vetter)


def test_a_symmetric_wrap_moved_to_another_member_opens_nothing(world):
    case_id = world.open_case()
    thief = world.member("coordinator", team=2)
    with world.deployment.sessions() as session, session.begin():
        session.execute(
            update(Grant)
            .where(Grant.holder_id == world.member("coordinator").id)
            .values(holder_id=thief.id)
        )
    with pytest.raises(Tampered):
        opens(world, case_id, thief)


def test_a_wrap_that_its_member_did_not_make_opens_nothing(world):
    case_id, coordinator = world.open_case(), world.member("coordinator")
    assert opens(world, case_id, coordinator)
    with world.deployment.sessions() as session:
        mine = select(Grant).where(Grant.holder_id == coordinator.id)
        grant = session.scalars(mine.where(Grant.symmetric_wrap.is_not(None))).one()
    rewrite(world, Grant, grant.id, symmetric_wrap=bytes(len(grant.symmetric_wrap)))
    with pytest.raises(Tampered):
        opens(world, case_id, coordinator)


def test_a_grant_that_another_request_has_just_rewrapped_opens(world):
    case_id, vetter = world.open_case(), world.member("vetter")
    hand_over(world, case_id, world.member("coordinator"), vetter)
    with world.deployment.sessions() as session:
        grant_id = session.scalars(select(Grant.id).where(Grant.holder_id == vetter.id)).one()
    assert opens(world, case_id, vetter)
    with world.work_as(vetter) as work:
        assert work.grants._keyring._rewrap(grant_id).wrapped


def test_a_case_whose_scopes_were_altered_writes_no_event_under_another_s_share(world):
    case_id, other_id = world.open_case(), world.open_case()
    with world.deployment.sessions() as session, session.begin():
        other = session.get_one(Case, other_id).share_id
        session.execute(update(ScopeRow).where(ScopeRow.case_id == case_id).values(share_id=other))
    with pytest.raises(Tampered), world.work_as(None) as work:
        work.trail.record(EventKind.CASE_EMERGENCY, case_id)


def test_every_secret_reaches_custody_and_reporting_secrets_reach_reporting(world):
    case_id = world.open_case()
    with world.deployment.sessions() as session:
        bundles = session.scalars(select(Bundle).where(Bundle.case_id == case_id)).all()
        assert sorted(bundle.recipient for bundle in bundles) == ["custody", "reporting"]
    with world.work_as(world.member("auditor")) as work:
        case = work.session.get_one(Case, case_id)
        work.vault.unlock_reporting([case_id])
        assert work.vault.open(case.reporting).half_year == "2026H1"
        with pytest.raises(NoGrant):
            work.vault.open(case.summary)


def test_without_its_erasure_share_no_grant_opens_a_case(world):
    case_id = world.open_case()
    with world.deployment.sessions() as session:
        share_id = session.get_one(Case, case_id).share_id
    assert world.deployment.keystore.destroy([share_id]) == 1
    with world.work_as(world.member("coordinator")) as work:
        case = work.session.get_one(Case, case_id)
        with pytest.raises((CaseErased, NoGrant)):
            work.vault.open(case.identity)
    with world.work_as(world.member("lead")) as work:
        work.custody.open_cases([case_id])
        case = work.session.get_one(Case, case_id)
        with pytest.raises(CaseErased):
            work.vault.open(case.identity)
