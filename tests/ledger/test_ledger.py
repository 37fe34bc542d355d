"""Funds, deposits and reversals; what the database refuses; what verification finds."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.aid.models import AidRequest, AidStatus
from app.errors import IdTaken
from app.ledger import service as ledger
from app.ledger.errors import (
    CurrencyUnknown,
    EntryNotFound,
    EntryReversed,
    EntryUnbalanced,
    FundNotFound,
    FundOverdrawn,
    NotADeposit,
)
from app.ledger.models import (
    AccountKind,
    DepositSource,
    EntryKind,
    Fund,
    JournalEntry,
    LedgerAccount,
    Posting,
)
from app.ledger.reconcile import LedgerFinding, verify_ledger
from app.permissions import Permission
from app.store.base import Base, new_id
from tests.support.aid_steps import KYAT, a_draft, open_fund


def balance_of(world, person, fund_id):
    with world.work_as(person) as work:
        return ledger.get_fund(work, fund_id).balance // KYAT


def findings(scene):
    with scene.world.work_as(scene.pays) as work:
        return verify_ledger(work)


def breaches(scene):
    """The laws that are broken, besides the rows that are not as they were written."""
    return [finding for finding in findings(scene) if finding.code != "row.altered"]


def behind_its_back(scene, *statements):
    """Change rows as somebody with write access to the database would."""
    with scene.world.deployment.engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def an_entry(scene, **changes):
    """Values of a journal entry of the scene's fund that no service made."""
    return {
        "id": new_id(),
        "row_mac": bytes(16),
        "fund_id": scene.fund_id,
        "kind": EntryKind.DEPOSIT,
        "made_on": scene.world.clock.at.date(),
        "made_by": scene.pays.id,
    } | changes


def account_of(scene, kind, fund_id=None):
    with scene.world.deployment.sessions() as session:
        return session.scalars(
            select(LedgerAccount.id).where(
                LedgerAccount.fund_id == (fund_id or scene.fund_id), LedgerAccount.kind == kind
            )
        ).one()


def postings(scene, entry_id, **amounts):
    return [
        insert(Posting).values(
            id=new_id(),
            row_mac=bytes(16),
            entry_id=entry_id,
            account_id=account_of(scene, AccountKind(kind)),
            amount=amount,
        )
        for kind, amount in amounts.items()
    ]


# ------------------------------------------------------------------------------------------- funds


def test_a_fund_opens_empty_and_its_name_is_sealed(scene):
    with scene.world.work_as(scene.pays) as work:
        fund = ledger.open_fund(work, "Lotus", "THB")
        assert (fund.balance, fund.reserved, fund.version) == (0, 0, 1)
        assert b"Lotus" not in fund.name.envelope
        assert ledger.find_fund_name(work, fund) == "Lotus"


def test_a_fund_is_opened_in_known_currencies_and_under_a_fresh_id(scene):
    with scene.world.work_as(scene.pays) as work, pytest.raises(CurrencyUnknown):
        ledger.open_fund(work, "Lotus", "XAU")
    with scene.world.work_as(scene.pays) as work, pytest.raises(IdTaken):
        ledger.open_fund(work, "Lotus", "MMK", scene.fund_id)


def test_a_team_sees_its_own_funds_and_an_auditor_all_without_their_names(scene):
    theirs = open_fund(scene.world, scene.world.member("treasurer", team=2), 10)
    with scene.world.work_as(scene.approves) as work:
        assert [fund.id for fund in ledger.list_funds(work, limit=10)] == [scene.fund_id]
        with pytest.raises(FundNotFound):
            ledger.get_fund(work, theirs)
    with scene.world.work_as(scene.world.member("auditor")) as work:
        funds = ledger.list_funds(work, limit=10)
        assert {fund.id for fund in funds} == {scene.fund_id, theirs}
        assert [ledger.find_fund_name(work, fund) for fund in funds] == [None, None]


@pytest.mark.usefixtures("world_on_both")
def test_funds_are_paged_in_order(scene):
    """On both databases: paging."""
    more = [open_fund(scene.world, scene.pays, 0) for _ in range(3)]
    with scene.world.work_as(scene.pays) as work:
        seen, after = [], None
        while funds := ledger.list_funds(work, limit=2, after=after):
            seen += [fund.id for fund in funds]
            after = (funds[-1].opened_on, funds[-1].id)
    assert seen == [scene.fund_id, *more]


# --------------------------------------------------------------------------------------- entries


@pytest.mark.parametrize("source", DepositSource)
def test_a_deposit_is_booked_against_where_it_came_from(scene, source):
    with scene.world.work_as(scene.pays) as work:
        entry = ledger.deposit(work, scene.fund_id, 700, source)
        assert ledger.read_entries(work, [entry])[0].lines == {
            AccountKind.CASH: 700,
            AccountKind(source): -700,
        }
    assert findings(scene) == []


