"""`padauk backup`, `restore` and what `doctor` says of both, as an operator types them."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli.commands import build_app
from app.deployment import Deployment
from app.store.identity import StartCode
from tests.support.second_lead import join_second_lead

OLD = "padauk-20200101T000000Z-00000000"


@dataclass(frozen=True)
class Founded:
    """A home, and what its leads were shown once: passphrases and two shares."""

    home: Path
    passphrases: tuple[str, ...]
    kit: tuple[str, ...]


def run(*words: str | Path, typed: str | None = None) -> Any:
    return CliRunner(env={"COLUMNS": "400"}).invoke(
        build_app(), [str(w) for w in words], input=typed
    )


@pytest.fixture(scope="module")
def once(tmp_path_factory) -> Founded:
    """Two leads, both of whom custody needs; the root key lies apart from the home."""
    home = tmp_path_factory.mktemp("founded") / "home"
    made = run("init", "--home", home, "--lead", "lead-1", "--team", "Teak")
    assert made.exit_code == 0, made.output
    boxes = [line.strip("│ ") for line in made.output.splitlines() if line.startswith("│")]
    root_words = " ".join(boxes).split("(certifies leads) ")[1].split("ROOT KEY")[0]
    two = join_second_lead(home, first=("lead-1", boxes[0]), root_words=root_words, login="lead-2")
    return Founded(home, (boxes[0], two.passphrase), (two.paper, two.first_share))


@pytest.fixture
def founded(once, tmp_path) -> Founded:
    home = tmp_path / "home"
    shutil.copytree(once.home, home)
    (home / "root.key").rename(tmp_path / "root.key")
    settings = home / "padauk.toml"
    settings.write_text(settings.read_text().replace('"root.key"', f'"{tmp_path}/root.key"'))
    return Founded(home, once.passphrases, once.kit)


@pytest.fixture
def backup(founded, tmp_path) -> Path:
    return taken(founded.home, tmp_path / "backups")


def taken(home: Path, to: Path) -> Path:
    done = run("backup", "--home", home, "--to", to)
    assert done.exit_code == 0, done.output
    return Path(done.output.splitlines()[0])


def restored(backup: Path, tmp_path: Path, *more: str | Path, typed: str = "") -> Any:
    into = ["restore", "--home", tmp_path / "again", "--i-have-none", backup]
    return run(*into, "--root-key-file", tmp_path / "root.key", *more, typed=typed)


def backdated(backup: Path) -> Path:
    """Give a backup the name of one that was taken years ago."""
    return backup.rename(backup.with_name(OLD))


def test_as_many_leads_as_custody_needs_restore_with_their_passphrases(founded, backup, tmp_path):
    leads = ["--lead", "lead-1", "--lead", "lead-2"]
    done = restored(backup, tmp_path, *leads, typed="\n".join([*founded.passphrases, ""]))
    assert done.exit_code == 0, done.output
    teams = ["member", "teams", "--home", tmp_path / "again", "--as", "lead-1"]
    assert "Teak" in run(*teams, typed=f"{founded.passphrases[0]}\n").output


def test_a_lead_and_a_share_on_paper_restore_together(founded, backup, tmp_path):
    mixed = ["--lead", "lead-2", "--words", founded.kit[1]]
    done = restored(backup, tmp_path, *mixed, typed=f"{founded.passphrases[1]}\n")
    assert done.exit_code == 0, done.output


def test_the_words_of_the_kit_restore_without_any_lead(founded, backup, tmp_path):
    done = restored(backup, tmp_path, typed="\n".join([*founded.kit, ""]))
    assert done.exit_code == 0, done.output
    assert run("doctor", "--home", tmp_path / "again").exit_code in {0, 3}


def test_fewer_leads_than_custody_needs_restore_nothing(founded, backup, tmp_path):
    done = restored(backup, tmp_path, "--lead", "lead-1", typed=f"{founded.passphrases[0]}\n")
    assert done.exit_code == 1
    assert "custody needs 2 shares" in done.output
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("name", ["lead-1", "nobody-here"])
def test_a_wrong_passphrase_and_an_unknown_lead_are_refused_alike(backup, tmp_path, name):
    done = restored(backup, tmp_path, "--lead", name, typed="not the passphrase\n")
    assert done.exit_code == 1
    assert "no lead who holds a share has this name and this passphrase" in done.output


def test_another_root_key_does_not_open_what_is_kept_for_leads(founded, backup, tmp_path):
    (tmp_path / "root.key").write_bytes(bytes(32))
    done = restored(backup, tmp_path, "--lead", "lead-1", typed=f"{founded.passphrases[0]}\n")
    assert done.exit_code == 1
    assert "the root key is another" in done.output


def test_no_backup_contains_the_root_key(founded, backup, tmp_path):
    key = (tmp_path / "root.key").read_bytes()
    for file in backup.iterdir():
        stored = file.read_bytes()
        assert key not in stored
        assert key.hex().encode() not in stored


def test_what_is_kept_for_leads_shows_nothing_without_the_root_key(backup):
    for file in backup.glob("leads*"):
        stored = file.read_bytes()
        assert b"SQLite format" not in stored
        assert b"organisation_id" not in stored


def test_backup_and_doctor_take_the_root_key_from_a_systemd_credential(
    founded, tmp_path, monkeypatch
):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (tmp_path / "root.key").rename(credentials / "root-key")
    settings = founded.home / "padauk.toml"
    kept = [s for s in settings.read_text().splitlines() if not s.startswith("root_key_file")]
    settings.write_text("\n".join([*kept, 'root_key_credential = "root-key"', ""]))
    without = run("backup", "--home", founded.home, "--to", tmp_path / "backups")
    assert without.exit_code == StartCode.ROOT_KEY
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    taken(founded.home, tmp_path / "backups")
    assert "backup: last proved 0 hours ago" in run("doctor", "--home", founded.home).output


def test_a_keystore_older_than_seven_days_goes_with_the_next_backup(founded, backup, tmp_path):
    old = backdated(backup)
    named = run("doctor", "--home", founded.home, "--backups", tmp_path / "backups")
    assert f"old keystore: {old}/keystore.db.sealed" in named.output
    newer = taken(founded.home, tmp_path / "backups")
    assert not (old / "keystore.db.sealed").exists()
    words = [word for share in founded.kit for word in ("--words", share)]
    alone = restored(old, tmp_path, *words)
    assert alone.exit_code == 1
    assert "--keystore-from" in alone.output
    with_newer = restored(old, tmp_path, *words, "--keystore-from", newer)
    assert with_newer.exit_code == 0, with_newer.output


def test_an_older_keystore_is_not_taken_for_a_newer_backup(founded, backup, tmp_path):
    older = tmp_path / "older"
    shutil.copytree(backup, older)
    manifest = older / "manifest.json"
    manifest.write_text(
        re.sub(r'"made_on": "[^"]*"', '"made_on": "2020-01-01"', manifest.read_text())
    )
    done = restored(backup, tmp_path, "--keystore-from", older)
    assert done.exit_code == 1
    assert "older than this backup" in done.output


def test_nothing_is_deleted_while_the_clock_is_in_doubt(founded, backup, tmp_path, monkeypatch):
    old = backdated(backup)
    monkeypatch.setattr(Deployment, "find_time_doubt", lambda _: "the clock was set")
    done = run("backup", "--home", founded.home, "--to", tmp_path / "backups")
    assert "No old keystore copy was deleted: the clock was set" in done.output
    assert (old / "keystore.db.sealed").exists()


def test_what_a_killed_backup_left_goes_with_the_next_one(founded, tmp_path):
    organisation = re.search(
        r'organisation_id = "(.*)"', (founded.home / "padauk.toml").read_text()
    )
    assert organisation is not None
    mark = organisation.group(1).replace("-", "")
    sealed = tmp_path / "backups" / f".unfinished-{mark}-1"
    clear = founded.home / f".padauk-{mark}-1"
    for left in (sealed, clear):
        left.mkdir(parents=True)
        (left / "keystore.db").write_bytes(b"shares")
    taken(founded.home, tmp_path / "backups")
    assert not sealed.exists()
    assert not clear.exists()


def test_doctor_says_how_old_the_last_proved_copy_is(founded, backup):
    assert "backup: last proved 0 hours ago" in run("doctor", "--home", founded.home).output


def test_doctor_advises_where_no_backup_was_ever_made(founded):
    assert "backup: none was ever made" in run("doctor", "--home", founded.home).output


def test_doctor_says_of_a_restored_home_which_backup_it_comes_from(founded, backup, tmp_path):
    earlier = taken(founded.home, tmp_path / "backups")  # its copy knows of a backup before it
    for source in (backup, earlier):
        done = restored(source, tmp_path, typed="\n".join([*founded.kit, ""]))
        assert done.exit_code == 0, done.output
        home = tmp_path / "again"
        said = run("doctor", "--home", home).output
        assert re.search(r"backup: restored on (\S+) from the backup of \1; none was made", said)
        assert "last proved" not in said
        shutil.rmtree(home)
    restored(backup, tmp_path, typed="\n".join([*founded.kit, ""]))
    taken(tmp_path / "again", tmp_path / "backups")
    assert "last proved 0 hours ago" in run("doctor", "--home", tmp_path / "again").output


def test_a_full_disk_is_one_line_and_leaves_nothing(founded, tmp_path, monkeypatch):
    def fail(*_args, **_rest):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.backup.service.seal_part", fail)
    done = run("backup", "--home", founded.home, "--to", tmp_path / "backups")
    assert done.exit_code == 1
    assert "No space left on device" in done.output
    assert list((tmp_path / "backups").iterdir()) == []
