"""Steps are signed over one another: who holds both stores and the root key moves no money.

The intruder here writes rows with good MACs, as somebody with the keystore and the root key can.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.aid.errors import ApprovalMissing
from app.aid.models import AidAct, AidRequest, AidStatus, AidStep
from app.crypto.signing import SigningKey
from app.ledger.reconcile import LedgerFinding, verify_ledger
from app.vault.errors import Tampered
from app.vault.models import MemberKeys
from tests.support.aid_steps import a_draft


def steps_of(session, request_id):
    query = select(AidStep).where(AidStep.request_id == request_id).order_by(AidStep.sequence)
    return session.scalars(query).all()


def planted(scene, request_id, signature, member):
    return AidStep(
        case_id=scene.case_id, request_id=request_id, act=AidAct.APPROVE, member_id=member.id,
        taken_on=scene.world.clock().date(), signature=signature,
    )  # fmt: skip


def plant(scene, session, request_id):
    own = SigningKey.generate().sign(b"approved")
    session.add(planted(scene, request_id, own, scene.approves_too))


def copy_from_another(scene, session, request_id):
    another = scene.another_case()
    other_id = another.ask()
    another.do("approve", other_id, scene.approves_too)
    signature = steps_of(session, other_id)[-1].signature
    session.add(planted(scene, request_id, signature, scene.approves_too))


def strike_out_the_first(scene, session, request_id):
    session.delete(steps_of(session, request_id)[0])


def change_the_member(scene, session, request_id):
    steps_of(session, request_id)[-1].member_id = scene.approves_too.id


def raise_the_sum(scene, session, request_id):
    session.get_one(AidRequest, request_id).total += 1


def put_other_items_in(scene, session, request_id):
    sealed = session.get_one(AidRequest, scene.another_case().ask()).detail.envelope
    session.get_one(AidRequest, request_id).detail.envelope = sealed


@pytest.mark.parametrize(
    "act",
    [
        plant,
        copy_from_another,
        strike_out_the_first,
        change_the_member,
        raise_the_sum,
        put_other_items_in,
    ],
    ids=lambda act: act.__name__,
)
def test_what_was_not_signed_so_pays_nothing_and_is_named(scene, act):
    request_id = scene.ask()
    scene.approve(request_id)
    with scene.world.deployment.sessions() as session:
        act(scene, session, request_id)
        session.commit()
    with pytest.raises(Tampered):
        scene.pay(request_id)
    assert scene.money()[0] == 500_000
    with scene.world.work_as(scene.pays) as work:
        assert LedgerFinding("request.steps", request_id) in verify_ledger(work)


def test_an_approval_out_of_one_fund_is_none_out_of_another(scene):
    request_id = scene.ask(a_draft(60_000))
    assert scene.approve(request_id) is AidStatus.REQUESTED
    with scene.world.deployment.sessions() as session:
        session.get_one(AidRequest, request_id).fund_id = None
        session.commit()
    with pytest.raises(Tampered):
        scene.do("approve", request_id, scene.approves_too)


def test_an_approval_by_a_member_whose_key_is_not_certified_now_counts_for_nothing(scene):
    request_id = scene.ask()
    scene.approve(request_id)
    with scene.world.deployment.sessions() as session:
        session.get_one(MemberKeys, scene.approves.id).certificate = None
        session.commit()
    with pytest.raises(ApprovalMissing):
        scene.pay(request_id)
