import os
import socket
import stat

import pytest

from app.crypto import root
from app.crypto.aead import WrapKey
from app.crypto.derive import hkdf
from app.crypto.errors import RootKeyRefused
from app.crypto.framing import frame
from app.crypto.labels import Label
from app.crypto.root import RootKey, create_root_key_file, load_root_key

KEY = bytes(range(32))


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "root.key"
    create_root_key_file(path)
    return path


def test_the_wrapping_key_and_the_id_are_derived_apart():
    wrapped = RootKey(KEY).wrap_key().wrap(b"secret", address=b"a")
    wrapping = WrapKey(hkdf(KEY, info=frame(Label.ROOT_WRAP_KEY)))
    assert wrapping.unwrap(wrapped, address=b"a") == b"secret"
    assert RootKey(KEY).id == hkdf(KEY, info=frame(Label.ROOT_KEY_ID), length=16)


def test_printing_a_root_key_shows_nothing_of_it():
    assert repr(RootKey(KEY)) == str(RootKey(KEY)) == "<RootKey>"


def test_a_created_key_is_read_back_from_its_file(tmp_path):
    path = tmp_path / "root.key"
    created = create_root_key_file(path)
    assert load_root_key(file=path).id == created.id
    assert create_root_key_file(tmp_path / "other.key").id != created.id


def test_a_created_file_is_closed_to_others_whatever_the_umask(tmp_path):
    for umask in (0o000, 0o777):
        before = os.umask(umask)
        try:
            path = tmp_path / f"{umask}.key"
            create_root_key_file(path)
        finally:
            os.umask(before)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.stat().st_size == 32


def test_a_created_file_is_on_the_disk_with_its_name_before_the_key_is_used(tmp_path, monkeypatch):
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda opened: (synced.append(os.fstat(opened).st_mode), fsync(opened))
    )
    create_root_key_file(tmp_path / "root.key")
    assert [stat.S_IFMT(mode) for mode in synced] == [stat.S_IFREG, stat.S_IFDIR]


def test_a_key_file_is_never_written_over(kept):
    before = kept.read_bytes()
    with pytest.raises(RootKeyRefused, match="already"):
        create_root_key_file(kept)
    assert kept.read_bytes() == before


def test_a_key_is_not_written_through_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(RootKeyRefused):
        create_root_key_file(tmp_path / "link")
    assert not (tmp_path / "target").exists()


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(RootKeyRefused, match="cannot be written"):
        create_root_key_file(tmp_path / "absent" / "root.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o700, 0o602])
def test_a_file_that_others_may_read_is_refused(kept, mode):
    kept.chmod(mode)
    with pytest.raises(RootKeyRefused, match="0600"):
        load_root_key(file=kept)


def test_a_file_that_only_its_owner_may_read_is_taken(kept):
    kept.chmod(0o400)
    assert load_root_key(file=kept).id


def test_a_file_of_someone_else_is_refused(kept, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: kept.stat().st_uid + 1)
    with pytest.raises(RootKeyRefused, match="someone else"):
        load_root_key(file=kept)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_file_of_the_wrong_length_is_refused(kept, size):
    kept.write_bytes(bytes(size))
    with pytest.raises(RootKeyRefused, match="32 bytes"):
        load_root_key(file=kept)


def test_a_link_a_directory_a_pipe_or_a_socket_is_refused(kept, tmp_path):
    (tmp_path / "link").symlink_to(kept)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
    for name, says in [
        ("", "plain file"),
        ("pipe", "plain file"),
        ("link", "cannot be read"),
        ("socket", "cannot be read"),
        ("absent", "cannot be read"),
    ]:
        with pytest.raises(RootKeyRefused, match=says):
            load_root_key(file=tmp_path / name)


def test_a_file_that_cannot_be_read_is_refused(kept, monkeypatch):
    def fail(*_):
        raise OSError

    monkeypatch.setattr(os, "read", fail)
    with pytest.raises(RootKeyRefused, match="cannot be read"):
        load_root_key(file=kept)


def test_a_credential_is_read_where_the_service_manager_put_it(kept, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(kept.parent))
    kept.chmod(0o440)
    read = load_root_key(credential="root.key")
    kept.chmod(0o600)
    assert read.id == load_root_key(file=kept).id


def test_a_credential_that_the_world_may_read_is_refused(kept, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(kept.parent))
    kept.chmod(0o444)
    with pytest.raises(RootKeyRefused):
        load_root_key(credential="root.key")


def test_a_credential_without_a_service_manager_is_refused(monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(RootKeyRefused, match="no credentials"):
        load_root_key(credential="root.key")


@pytest.mark.parametrize("name", ["", ".", "..", "../root.key", "/etc/hostname", "a/b", "a\0b"])
def test_a_credential_has_a_plain_name(name, tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(RootKeyRefused, match="plain name"):
        load_root_key(credential=name)


@pytest.mark.parametrize(
    "typed",
    [KEY.hex(), KEY.hex().upper(), f" {KEY.hex()[:32]} {KEY.hex()[32:]}\n"],
    ids=["lower", "upper", "spaced"],
)
def test_a_key_may_be_typed_in_hexadecimal(typed):
    assert load_root_key(prompt=lambda: typed).id == RootKey(KEY).id


def test_a_key_may_be_typed_in_its_recovery_words():
    words = RootKey(KEY).recovery_words()
    assert len(words.split()) == 33
    assert load_root_key(prompt=lambda: words).id == RootKey(KEY).id


@pytest.mark.parametrize("typed", ["", "x", "g" * 64, "0" * 63, "0" * 66, "a b c", "က" * 64])
def test_what_is_neither_digits_nor_words_is_refused(typed):
    with pytest.raises(RootKeyRefused) as refused:
        load_root_key(prompt=lambda: typed)
    assert not typed or f" {typed} " not in f" {refused.value} "


def test_the_place_of_the_key_is_named_exactly_once(kept):
    for places in (
        {},
        {"file": kept, "credential": "x"},
        {"file": kept, "prompt": str},
        {"credential": "x", "prompt": str},
    ):
        with pytest.raises(RootKeyRefused, match="exactly one"):
            load_root_key(**places)


def test_there_is_no_second_try_elsewhere(kept, monkeypatch, tmp_path):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(kept.parent))
    with pytest.raises(RootKeyRefused):
        load_root_key(file=tmp_path / "absent")


def test_generated_keys_differ_and_are_not_shown():
    assert RootKey.generate().id != RootKey.generate().id
    assert KEY.hex() not in repr(RootKey(KEY))
    assert str(KEY) not in repr(RootKey(KEY))


def test_a_key_of_the_wrong_length_is_refused():
    for size in (0, 31, 33):
        with pytest.raises(RootKeyRefused):
            root.RootKey(bytes(size))
