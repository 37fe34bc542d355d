"""Promises that hold over the whole package."""

import ast
import inspect
import pkgutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app.crypto
from app.crypto import aead, errors, guarded, hpke, merkle, notes, passwords, root, shares, signing
from tests.crypto.laws import law, slow_law

FOLDER = Path(app.crypto.__file__).parent
MODULES = sorted(FOLDER.glob("*.py"))
PRIVATE = hpke.PrivateKey(bytes(96))
ANY_TEXT = st.text(max_size=40)
ANY_BYTES = st.binary(max_size=1300)
ANY_NUMBER = st.integers(-3, 2**70)


def only_crypto_errors(call):
    """Whatever comes in, what comes out is a value or an error of the family."""
    with suppress(errors.CryptoError):
        call()


@law
@given(ANY_BYTES, ANY_BYTES, ANY_NUMBER)
def test_bytes_from_outside_raise_only_errors_of_the_family(one, other, number):
    for call in (
        lambda: aead.DataKey(one),
        lambda: aead.DataKey(bytes(32)).open(one, address=other),
        lambda: aead.DataKey(bytes(32)).seal(one, address=other, epoch=number, step=number),
        lambda: aead.WrapKey(bytes(32)).unwrap(one, address=other),
        lambda: aead.epoch_of(one),
        lambda: aead.unpad(one),
        lambda: hpke.PublicKey(one),
        lambda: PRIVATE.open(one, info=other),
        lambda: PRIVATE.open(b"\1\1" + one, info=other),
        lambda: hpke.private_from_secret(one),
        lambda: signing.verify(one[:32], other, one),
        lambda: root.RootKey(one),
        lambda: merkle.verify_inclusion(one, number, number + 5, [other], one),
        lambda: merkle.verify_consistency(number, number + 5, [one, other], one, other),
    ):
        only_crypto_errors(call)


@slow_law
@given(ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
def test_text_from_outside_raises_only_errors_of_the_family(text, texts):
    low = passwords.Argon2Cost(64, 1, 1)
    for call in (
        lambda: notes.open_note(text, notes.Verifier("a", bytes(32))),
        lambda: notes.open_note("\n\n".join(texts), notes.Verifier("a", bytes(32))),
        lambda: notes.Verifier.from_vkey("+".join(texts)),
        lambda: notes.Checkpoint.parse("\n".join(texts)),
        lambda: shares.combine(texts),
        lambda: root.load_root_key(prompt=lambda: text),
        lambda: root.load_root_key(credential=text),
        lambda: guarded.read_key_file(Path("/nowhere", text), name="a key", size=32),
        lambda: passwords.stretch(text, salt=bytes(16), cost=low, floor=low),
    ):
        only_crypto_errors(call)


@given(ANY_NUMBER, ANY_NUMBER, ANY_NUMBER)
@law
def test_a_cost_from_outside_is_taken_or_refused_without_any_work(memory, iterations, lanes):
    cost = passwords.Argon2Cost(memory, iterations, lanes)
    only_crypto_errors(lambda: passwords.check_stretch("x", bytes(16), cost, passwords.FLOOR))


def test_every_error_belongs_to_the_family():
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    assert errors.SealBroken in found
    assert all(issubclass(kind, errors.CryptoError) for kind in found)
    assert all(kind.__doc__ for kind in found)


def raised_calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield node.exc


@pytest.mark.parametrize("path", MODULES, ids=[path.stem for path in MODULES])
def test_no_module_raises_anything_outside_the_family(path):
    family = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
    for call in raised_calls(ast.parse(path.read_text())):
        name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr
        assert name in family | {"refusal"}, f"{path.name} raises {name}"


def test_every_module_is_met_by_these_tests():
    modules = {found.name for found in pkgutil.iter_modules([str(FOLDER)])}
    assert modules == {
        "aead",
        "argon2id",
        "blind_index",
        "derive",
        "errors",
        "framing",
        "guarded",
        "hpke",
        "labels",
        "merkle",
        "notes",
        "passwords",
        "root",
        "shares",
        "signing",
        "stretch_worker",
        "stretching",
        "suites",
        "totp",
    }
