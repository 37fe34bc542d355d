"""A row that was put back as it was before gives nothing from the next request on.

Each row that is put back was written by the program itself: its MAC is right, and it is old.
"""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, update

from app.accounts.models import Credential, Member
from app.accounts.service import remove_member
from app.accounts.suspensions import suspend_member
from app.aid.models import AidRequest
from app.cases.models import Case, CaseStatus
from app.errors import DomainError, IntegrityFault
from app.ledger.models import Fund, JournalEntry, Posting
from app.models import authenticated_models
from app.permissions import Role
from app.registration.models import Registration
from app.sessions.models import MemberSession
from app.store.authenticated import altered_rows, mark_of, place_of, row_macs
from app.store.base import Versioned
from app.store.engine import checkpoint
from app.store.models import RowMark
from app.vault.errors import NoGrant, Tampered
from app.vault.models import Grant, MemberKeys
from tests.insider.scene import live
from tests.retention.steps import close_case, verify_all
from tests.support.registration_steps import give_out, left, redeem
from tests.support.served import serve
from tests.support.vetting_steps import clear
from tests.support.world import open_world

MARKED = [model for model in authenticated_models() if mark_of(model) is not None]


class Copy:
    """Rows as they are at a moment, to be put back later with plain SQL."""

    def __init__(self, world, *models):
        self._engine = world.deployment.engine
        with self._engine.connect() as connection:
            self._rows = {
                model.__table__: [
                    dict(row) for row in connection.execute(select(model.__table__)).mappings()
                ]
                for model in models
            }

    def put_back(self):
        """Make the tables hold these rows and no newer version of them."""
        with self._engine.begin() as connection:
            for table, rows in self._rows.items():
                for row in rows:
                    same = table.c.id == row["id"]
                    if connection.execute(select(table.c.id).where(same)).first() is None:
                        connection.execute(insert(table).values(row))
                    else:
                        connection.execute(update(table).where(same).values(row))


# ----------------------------------------------------------------- what was ended or spent


def test_a_grant_that_was_ended_opens_nothing_when_its_row_is_put_back(world):
    case_id, volunteer = world.open_case(), world.member(Role.VOLUNTEER)
    before = Copy(world, Grant)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        assert work.grants.end(case_id, holder_id=volunteer.id)
    before.put_back()
    with pytest.raises((NoGrant, Tampered)), world.work_as(volunteer) as work:
        work.vault.open(work.session.get_one(Case, case_id).identity)


def test_a_code_that_was_redeemed_is_not_redeemed_again(world):
    case_id = world.open_case()
    clear(world, case_id)
    left(world, case_id)
    _, code = give_out(world, case_id)
    before = Copy(world, Registration)
    assert redeem(world, code).valid
    before.put_back()
    assert not redeem(world, code).valid


def test_aid_that_was_paid_is_not_paid_again(scene):
    request_id = scene.ask()
    scene.approve(request_id)
    before = Copy(scene.world, AidRequest, Fund)
    scene.pay(request_id)
    with scene.world.deployment.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS journal_entries_no_delete")
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS postings_no_delete")
        of_request = select(JournalEntry.id).where(JournalEntry.pays == request_id)
        connection.execute(delete(Posting).where(Posting.entry_id.in_(of_request)))
        connection.execute(delete(JournalEntry).where(JournalEntry.pays == request_id))
    before.put_back()
    with pytest.raises(DomainError):
        scene.pay(request_id)


def test_a_member_who_was_removed_does_not_come_back_with_their_old_rows(world):
    coordinator, lead = world.member(Role.COORDINATOR, 2), world.member(Role.LEAD)
    with serve(world) as served:
        assert served.ask(coordinator, "GET", "/cases").status_code == 200
        before = Copy(world, Member, Credential, MemberKeys, Grant, MemberSession)
        with world.work_as(lead) as work:
            remove_member(work, coordinator.id)
        before.put_back()
        assert served.ask(coordinator, "GET", "/cases").status_code == 401
        case_id = UUID(served.post(world.member(Role.VOLUNTEER), "/cases", intake())["id"])
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        assert coordinator.id not in work.grants.holders(case_id)


def test_a_suspended_member_is_not_let_in_by_their_old_row(world):
    volunteer = world.member(Role.VOLUNTEER)
    with serve(world) as served:
        assert served.ask(volunteer, "GET", "/cases").status_code == 200
        before = Copy(world, Member, MemberSession)
        with world.work_as(world.member(Role.LEAD)) as work:
            suspend_member(work, volunteer.id)
        before.put_back()
        assert served.ask(volunteer, "GET", "/cases").status_code == 401


def test_a_case_that_was_closed_is_not_worked_on_again(world):
    case_id = world.open_case()
    before = Copy(world, Case)
    close_case(world, case_id)
    before.put_back()
    with (
        pytest.raises(IntegrityFault),
        world.work_as(world.member(Role.COORDINATOR)) as work,
    ):
        assert work.session.get_one(Case, case_id).status is not CaseStatus.CLOSED


