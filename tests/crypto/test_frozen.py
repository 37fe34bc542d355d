"""What earlier versions wrote must keep opening, and what they refused must stay refused.

``vectors/frozen-1.json`` was written once by this package with fixed keys and is never written
again: a change that breaks it would orphan every deployment's data. A new format gets a new file.
"""

import json
from pathlib import Path

import pytest

from app.crypto import blind_index, derive, errors, hpke, merkle, notes, passwords, shares, signing
from app.crypto.aead import DataKey, WrapKey, epoch_of
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.crypto.root import RootKey

FROZEN = json.loads((Path(__file__).parent / "vectors" / "frozen-1.json").read_text())


def raw(case, *names):
    return [bytes.fromhex(case[name]) for name in names]


def named(section):
    return pytest.mark.parametrize(
        "case", FROZEN[section], ids=[case["name"] for case in FROZEN[section]]
    )


@named("cells")
def test_a_frozen_cell_opens(case):
    key, address, plain, envelope = raw(case, "key", "address", "plain", "envelope")
    assert DataKey(key).open(envelope, address=address) == plain
    assert epoch_of(envelope) == case["epoch"]


@named("refused_cells")
def test_a_frozen_cell_that_was_refused_is_refused(case):
    key, address, envelope = raw(case, "key", "address", "envelope")
    with pytest.raises(getattr(errors, case["error"])):
        DataKey(key).open(envelope, address=address)


@named("wraps")
def test_a_frozen_wrap_opens(case):
    key, address, plain, blob = raw(case, "key", "address", "plain", "blob")
    assert WrapKey(key).unwrap(blob, address=address) == plain


@named("refused_wraps")
def test_a_frozen_wrap_that_was_refused_is_refused(case):
    key, address, blob = raw(case, "key", "address", "blob")
    with pytest.raises(getattr(errors, case["error"])):
        WrapKey(key).unwrap(blob, address=address)


@named("sealed")
def test_a_frozen_sealed_secret_opens(case):
    seed, info, plain, sealed = raw(case, "seed", "info", "plain", "sealed")
    assert hpke.PrivateKey.from_seed(seed).open(sealed, info=info) == plain


@named("refused_sealed")
def test_a_frozen_sealed_secret_that_was_refused_is_refused(case):
    seed, info, sealed = raw(case, "seed", "info", "sealed")
    with pytest.raises(getattr(errors, case["error"])):
        hpke.PrivateKey.from_seed(seed).open(sealed, info=info)


def test_frozen_derivations_give_the_same_bytes():
    key, values = bytes(range(32)), FROZEN["derived"]
    stretched = passwords.stretch(
        "padauk ပိတောက်",
        salt=bytes(range(16)),
        cost=passwords.Argon2Cost(64, 1, 1),
        floor=passwords.Argon2Cost(64, 1, 1),
    )
    custody = hpke.private_from_secret(key)
    index = blind_index.index_key(key, bytes(32), "phone", 1)
    assert values == {
        "commit": derive.commit(key, b"an address").hex(),
        "frame": frame(Label.CELL, b"b", "s", 7, None).hex(),
        "root_id": RootKey(key).id.hex(),
        "verifier": stretched.verifier.hex(),
        "wrap_work": stretched.wrap_work.hex(),
        "wrap_lead": stretched.wrap_lead.hex(),
        "custody_seed": custody.seed.hex(),
        "fingerprint": hpke.fingerprint(custody.public).hex(),
        "index_key": index.hex(),
        "token": blind_index.token(index, "+95970000000", 12),
        "tree": merkle.root_of([merkle.leaf_hash(bytes([n])) for n in range(7)]).hex(),
    }


def test_frozen_shares_give_the_same_secret():
    assert shares.combine(FROZEN["shares"]["mnemonics"][1:]).hex() == FROZEN["shares"]["secret"]


def test_a_frozen_note_opens_and_is_signed_the_same_way():
    frozen = FROZEN["note"]
    text = notes.open_note(frozen["note"], notes.Verifier.from_vkey(frozen["vkey"]))
    key = signing.SigningKey(bytes(range(32)))
    assert notes.sign_note(text, "log.example", key) == frozen["note"]
    assert notes.Checkpoint.parse(text).size == 7


def test_no_frozen_label_has_gone_or_changed():
    assert {name: Label[name].value for name in FROZEN["labels"]} == FROZEN["labels"]
