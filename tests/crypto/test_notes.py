"""Signed notes against the published example of Go's ``sumdb/note`` and the C2SP texts."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.errors import NoteInvalid
from app.crypto.notes import Checkpoint, Verifier, cosign_note, open_note, sign_note
from app.crypto.signing import SigningKey
from tests.crypto.laws import law

GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
GO_NOTE = f"{GO_TEXT}\n{GO_SIGNATURE}"
GO_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
ENOCH_SIGNATURE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01"
    "oOTGwnWLox33WWd1RvMc+QQ=\n"
)
KEY = SigningKey(bytes(range(32)))
WITNESS = SigningKey(bytes(range(1, 33)))
LOG = Verifier("log.example", KEY.public)
SEEN = Verifier("witness.example", WITNESS.public)
CHECKPOINT = Checkpoint("log.example", 7, bytes(range(32)))
NOTE = sign_note(CHECKPOINT.text(), LOG.name, KEY)


def verifies(note, *verifiers):
    try:
        open_note(note, *verifiers)
    except NoteInvalid:
        return False
    return True


def test_the_published_note_opens_with_both_its_keys():
    peter, enoch = Verifier.from_vkey(GO_VKEY), Verifier.from_vkey(ENOCH_VKEY)
    assert open_note(GO_NOTE, peter) == GO_TEXT
    assert open_note(GO_NOTE + ENOCH_SIGNATURE, peter, enoch) == GO_TEXT
    assert open_note(GO_NOTE + ENOCH_SIGNATURE, enoch) == GO_TEXT
    assert not verifies(GO_NOTE, enoch)


def test_the_published_note_is_signed_byte_for_byte():
    key = SigningKey(base64.b64decode(GO_SECRET)[1:])
    assert sign_note(GO_TEXT, "PeterNeumann", key) == GO_NOTE
    assert Verifier("PeterNeumann", key.public).vkey == GO_VKEY


def test_a_verifier_is_read_back_from_its_line():
    assert Verifier.from_vkey(LOG.vkey) == LOG


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY.replace("Peter", "Petra"),
        GO_VKEY.replace("+ARpc", "+AhpcA"),
        GO_VKEY[:-4],
        GO_VKEY + "\n",
        "a b" + GO_VKEY,
    ],
)
def test_a_malformed_verifier_is_refused(vkey):
    with pytest.raises(NoteInvalid):
        Verifier.from_vkey(vkey)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "a\0"])
def test_a_name_that_no_note_takes_is_refused(name):
    with pytest.raises(NoteInvalid):
        Verifier(name, KEY.public)
    with pytest.raises(NoteInvalid):
        sign_note("text\n", name, KEY)
    with pytest.raises(NoteInvalid):
        Checkpoint(name, 1, bytes(32)).text()


def test_a_verifier_has_a_whole_key():
    with pytest.raises(NoteInvalid):
        Verifier("log.example", KEY.public[:31])


def test_a_checkpoint_is_three_lines():
    assert CHECKPOINT.text() == ("log.example\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")
    assert Checkpoint.parse(open_note(NOTE, LOG)) == CHECKPOINT


@law
@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_back(size, root):
    checkpoint = Checkpoint("log.example/part", size, root)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint
    extended = replace(checkpoint, extensions=("an extension",))
    assert Checkpoint.parse(checkpoint.text() + "an extension\n") == extended
    assert extended.text() == checkpoint.text() + "an extension\n"


@pytest.mark.parametrize("extension", ["", "two\nlines", "a\ttab"])
def test_an_extension_of_a_checkpoint_is_one_line_of_text(extension):
    with pytest.raises(NoteInvalid):
        Checkpoint("log.example", 7, bytes(32), (extension,)).text()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "log\n7\n",
        "log\n7\nAAAA\n",
        "\n7\n{root}\n",
        "  \n7\n{root}\n",
        "log\n07\n{root}\n",
        "log\n-7\n{root}\n",
        "log\n+7\n{root}\n",
        "log\n 7\n{root}\n",
        "log\n၇\n{root}\n",
        "log\n\n{root}\n",
        "log\n7\n{root}",
        "log\n7\n{root}\n\n",
        "log\n7\n{root}\n\nextension\n",
        "log\n7\n{root}A\n",
        "log\n7\n {root}\n",
        "log\n7\nက\n",
        "log\n" + "9" * 20 + "\n{root}\n",
        "log\n" + "9" * 5000 + "\n{root}\n",
    ],
)
def test_a_malformed_checkpoint_is_refused(text):
    with pytest.raises(NoteInvalid):
        Checkpoint.parse(text.replace("{root}", base64.b64encode(bytes(32)).decode()))


@pytest.mark.parametrize(
    "checkpoint", [Checkpoint("log", -1, bytes(32)), Checkpoint("log", 1, bytes(31))]
)
def test_a_checkpoint_that_states_nonsense_is_not_written(checkpoint):
    with pytest.raises(NoteInvalid):
        checkpoint.text()


@law
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.just("\n"), max_size=60)
)
def test_any_text_that_may_be_signed_is_read_back(text):
    assert open_note(sign_note(text + "\n", LOG.name, KEY), LOG) == text + "\n"


@pytest.mark.parametrize("text", ["", "no newline", "a\tb\n", "a\0\n", "a\r\n", "\ud800\n"])
def test_a_text_that_may_not_be_signed_is_refused(text):
    with pytest.raises(NoteInvalid):
        sign_note(text, LOG.name, KEY)


@law
@given(st.integers(0, len(NOTE) - 1), st.characters(codec="utf-8"))
def test_a_note_with_one_character_changed_does_not_verify(place, letter):
    changed = NOTE[:place] + letter + NOTE[place + 1 :]
    assert verifies(changed, LOG) == (changed == NOTE)


def test_a_note_cut_anywhere_does_not_verify():
    for size in range(len(NOTE)):
        assert not verifies(NOTE[:size], LOG)


def test_a_witness_adds_its_signature_and_takes_none_away():
    cosigned = cosign_note(NOTE, SEEN.name, WITNESS)
    assert cosigned.startswith(NOTE)
    for verifiers in ([LOG], [SEEN], [LOG, SEEN]):
        assert open_note(cosigned, *verifiers) == CHECKPOINT.text()
    assert not verifies(NOTE, SEEN)


def test_a_signature_of_an_unknown_key_is_passed_over():
    strange = base64.b64encode(b"\1\2\3\4any bytes of any algorithm").decode()
    assert open_note(f"{NOTE}— someone.example {strange}\n", LOG) == CHECKPOINT.text()
    impostor = SigningKey(bytes(32))
    assert not verifies(sign_note(CHECKPOINT.text(), LOG.name, impostor), LOG)


def test_a_wrong_signature_of_a_known_key_is_not_passed_over():
    wrong = sign_note("log.example\n8\n", SEEN.name, WITNESS).rpartition("\n\n")[2]
    assert verifies(NOTE, LOG, SEEN)
    assert not verifies(NOTE + wrong, LOG, SEEN)
    assert not verifies(wrong.join([CHECKPOINT.text() + "\n", NOTE.rpartition("\n\n")[2]]), SEEN)


def test_without_a_trusted_key_nothing_opens():
    assert not verifies(NOTE)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        "text\n",
        "text\n\n",
        "text\n\nno dash\n",
        "text\n\n— log.example\n",
        "text\n\n— log.example \n",
        "text\n\n— log.example AAAA\n",
        "text\n\n— log.example !!!!\n",
        "text\n\n— log+example AAAAAAAA\n",
        "text\n\n— log.example AAAAAAAB=\n",
        "text\n\n- log.example AAAAAAAA\n",
        "text\0\n\n— log.example AAAAAAAA\n",
        "\ud800\n\n— log.example AAAAAAAA\n",
        "text\n\n" + "— log.example AAAAAAAA\n" * 101,
        "a" * 1_000_001,
    ],
    ids=range(16),
)
def test_a_malformed_note_is_refused(note):
    with pytest.raises(NoteInvalid):
        open_note(note, LOG)


@pytest.mark.parametrize(
    "line",
    [
        "- someone.example AAAAAAAA",
        "— someone.example",
        "— some+one.example AAAAAAAA",
        "— someone.example AAAAAA==",
        "— someone.example AAAAAAAB=",
        "— someone.example AAA AAAAA",
        "—  AAAAAAAA",
    ],
)
def test_a_malformed_line_spoils_a_note_that_is_signed(line):
    assert verifies(NOTE + "— someone.example AAAAAAAA\n", LOG)
    assert not verifies(f"{NOTE}{line}\n", LOG)


def test_a_note_has_up_to_a_hundred_signatures():
    full = NOTE + "— someone.example AAAAAAAA\n" * 99
    assert verifies(full, LOG)
    assert not verifies(full + "— someone.example AAAAAAAA\n", LOG)


def test_a_note_has_up_to_a_million_characters():
    rest = len(sign_note("\n", LOG.name, KEY))
    assert verifies(sign_note("a" * (1_000_000 - rest) + "\n", LOG.name, KEY), LOG)
    assert not verifies(sign_note("a" * (1_000_001 - rest) + "\n", LOG.name, KEY), LOG)


def test_a_key_of_another_algorithm_is_no_verifier():
    other = base64.b64encode(b"\2" + LOG.public).decode()
    with pytest.raises(NoteInvalid):
        Verifier.from_vkey(f"{LOG.name}+{LOG.key_id.hex()}+{other}")


def test_a_malformed_note_is_not_cosigned():
    with pytest.raises(NoteInvalid):
        cosign_note("text\n", SEEN.name, WITNESS)