def intake():
    return {
        "standing": "left",
        "identity": {"name": "Ma Thiri Kyaw"},
        "contact": {"channel": "messenger", "phones": ["+959771239876"]},
        "account": {"says": "Waits by the river."},
        "rank_band": "other_ranks",
        "region_group": "east",
    }


# --------------------------------------------------------------------------- every table


@pytest.fixture
def lived_in(new_world):
    """An organisation in which two teams have brought somebody all the way."""
    return new_world(live)


def test_each_table_of_rows_that_change_says_when_they_are_marked_or_why_never(world):
    silent = [
        model.__name__
        for model in authenticated_models()
        if issubclass(model, Versioned)
        and mark_of(model) is None
        and not getattr(model, "__unmarked__", "")
    ]
    assert silent == [], "give each a __mark__, or say in __unmarked__ what an older row allows"
    of_fixed = [m.__name__ for m in MARKED if not issubclass(m, Versioned)]
    assert of_fixed == [], "a row without a version is never changed, and needs no mark"


def test_a_marked_row_of_any_table_is_refused_and_named_in_its_version_before(lived_in):
    """The version before is written with the right MAC: only its age is wrong."""
    marks, tried = lived_in.deployment.marks, set()
    for model in MARKED:
        with lived_in.deployment.sessions() as session:
            rows = [
                row
                for row in session.scalars(select(model))
                if 0 < marks.least(row.__tablename__, row.id.hex) == row.version
            ]
            if not rows:
                continue
            row = rows[0]
            place, newest, table, tried_id = place_of(row), row.version, model.__table__, row.id
            row.version = newest - 2  # the MAC is over one more, as a flush would leave it
            row_macs(session).write(row)
            older = {"version": newest - 1, "row_mac": row.row_mac}
            session.rollback()
        with lived_in.deployment.engine.connect() as connection:
            same = table.c.id == tried_id
            kept = dict(connection.execute(select(table).where(same)).mappings().one())
        with lived_in.deployment.engine.begin() as connection:
            connection.execute(update(table).where(same).values(**older))
        with lived_in.deployment.sessions() as session:
            session.get(model, tried_id)
            assert place in altered_rows(session), place
        assert place in {finding.where for finding in verify_all(lived_in).findings}
        with lived_in.deployment.engine.begin() as connection:
            connection.execute(update(table).where(same).values(kept))
        tried.add(model.__tablename__)
    assert verify_all(lived_in).findings == []
    assert len(tried) >= 10, sorted(tried)


def test_without_its_mark_an_older_row_counts(world):
    """The control of this file: what it finds is found by the marks and by nothing else."""
    case_id, volunteer = world.open_case(), world.member(Role.VOLUNTEER)
    before = Copy(world, Grant)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        work.grants.end(case_id, holder_id=volunteer.id)
    before.put_back()
    with world.deployment.keystore.engine.begin() as connection:
        connection.execute(delete(RowMark))
    world.deployment.marks._least.clear()
    with world.work_as(volunteer) as work:
        assert work.vault.open(work.session.get_one(Case, case_id).identity)


# ----------------------------------------------------------------- the keystore's own rows


def test_a_mark_that_was_lowered_lets_no_version_count(world):
    case_id, volunteer = world.open_case(), world.member(Role.VOLUNTEER)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        work.grants.end(case_id, holder_id=volunteer.id)
    with world.deployment.keystore.engine.begin() as connection:
        connection.execute(update(RowMark).values(least=1))
    assert "mark.altered" in {finding.kind for finding in verify_all(world).findings}


def test_a_mark_that_was_deleted_is_missed_by_verification(world):
    case_id, volunteer = world.open_case(), world.member(Role.VOLUNTEER)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        work.grants.end(case_id, holder_id=volunteer.id)
    with world.deployment.keystore.engine.begin() as connection:
        connection.execute(delete(RowMark))
    assert "mark.missing" in {finding.kind for finding in verify_all(world).findings}


# --------------------------------------------------------------------------- no false alarm


def test_a_keystore_that_was_put_back_is_named_by_the_newest_checkpoint(world):
    file = world.files[0] / "keystore.db"
    checkpoint(world.deployment.keystore.engine)
    kept = file.read_bytes()
    case_id, volunteer = world.open_case(), world.member(Role.VOLUNTEER)
    with world.work_as(world.member(Role.COORDINATOR)) as work:
        work.grants.end(case_id, holder_id=volunteer.id)
    assert verify_all(world).findings == []
    world.deployment.close()
    file.write_bytes(kept)
    again = open_world(world.founded, world.deployment.settings)
    assert "keystore.older" in {finding.kind for finding in verify_all(again).findings}
    again.close()


def test_work_that_goes_on_after_an_end_meets_no_altered_row(world):
    case_id = world.open_case()
    close_case(world, case_id)
    with serve(world) as served:
        assert served.ask(world.member(Role.COORDINATOR), "GET", "/cases").status_code == 200
    assert verify_all(world).findings == []
