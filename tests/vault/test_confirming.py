"""Keys that no lead confirmed, bundles that a key does not open, custody before a founding."""

from __future__ import annotations

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.crypto.hpke import PrivateKey
from app.models import metadata
from app.vault.models import Bundle, MemberKeys, OrganisationKeyKind
from app.vault.standing import custody_standing


def test_keys_that_no_lead_has_signed_first_are_not_confirmed(world):
    with world.work_as(world.member("lead")) as work:
        keys = work.session.get_one(MemberKeys, world.member("volunteer").id)
        assert keys.confirmed_by is None
        assert not work.certificates.is_confirmed(keys)


def test_a_bundle_that_the_key_does_not_open_is_left_as_it_is(world):
    world.open_case()
    with world.work_as(world.member("lead")) as work:
        of_custody = select(Bundle).where(Bundle.recipient == OrganisationKeyKind.CUSTODY)
        bundle = work.session.scalars(of_custody.limit(1)).one()
        assert work.custody._open_bundle(PrivateKey.generate(), bundle) is None


def test_before_a_founding_custody_does_not_stand():
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with Session(engine) as session:
        assert custody_standing(session) is None
    engine.dispose()