def test_nobody_books_into_another_teams_fund(scene):
    stranger = scene.world.member("treasurer", team=2)
    with scene.world.work_as(stranger) as work, pytest.raises(FundNotFound):
        ledger.deposit(work, scene.fund_id, 700, DepositSource.PUBLIC)


def test_a_deposit_made_by_mistake_is_reversed_once(scene):
    with scene.world.work_as(scene.pays) as work:
        entry_id = ledger.deposit(work, scene.fund_id, 70_000 * KYAT, DepositSource.EVENTS).id
    assert scene.money() == (570_000, 0)
    with scene.world.work_as(scene.pays) as work:
        mirror = ledger.reverse_deposit(work, scene.fund_id, entry_id)
        assert mirror.reverses == entry_id
    assert scene.money() == (500_000, 0)
    with scene.world.work_as(scene.pays) as work, pytest.raises(EntryReversed):
        ledger.reverse_deposit(work, scene.fund_id, entry_id)
    with scene.world.work_as(scene.pays) as work, pytest.raises(NotADeposit):
        ledger.reverse_deposit(work, scene.fund_id, mirror.id)
    assert findings(scene) == []


def test_a_deposit_that_is_promised_or_spent_is_not_reversed(scene):
    with scene.world.work_as(scene.pays) as work:
        fund = ledger.get_fund(work, scene.fund_id)
        entry_id = ledger.list_entries(work, fund, limit=1)[0].id
    scene.approve(scene.ask())
    with scene.world.work_as(scene.pays) as work, pytest.raises(FundOverdrawn):
        ledger.reverse_deposit(work, scene.fund_id, entry_id)


def test_a_payment_is_not_reversed_beside_its_request(scene):
    request_id = scene.paid()
    with scene.world.work_as(scene.pays) as work:
        payment = ledger.find_payment(work, request_id)
        with pytest.raises(NotADeposit):
            ledger.reverse_deposit(work, scene.fund_id, payment.id)
        with pytest.raises(EntryNotFound):
            ledger.reverse_deposit(work, scene.fund_id, new_id())


def test_an_entry_id_is_taken_once(scene):
    proposed = new_id()
    with scene.world.work_as(scene.pays) as work:
        ledger.deposit(work, scene.fund_id, 1, DepositSource.GRANT, proposed)
    with scene.world.work_as(scene.pays) as work, pytest.raises(IdTaken):
        ledger.deposit(work, scene.fund_id, 1, DepositSource.GRANT, proposed)


@pytest.mark.usefixtures("world_on_both")
def test_the_journal_is_paged_newest_first_and_shows_what_was_undone(scene):
    """On both databases: paging."""
    request_id = scene.paid()
    scene.world.clock.advance(days=1)
    scene.do("reverse", request_id, scene.pays_too)
    with scene.world.work_as(scene.pays) as work:
        fund = ledger.get_fund(work, scene.fund_id)
        newest = ledger.list_entries(work, fund, limit=1)
        older = ledger.list_entries(work, fund, limit=5, after=(newest[0].made_on, newest[0].id))
        booked = {one.entry.kind: one for one in ledger.read_entries(work, [*newest, *older])}
    assert [entry.kind for entry in newest] == [EntryKind.REVERSAL]
    assert len(older) == 2
    payment, reversal = booked[EntryKind.PAYMENT], booked[EntryKind.REVERSAL]
    assert payment.reversed_by == reversal.entry.id
    assert payment.request_id == request_id
    assert {k: -v for k, v in payment.lines.items()} == reversal.lines


def test_an_auditor_is_not_shown_which_request_an_entry_pays(scene):
    scene.paid()
    auditor = scene.world.member("auditor")
    assert not auditor.principal.may(Permission.AID_READ)
    with scene.world.work_as(auditor) as work:
        fund = ledger.get_fund(work, scene.fund_id)
        booked = ledger.read_entries(work, ledger.list_entries(work, fund, limit=9))
        assert [one.request_id for one in booked] == [None, None]


# ------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("verb", ["update", "delete"])
@pytest.mark.parametrize("table", ["journal_entries", "postings"])
def test_the_database_refuses_to_change_what_was_booked(scene, table, verb):
    rows = Base.metadata.tables[table]
    column = "amount" if table == "postings" else "made_by"
    value = 1 if table == "postings" else new_id()
    change = update(rows).values({column: value}) if verb == "update" else delete(rows)
    with pytest.raises(DBAPIError, match="insert-only"):
        behind_its_back(scene, change)


@pytest.mark.usefixtures("world_on_both")
@pytest.mark.parametrize(
    "values", [{"balance": -1}, {"reserved": -1}, {"reserved": 500_000 * KYAT + 1}]
)
def test_the_database_refuses_to_overdraw_a_fund(scene, values):
    """On both databases: race."""
    with pytest.raises(IntegrityError):
        behind_its_back(scene, update(Fund).values(values))


