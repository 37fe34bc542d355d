"""Credentials: what a passphrase opens, and every way in which a changed row is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import credentials
from app.accounts.credentials import (
    FIRST,
    SECOND,
    absent_credential,
    fill_slot,
    floor_of,
    fresh_passphrase,
    new_credential,
    open_lead_key,
    put_filler,
    repepper,
    stretch_now,
    stretching_of,
    try_slots,
)
from app.accounts.errors import CredentialTampered
from app.accounts.models import Credential
from app.crypto.hpke import PrivateKey
from app.crypto.passwords import FLOOR, Argon2Cost, Stretched
from app.crypto.root import RootKey
from app.crypto.signing import SigningKey
from app.deployment import Deployment
from app.errors import Busy
from app.settings import Settings
from app.store.base import new_id
from app.store.models import SecretPurpose
from app.vault.keyring import MemberSecrets
from tests.conftest import settings_for
from tests.support.keystore import make_keystore


class Kept(NamedTuple):
    deployment: Deployment
    credential: Credential
    keys: MemberSecrets
    stretched: Stretched
    passphrase: str


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("credentials")
    settings = settings_for(f"sqlite:///{folder}/main.db", f"sqlite:///{folder}/keys.db")
    built = Deployment.build(settings, RootKey(bytes(range(32))), boot_key=bytes(32))
    make_keystore(built)
    yield built
    built.close()


def a_credential(deployment: Deployment, *, lead: bool = True) -> Kept:
    keys = MemberSecrets(
        PrivateKey.generate(), SigningKey.generate(), PrivateKey.generate() if lead else None
    )
    task = fresh_passphrase(deployment)
    stretched = stretch_now(deployment, task)
    credential = new_credential(
        deployment, new_id(), keys, stretched, salt=task.salt, cost=task.cost
    )
    return Kept(deployment, credential, keys, stretched, task.passphrase)


@pytest.fixture
def kept(deployment: Deployment) -> Kept:
    return a_credential(deployment)


def stretch(kept: Kept, passphrase: str) -> Stretched:
    return stretch_now(kept.deployment, stretching_of(kept.deployment, kept.credential, passphrase))


def test_the_passphrase_opens_the_work_keys_and_not_the_leads(kept):
    opened = try_slots(kept.deployment, kept.credential, stretch(kept, kept.passphrase))
    assert opened is not None
    assert (opened.member_id, opened.slot) == (kept.credential.id, FIRST)
    assert opened.keys.work.seed == kept.keys.work.seed
    assert opened.keys.sign.seed == kept.keys.sign.seed
    assert opened.keys.lead is None


def test_another_passphrase_opens_nothing(kept):
    assert try_slots(kept.deployment, kept.credential, stretch(kept, "another")) is None


def test_the_leads_key_opens_when_it_is_asked_for(kept):
    lead = open_lead_key(kept.deployment, kept.credential, FIRST, kept.stretched)
    assert lead.seed == kept.keys.lead.seed


def test_slots_are_of_one_size_used_or_not_lead_or_not(deployment):
    lead, other = a_credential(deployment), a_credential(deployment, lead=False)
    absent = absent_credential(deployment, bytes(32))
    sizes = {
        len(slot)
        for credential in (lead.credential, other.credential, absent)
        for slot in (credential.slot_0, credential.slot_1)
    }
    assert len(sizes) == 1


def test_the_second_slot_opens_another_account_with_the_same_salt(kept):
    other = MemberSecrets(PrivateKey.generate(), SigningKey.generate())
    member = new_id()
    second = stretch(kept, "some other words")
    fill_slot(kept.deployment, kept.credential, SECOND, member, other, second)

    opened = try_slots(kept.deployment, kept.credential, second)
    assert (opened.member_id, opened.slot) == (member, SECOND)
    assert opened.keys.work.seed == other.work.seed
    assert try_slots(kept.deployment, kept.credential, kept.stretched).slot == FIRST
    put_filler(kept.deployment, kept.credential, SECOND)
    assert try_slots(kept.deployment, kept.credential, second) is None


def test_no_passphrase_opens_filler(deployment, kept):
    absent = absent_credential(deployment, bytes(32))
    assert try_slots(deployment, absent, kept.stretched) is None


def test_slots_exchanged_in_their_row_do_not_open(kept):
    row = kept.credential
    row.slot_0, row.slot_1 = row.slot_1, row.slot_0
    with pytest.raises(CredentialTampered):
        try_slots(kept.deployment, row, kept.stretched)


@pytest.mark.parametrize("slot", ["slot_0", "slot_1"])
def test_a_slot_of_another_member_does_not_open_here(deployment, kept, slot):
    other = a_credential(deployment)
    other.credential.salt = kept.credential.salt
    setattr(kept.credential, slot, getattr(other.credential, slot))
    with pytest.raises(CredentialTampered):
        try_slots(deployment, kept.credential, kept.stretched)


def test_a_whole_credential_under_another_member_does_not_open(kept):
    kept.credential.id = new_id()
    with pytest.raises(CredentialTampered):
        try_slots(kept.deployment, kept.credential, kept.stretched)


@pytest.mark.parametrize("column", ["memory_kib", "iterations", "lanes", "pepper_id"])
@pytest.mark.parametrize("by", [-1, 1])
def test_a_cost_changed_in_the_row_is_refused_before_it_is_used(kept, column, by):
    setattr(kept.credential, column, getattr(kept.credential, column) + by)
    with pytest.raises(CredentialTampered):
        stretching_of(kept.deployment, kept.credential, kept.passphrase)
    with pytest.raises(CredentialTampered):
        try_slots(kept.deployment, kept.credential, kept.stretched)


def test_a_changed_salt_is_refused(kept):
    kept.credential.salt = bytes(16)
    with pytest.raises(CredentialTampered):
        stretching_of(kept.deployment, kept.credential, kept.passphrase)


def test_a_credential_with_a_cost_below_the_floor_is_refused(tmp_path):
    """Even where every layer is genuine: a test's credential means nothing in production."""
    root = RootKey(bytes(range(32)))
    cheap = settings_for(f"sqlite:///{tmp_path}/a.db", f"sqlite:///{tmp_path}/b.db")
    test = Deployment.build(cheap, root)
    dear = Deployment.build(production(cheap), root)
    make_keystore(test)
    try:
        kept = a_credential(test)
        assert floor_of(dear) == FLOOR
        with pytest.raises(CredentialTampered):
            stretching_of(dear, kept.credential, kept.passphrase)
        assert fresh_passphrase(dear).cost == Argon2Cost(64 * 1024, 3, 1)
    finally:
        test.close()
        dear.close()


