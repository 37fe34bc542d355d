"""Credentials: what a passphrase opens, and every way in which a changed row is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts import credentials
from app.accounts.credentials import (
    FIRST,
    SECOND,
    Stretching,
    absent_credential,
    fill_slot,
    floor_of,
    fresh_passphrase,
    new_credential,
    open_lead_key,
    put_filler,
    repepper,
    stretch_now,
    stretchings_of,
    try_slots,
)
from app.accounts.errors import CredentialTampered
from app.accounts.models import Credential
from app.crypto.hpke import PrivateKey
from app.crypto.passwords import FLOOR, Argon2Cost, Stretched
from app.crypto.root import RootKey
from app.crypto.signing import SigningKey
from app.crypto.stretching import Lane
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
    stretched: list[Stretched]
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
    both = [stretch_now(deployment, t) for t in stretchings_of(deployment, credential, task.words)]
    return Kept(deployment, credential, keys, both, task.words)


@pytest.fixture
def kept(deployment: Deployment) -> Kept:
    return a_credential(deployment)


def stretch(kept: Kept, passphrase: str) -> list[Stretched]:
    tasks = stretchings_of(kept.deployment, kept.credential, passphrase)
    return [stretch_now(kept.deployment, task) for task in tasks]


def fill_second(kept: Kept, words: str, *, cost: Argon2Cost | None = None) -> UUID:
    """Let other words open another account by the second slot; returns the member's id."""
    other = MemberSecrets(PrivateKey.generate(), SigningKey.generate())
    task = replace(fresh_passphrase(kept.deployment), words=words)
    task = replace(task, cost=cost or task.cost)
    member = new_id()
    fill_slot(
        kept.deployment,
        kept.credential,
        SECOND,
        member,
        other,
        stretch_now(kept.deployment, task),
        salt=task.salt,
        cost=task.cost,
    )
    return member


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


def test_the_second_slot_opens_another_account_with_a_salt_of_its_own(kept):
    member = fill_second(kept, "some other words")
    second = stretch(kept, "some other words")

    opened = try_slots(kept.deployment, kept.credential, second)
    assert (opened.member_id, opened.slot) == (member, SECOND)
    salts = {task.salt for task in stretchings_of(kept.deployment, kept.credential, "any")}
    assert len(salts) == 2
    opened = try_slots(kept.deployment, kept.credential, stretch(kept, kept.passphrase))
    assert opened.slot == FIRST
    put_filler(kept.deployment, kept.credential, SECOND)
    second = stretch(kept, "some other words")
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
    setattr(kept.credential, slot, getattr(other.credential, slot))
    with pytest.raises(CredentialTampered):
        try_slots(deployment, kept.credential, kept.stretched)


def test_a_whole_credential_under_another_member_does_not_open(kept):
    kept.credential.id = new_id()
    with pytest.raises(CredentialTampered):
        try_slots(kept.deployment, kept.credential, kept.stretched)


@pytest.mark.parametrize("by", [-1, 1])
def test_a_pepper_changed_in_the_row_is_refused_before_anything_is_stretched(kept, by):
    kept.credential.pepper_id += by
    with pytest.raises(CredentialTampered):
        stretchings_of(kept.deployment, kept.credential, kept.passphrase)
    with pytest.raises(CredentialTampered):
        try_slots(kept.deployment, kept.credential, kept.stretched)


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
            stretchings_of(dear, kept.credential, kept.passphrase)
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
    stretcher = kept.deployment.stretchers.members
    for _ in range(kept.deployment.settings.sign_in_queue):
        stretcher._places[Lane.AGAIN].acquire()
    try:
        with pytest.raises(Busy):
            stretch_now(kept.deployment, fresh_passphrase(kept.deployment))
    finally:
        for _ in range(kept.deployment.settings.sign_in_queue):
            stretcher._places[Lane.AGAIN].release()


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
    for at in (60, len(inner) - 1):
        changed = inner[:at] + bytes([inner[at] ^ 1]) + inner[at + 1 :]
        credentials._put(kept.deployment, kept.credential, FIRST, changed)
        with pytest.raises(CredentialTampered):
            try_slots(kept.deployment, kept.credential, kept.stretched)
            open_lead_key(kept.deployment, kept.credential, FIRST, kept.stretched)


# ---------------------------------------------------------------------- costs


@pytest.fixture
def raised(kept: Kept) -> Iterator[Deployment]:
    """The same deployment after its operator has raised the cost."""
    dearer = kept.deployment.settings.model_copy(
        update={"argon2_memory_kib": 96, "argon2_iterations": 2}
    )
    built = Deployment.build(dearer, RootKey(bytes(range(32))), boot_key=bytes(32))
    yield built
    built.close()


def work(tasks: list[Stretching]) -> int:
    return sum(task.cost.memory_kib * task.cost.iterations for task in tasks)


def test_trying_an_older_slot_does_the_work_of_an_unknown_name(kept, raised):
    known = stretchings_of(raised, kept.credential, kept.passphrase)
    unknown = stretchings_of(raised, absent_credential(raised, bytes(32)), kept.passphrase)
    assert work(known) == work(unknown) == 2 * 96 * 2
    half = a_credential(kept.deployment)
    put_filler(raised, half.credential, SECOND)
    assert work(stretchings_of(raised, half.credential, half.passphrase)) == work(unknown)


@given(
    old=st.tuples(st.integers(8, 300), st.integers(1, 6)),
    newest=st.tuples(st.integers(8, 300), st.integers(1, 6)),
)
def test_topping_up_never_exceeds_the_newest_work_and_lacks_less_than_one_step(old, newest):
    was, now = Argon2Cost(*old, 1), Argon2Cost(*newest, 1)
    more = credentials._top_up(was, now)
    done = was.memory_kib * was.iterations + (more.memory_kib * more.iterations if more else 0)
    wanted = now.memory_kib * now.iterations
    assert done >= wanted - 8 * now.iterations
    assert more is None or done <= wanted


def test_after_the_cost_was_raised_both_passphrases_still_open_their_slots(kept, raised):
    fill_second(kept, "some other words")
    moved = kept._replace(deployment=raised)
    assert try_slots(raised, kept.credential, stretch(moved, kept.passphrase)).slot == FIRST
    assert try_slots(raised, kept.credential, stretch(moved, "some other words")).slot == SECOND


def test_a_row_shows_neither_salt_nor_cost(kept, raised):
    """Else a slot renewed alone, or set alone, would differ from the other one."""
    names = {column.name for column in Credential.__table__.columns}
    assert names == {"id", "version", "row_mac", "pepper_id", "slot_0", "slot_1"}
    fill_second(kept, "some other words", cost=raised.argon2_cost)
    assert len(kept.credential.slot_0) == len(kept.credential.slot_1)
