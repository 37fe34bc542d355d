"""A scope row counts as its case's key and a member signed it, whatever MACs somebody can write."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import delete, select

from app.crypto.signing import SigningKey
from app.permissions import Compartment, Role, roles_in
from app.store.base import new_id
from app.vault.certificates import Certificates
from app.vault.errors import Tampered
from app.vault.holders import may_hold
from app.vault.models import GrantReason, MemberKeys, ScopeRow
from app.vault.scope_rows import ScopeRows, sign_minted
from app.vault.scopes import SUMMARY, Scope
from tests.support.rewriting import rewrite

CONTACT = Scope(Compartment.CONTACT)


class Rows:
    """The scope rows of one case, as somebody with both stores and their secrets reaches them."""

    def __init__(self, world, case_id: UUID) -> None:
        self.world, self.case_id = world, case_id

    def all(self, session) -> list[ScopeRow]:
        return list(session.scalars(select(ScopeRow).where(ScopeRow.case_id == self.case_id)))

    def at(self, scope: Scope) -> ScopeRow:
        with self.world.deployment.sessions() as session:
            rows = self.all(session)
        return next(
            row for row in rows if (row.compartment, row.part) == (scope.compartment, scope.part)
        )

    def write(self, scope: Scope, **values: object) -> None:
        """Put another row in the place of one, with the MAC that belongs to it."""
        with self.world.deployment.sessions() as session:
            self.write_all(session, {self.at(scope).id: values})

    def write_all(self, session, values_by_id) -> None:
        """A scope row never changes, so each is deleted and written again."""
        kept = [c.key for c in ScopeRow.__table__.columns if c.key != "row_mac"]
        for row in [row for row in self.all(session) if row.id in values_by_id]:
            columns = {name: getattr(row, name) for name in kept} | values_by_id[row.id]
            session.delete(row)
            session.flush()
            session.add(ScopeRow(**columns))
        session.commit()

    def verified(self) -> set[Scope]:
        deployment = self.world.deployment
        with deployment.sessions() as session:
            certificates = Certificates(
                session, deployment.organisation, deployment.settings.organisation_root
            )
            rows = ScopeRows(session, deployment.organisation, certificates)
            return {scope for scope, _ in rows.verified([self.case_id]).get(self.case_id, {})}


@pytest.fixture
def rows(world):
    return Rows(world, world.open_case())


def strike_out(world, model, id_):
    """Delete a row as the database's owner would: no foreign key is in the way."""
    with world.deployment.engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = 0")
        with connection.begin():
            connection.execute(delete(model).where(model.id == id_))
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = 1")


def test_what_was_minted_with_a_case_verifies(rows):
    assert {SUMMARY, CONTACT} <= rows.verified()


def test_nothing_of_a_case_verifies_without_the_row_of_its_summary(world, rows):
    strike_out(world, ScopeRow, rows.at(SUMMARY).id)
    assert rows.verified() == set()


def test_a_row_that_its_signed_list_does_not_name_is_left_out(rows):
    rows.write(CONTACT, minted_with=rows.at(CONTACT).minted_with[:32])
    assert CONTACT not in rows.verified()
    assert SUMMARY in rows.verified()


@pytest.mark.parametrize("column", ["signature", "case_signature"])
def test_a_row_is_left_out_where_either_signature_is_another_s(rows, column):
    rows.write(CONTACT, **{column: SigningKey.generate().sign(b"anything")})
    assert CONTACT not in rows.verified()
    assert SUMMARY in rows.verified()


def test_a_row_is_left_out_where_its_minter_never_was_a_member(rows):
    rows.write(CONTACT, minter_id=new_id())
    assert CONTACT not in rows.verified()


def test_a_row_of_a_further_epoch_is_left_out_where_the_first_is_missing(rows):
    rows.write(CONTACT, epoch=2)
    assert CONTACT not in rows.verified()


def test_a_first_row_stays_good_where_nobody_certifies_its_minter_any_more(world, rows):
    rewrite(world, MemberKeys, rows.at(SUMMARY).minter_id, certificate=None)
    assert {SUMMARY, CONTACT} <= rows.verified()


def test_a_first_row_is_left_out_where_the_keys_of_its_minter_were_altered(world, rows):
    minter_id = rows.at(SUMMARY).minter_id
    rewrite(world, MemberKeys, minter_id, certified_by=new_id())
    assert SUMMARY in rows.verified(), "an issuer who has gone leaves the minter as they were"
    with world.deployment.engine.begin() as connection:
        table = MemberKeys.__table__
        connection.execute(
            table.update().where(table.c.id == minter_id).values(sign_public=bytes(32))
        )
    assert rows.verified() == set()


def test_a_first_row_is_left_out_where_the_keys_of_its_minter_are_gone(world, rows):
    strike_out(world, MemberKeys, rows.at(SUMMARY).minter_id)
    assert rows.verified() == set()


def test_rows_signed_again_with_another_case_key_open_nothing(world, rows):
    """Who lacks the summary's secret signs well, but not with the key that comes of it."""
    coordinator, key = world.member("coordinator"), SigningKey.generate()
    signed = ("case_public", "minter_id", "minted_on", "minted_with", "case_signature", "signature")
    with world.deployment.sessions() as session:
        found = rows.all(session)
        with session.no_autoflush:
            sign_minted(
                world.deployment.organisation, found, key=key, minter_id=coordinator.id,
                minter=coordinator.secrets.sign, on=world.clock().date(),
            )  # fmt: skip
        values = {row.id: {name: getattr(row, name) for name in signed} for row in found}
        session.rollback()
        rows.write_all(session, values)
    assert SUMMARY in rows.verified(), "by themselves the rows look right"
    with world.work_as(world.member("lead")) as work, pytest.raises(Tampered):
        work.custody.open_cases([rows.case_id])


def test_what_a_lead_granted_by_custody_is_held_by_a_lead_only():
    team = new_id()
    assert may_hold(roles_in(team, Role.LEAD), GrantReason.LEAD, team)
    assert not may_hold(roles_in(team, Role.COORDINATOR), GrantReason.LEAD, team)


def test_what_is_minted_in_one_act_is_signed_once_by_the_case_and_once_by_the_member(world, rows):
    with world.deployment.sessions() as session:
        found = rows.all(session)
        assert len(found) > 1
        assert len({row.case_signature for row in found}) == 1
        assert len({row.signature for row in found}) == 1