def production(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"environment": "production", "argon2_memory_kib": 65536, "argon2_iterations": 3}
    )


def test_a_pepper_is_replaced_without_any_passphrase(kept):
    before = kept.credential.slot_0
    deployment = kept.deployment
    fresh = deployment.secrets.add_epoch(SecretPurpose.PEPPER, deployment.clock().date())
    repepper(deployment, kept.credential, fresh)
    assert kept.credential.pepper_id == fresh > 1
    assert kept.credential.slot_0 != before
    opened = try_slots(kept.deployment, kept.credential, kept.stretched)
    assert opened.keys.work.seed == kept.keys.work.seed
    lead = open_lead_key(kept.deployment, kept.credential, FIRST, kept.stretched)
    assert lead.seed == kept.keys.lead.seed


def test_under_another_root_key_nothing_opens(kept):
    elsewhere = Deployment.build(kept.deployment.settings, RootKey(bytes(32)))
    try:
        with pytest.raises(CredentialTampered):
            try_slots(elsewhere, kept.credential, kept.stretched)
    finally:
        elsewhere.close()


def test_with_the_secrets_of_another_deployment_nothing_opens(tmp_path, kept):
    settings = settings_for(f"sqlite:///{tmp_path}/a.db", f"sqlite:///{tmp_path}/b.db")
    elsewhere = Deployment.build(settings, RootKey(bytes(range(32))))
    make_keystore(elsewhere)
    try:
        with pytest.raises(CredentialTampered):
            try_slots(elsewhere, kept.credential, kept.stretched)
    finally:
        elsewhere.close()


def test_a_full_queue_raises_busy(kept, monkeypatch):
    stretcher = kept.deployment.stretcher
    for _ in range(kept.deployment.settings.sign_in_queue):
        stretcher._places.acquire()
    try:
        with pytest.raises(Busy):
            stretch_now(kept.deployment, fresh_passphrase(kept.deployment))
    finally:
        for _ in range(kept.deployment.settings.sign_in_queue):
            stretcher._places.release()


@pytest.fixture(scope="module")
def shared(deployment: Deployment) -> Kept:
    return a_credential(deployment)


@given(data=st.data(), slot=st.sampled_from(["slot_0", "slot_1"]))
def test_one_changed_bit_anywhere_in_a_slot_is_refused(shared, data, slot):
    sealed = getattr(shared.credential, slot)
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    changed = bytearray(sealed)
    changed[bit // 8] ^= 1 << bit % 8
    setattr(shared.credential, slot, bytes(changed))
    try:
        with pytest.raises(CredentialTampered):
            try_slots(shared.deployment, shared.credential, shared.stretched)
    finally:
        setattr(shared.credential, slot, sealed)


@given(length=st.integers(0, 361))
def test_a_slot_cut_short_is_refused(shared, length):
    sealed = shared.credential.slot_1
    assert length < len(sealed)
    shared.credential.slot_1 = sealed[:length]
    try:
        with pytest.raises(CredentialTampered):
            try_slots(shared.deployment, shared.credential, shared.stretched)
    finally:
        shared.credential.slot_1 = sealed


def test_keys_exchanged_by_a_holder_of_the_pepper_are_refused(kept):
    inner = credentials._inner(kept.deployment, kept.credential, FIRST)
    for at in (40, len(inner) - 1):
        changed = inner[:at] + bytes([inner[at] ^ 1]) + inner[at + 1 :]
        credentials._put(kept.deployment, kept.credential, FIRST, changed)
        with pytest.raises(CredentialTampered):
            try_slots(kept.deployment, kept.credential, kept.stretched)
            open_lead_key(kept.deployment, kept.credential, FIRST, kept.stretched)