@pytest.mark.usefixtures("world_on_both")
def test_the_database_refuses_a_second_payment_or_reversal(scene):
    """On both databases: race."""
    request_id = scene.paid()
    with pytest.raises(IntegrityError):
        behind_its_back(
            scene,
            insert(JournalEntry).values(an_entry(scene, kind=EntryKind.PAYMENT, pays=request_id)),
        )
    with scene.world.work_as(scene.pays) as work:
        payment_id = ledger.find_payment(work, request_id).id
    scene.do("reverse", request_id, scene.pays_too)
    again = an_entry(scene, kind=EntryKind.REVERSAL, reverses=payment_id)
    with pytest.raises(IntegrityError):
        behind_its_back(scene, insert(JournalEntry).values(again))


def test_an_entry_that_does_not_balance_is_never_written(scene):
    with scene.world.work_as(scene.pays) as work:
        fund = ledger.lock_fund(work, scene.fund_id, {scene.pays.team_id})
        entry = JournalEntry(kind=EntryKind.DEPOSIT)
        with pytest.raises(EntryUnbalanced):
            ledger._post(work, fund, entry, {AccountKind.CASH: 2, AccountKind.PUBLIC: -1})
    assert scene.money() == (500_000, 0)


# ------------------------------------------------------------------------------ what is found


def test_a_ledger_in_use_verifies(scene):
    scene.paid()
    other = scene.another_case()
    other.do("reverse", other.paid(a_draft(20_000)), scene.pays_too)
    third = scene.another_case()
    third.approve(third.ask())
    assert findings(scene) == []


def test_a_smuggled_posting_is_found(scene):
    entry = an_entry(scene)
    behind_its_back(
        scene, insert(JournalEntry).values(entry), *postings(scene, entry["id"], public=-5)
    )
    assert breaches(scene) == [LedgerFinding("entry.unbalanced", entry["id"])]
    assert LedgerFinding("row.altered", entry["id"]) in findings(scene)


def test_an_entry_without_postings_is_found(scene):
    entry = an_entry(scene)
    behind_its_back(scene, insert(JournalEntry).values(entry))
    assert breaches(scene) == [LedgerFinding("entry.empty", entry["id"])]


def test_an_invented_deposit_is_found(scene):
    entry = an_entry(scene)
    behind_its_back(
        scene,
        insert(JournalEntry).values(entry),
        *postings(scene, entry["id"], cash=5, public=-5),
    )
    assert breaches(scene) == [LedgerFinding("fund.balance", scene.fund_id)]


def test_a_reversal_that_mirrors_only_in_part_is_found(scene):
    with scene.world.work_as(scene.pays) as work:
        entry_id = ledger.deposit(work, scene.fund_id, 700, DepositSource.EVENTS).id
    mirror = an_entry(scene, kind=EntryKind.REVERSAL, reverses=entry_id)
    behind_its_back(
        scene,
        insert(JournalEntry).values(mirror),
        *postings(scene, mirror["id"], public=700, events=-700),
    )
    assert breaches(scene) == [LedgerFinding("entry.not_mirrored", entry_id)]


def test_an_entry_across_two_funds_is_found(scene):
    other = open_fund(scene.world, scene.pays, 10)
    entry = an_entry(scene)
    stray = insert(Posting).values(
        id=new_id(),
        row_mac=bytes(16),
        entry_id=entry["id"],
        account_id=account_of(scene, AccountKind.PUBLIC, other),
        amount=-5,
    )
    behind_its_back(
        scene,
        insert(JournalEntry).values(entry),
        *postings(scene, entry["id"], events=5),
        stray,
    )
    assert breaches(scene) == [LedgerFinding("entry.of_two_funds", entry["id"])]


@pytest.mark.parametrize(
    ("values", "code"),
    [({"balance": 500_001 * KYAT}, "fund.balance"), ({"reserved": 1}, "fund.reserved")],
)
def test_a_fund_row_that_says_otherwise_than_its_postings_is_found(scene, values, code):
    behind_its_back(scene, update(Fund).values(values))
    assert breaches(scene) == [LedgerFinding(code, scene.fund_id)]


def test_a_request_that_says_it_was_paid_and_was_not_is_found(scene):
    request_id = scene.ask()
    behind_its_back(scene, update(AidRequest).values(status=AidStatus.PAID))
    assert breaches(scene) == [LedgerFinding("request.payment", request_id)]


def test_a_payment_whose_request_was_set_back_or_changed_is_found(scene):
    request_id = scene.paid()
    behind_its_back(scene, update(AidRequest).values(total=AidRequest.total + 1))
    assert LedgerFinding("request.payment", request_id) in breaches(scene)
    behind_its_back(
        scene,
        update(AidRequest).values(total=AidRequest.total - 1, status=AidStatus.REVERSED),
    )
    assert breaches(scene) == [LedgerFinding("request.reversal", request_id)]
