"""A backup taken while the server writes is proved, sealed, and restores every case."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete, select
from starlette.testclient import TestClient

from app.audit.models import AuditEvent
from app.audit.trail import read_detail
from app.backup.archive import ArchiveDamaged
from app.backup.restore import CustodyWordsWrong, Target, custody_of, restore
from app.backup.service import (
    BackupNotProved,
    _count_pairs,
    back_up,
    list_backups,
    list_old_keystores,
    read_manifest,
)
from app.cases.service import read_case
from app.crypto.hpke import PrivateKey
from app.crypto.root import RootKey
from app.deployment import Deployment
from app.main import create_app
from app.settings import Settings
from app.store.engine import build_engine
from app.store.identity import StartCode, StartRefused
from app.store.locks import job_lock
from app.store.migrate import current, upgrade
from app.store.models import ErasureShare
from app.vault.models import ScopeRow
from tests.conftest import settings_for
from tests.support.founding import found
from tests.support.postgres import drop_database, fresh_database
from tests.support.world import Clock, World, open_world

ROOT = RootKey(bytes(range(32)))


@pytest.fixture
def home(tmp_path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def organisation(home) -> tuple[World, list[str]]:
    """A founded organisation over the revisions, two of whose kit shares open custody."""
    settings = settings_for(f"sqlite:///{home}/padauk.db", f"sqlite:///{home}/keystore.db")
    deployment = Deployment.build(settings, ROOT, clock=Clock())
    upgrade(deployment.engine, "main")
    upgrade(deployment.keystore.engine, "keystore")
    deployment.close()
    founded = found(settings, ROOT, Clock())
    write_settings(home, founded.settings)
    world = open_world(founded, founded.settings)
    world.open_case()
    yield world, list(founded.recovery_kit)
    world.close()


def write_settings(home: Path, settings: Settings) -> None:
    (home / "padauk.toml").write_text(
        "\n".join(
            [
                'environment = "test"',
                f'organisation_id = "{settings.organisation_id}"',
                f'organisation_root = "{settings.organisation_root}"',
                'database_url = "sqlite:///padauk.db"',
                'keystore_url = "sqlite:///keystore.db"',
                "argon2_memory_kib = 8",
                "argon2_iterations = 1",
                "",
            ]
        ),
        encoding="utf-8",
    )


def taken(world: World, home: Path, to: Path):
    return back_up(world.deployment, ROOT, home / "padauk.toml", to)


def restored(backup: Path, into: Path, kit: list[str], **target: str) -> Settings:
    custody = custody_of(kit, read_manifest(backup))
    settings, _ = restore(
        backup, Target(into, **target), custody=custody, root=ROOT, root_key_file=None
    )
    return settings


def test_every_case_opens_in_a_backup_taken_while_others_write(organisation, home, tmp_path):
    world, kit = organisation
    stop, made = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            made.append(world.open_case())

    writer = threading.Thread(target=write)
    writer.start()
    try:
        before = list(made)
        backup = taken(world, home, tmp_path / "backups")
    finally:
        stop.set()
        writer.join()
    settings = restored(backup.folder, tmp_path / "again", kit)
    again = open_world(world.founded, settings)
    with again.work_as(again.member("coordinator")) as work:
        for case_id in before:
            assert read_case(work, case_id).identity is not None
    again.close()
    assert backup.manifest.cases >= len(before) + 1


def test_nothing_of_a_backup_can_be_read_without_the_custody_key(organisation, home, tmp_path):
    world, kit = organisation
    folder = taken(world, home, tmp_path / "backups").folder
    everything = b"".join(file.read_bytes() for file in folder.iterdir())
    for secret in (b"SQLite format", b"database_url", b"scopes", kit[0].encode()):
        assert secret not in everything
    with pytest.raises(ArchiveDamaged):
        restore(
            folder,
            Target(tmp_path / "again"),
            custody=PrivateKey.generate(),
            root=ROOT,
            root_key_file=None,
        )
    assert not (tmp_path / "again").exists()


def test_words_of_another_kit_are_refused(organisation, home, tmp_path):
    world, kit = organisation
    manifest = read_manifest(taken(world, home, tmp_path / "backups").folder)
    for wrong in ([], kit[:0], ["not words of any kit"]):
        with pytest.raises(CustodyWordsWrong):
            custody_of(wrong, manifest)


def test_another_root_key_restores_nothing(organisation, home, tmp_path):
    world, kit = organisation
    folder = taken(world, home, tmp_path / "backups").folder
    with pytest.raises(StartRefused) as refusal:
        restore(
            folder,
            Target(tmp_path / "again"),
            custody=custody_of(kit, read_manifest(folder)),
            root=RootKey(bytes(32)),
            root_key_file=None,
        )
    assert refusal.value.code is StartCode.OTHER_ROOT_KEY
    assert not (tmp_path / "again").exists()


def test_a_restore_overwrites_nothing(organisation, home, tmp_path):
    world, kit = organisation
    folder = taken(world, home, tmp_path / "backups").folder
    with pytest.raises(FileExistsError):
        restored(folder, home, kit)
    assert (home / "padauk.db").exists()


def test_a_copy_in_which_a_case_has_lost_its_share_is_not_kept(organisation, home, tmp_path):
    world, _ = organisation
    with world.deployment.keystore.engine.begin() as connection:
        connection.execute(delete(ErasureShare))
    with pytest.raises(BackupNotProved):
        taken(world, home, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


def fill(engine: Engine, model: type, rows: int, **named: Callable[[int], object]) -> None:
    """Write the first row of a table again and again, under other ids."""
    table = model.__table__
    with engine.begin() as connection:
        one = dict(connection.execute(table.select().limit(1)).mappings().one())
        made = [one | {key: value(n) for key, value in named.items()} for n in range(rows)]
        connection.execute(table.insert(), made)


def test_a_copy_of_many_cases_is_counted_in_constant_memory(organisation):
    world, _ = organisation
    copy, many = world.deployment, 40_000
    before = _count_pairs(copy)
    fill(
        copy.engine, ScopeRow, many,
        id=lambda n: UUID(int=n), case_id=lambda n: UUID(int=n), share_id=lambda n: UUID(int=n),
    )  # fmt: skip
    fill(copy.keystore.engine, ErasureShare, many, id=lambda n: UUID(int=n))
    tracemalloc.start()
    try:
        assert _count_pairs(copy) == (before[0] + many, before[1] + many)
        assert tracemalloc.get_traced_memory()[1] < 2**21
    finally:
        tracemalloc.stop()
    with copy.keystore.engine.begin() as connection:
        connection.execute(delete(ErasureShare).where(ErasureShare.id < UUID(int=700)))
    with pytest.raises(BackupNotProved, match="700 cases"):
        _count_pairs(copy)


def test_a_keystore_of_another_deployment_is_not_backed_up(organisation, home, tmp_path):
    world, _ = organisation
    with world.deployment.keystore.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE keystore SET organisation_id = '00000000000000000000000000000000'"
        )
    with pytest.raises(BackupNotProved):
        taken(world, home, tmp_path / "backups")


def test_keystores_older_than_seven_days_are_deleted_and_the_rest_is_kept(
    organisation, home, tmp_path
):
    world, _ = organisation
    backups = tmp_path / "backups"
    first = taken(world, home, backups)
    world.clock.advance(days=8)
    assert list_old_keystores(backups, world.clock.at) == [first.folder / "keystore.db.sealed"]
    second = taken(world, home, backups)
    assert second.removed_keystores == 1
    assert not (first.folder / "keystore.db.sealed").exists()
    assert (first.folder / "main.db.sealed").exists()
    assert list_backups(backups) == [first.folder, second.folder]


def test_what_has_a_name_is_whole(organisation, home, tmp_path, monkeypatch):
    """A backup that fails halfway leaves no folder behind, whatever it had written."""
    world, _ = organisation

    def fail(*_args, **_rest):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.backup.service.seal_part", fail)
    with pytest.raises(OSError, match="space"):
        taken(world, home, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_backup_of_sqlite_is_restored_into_postgresql(
    organisation, home, tmp_path, postgres_server
):
    world, kit = organisation
    case_id = world.open_case()
    folder = taken(world, home, tmp_path / "backups").folder
    urls = {
        "database_url": fresh_database(postgres_server, "again_main"),
        "keystore_url": fresh_database(postgres_server, "again_keys"),
    }
    settings = restored(folder, tmp_path / "again", kit, **urls)
    again = open_world(world.founded, settings)
    with again.work_as(again.member("coordinator")) as work:
        assert read_case(work, case_id).identity is not None
    again.close()
    for name in ("again_main", "again_keys"):
        drop_database(postgres_server, name)


def test_what_does_not_belong_together_is_written_into_no_server(
    organisation, home, tmp_path, postgres_server
):
    """The copies are checked as files first: a server's databases stay empty."""
    world, kit = organisation
    folder = taken(world, home, tmp_path / "backups").folder
    url = fresh_database(postgres_server, "stays_empty")
    target = Target(tmp_path / "again", database_url=url)
    custody = custody_of(kit, read_manifest(folder))
    with pytest.raises(StartRefused):
        restore(folder, target, custody=custody, root=RootKey(bytes(32)), root_key_file=None)
    engine = build_engine(url)
    assert current(engine, "main") == "base"
    engine.dispose()
    drop_database(postgres_server, "stays_empty")


def test_a_restore_is_on_record(organisation, home, tmp_path):
    world, kit = organisation
    folder = taken(world, home, tmp_path / "backups").folder
    again = open_world(world.founded, restored(folder, tmp_path / "again", kit))
    with again.deployment.sessions() as session:
        row = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "deployment:restored")
        ).one()
        event = read_detail(row, again.deployment.log_key, again.deployment.organisation)
    again.close()
    assert event.facts["backup"] == read_manifest(folder).backup_id


def test_one_backup_is_taken_at_a_time(organisation, home, tmp_path):
    world, _ = organisation
    with (
        job_lock(world.deployment.engine, "backup"),
        pytest.raises(BackupNotProved, match="another backup"),
    ):
        taken(world, home, tmp_path / "backups")


def test_a_backup_of_postgresql_is_restored_into_files(home, tmp_path, postgres_server):
    urls = [fresh_database(postgres_server, name) for name in ("live_main", "live_keys")]
    settings = settings_for(*urls)
    deployment = Deployment.build(settings, ROOT, clock=Clock())
    upgrade(deployment.engine, "main")
    upgrade(deployment.keystore.engine, "keystore")
    deployment.close()
    founded = found(settings, ROOT, Clock())
    write_settings(home, founded.settings)
    world = open_world(founded, founded.settings)
    case_id = world.open_case()
    folder = taken(world, home, tmp_path / "backups").folder
    world.close()
    again = open_world(founded, restored(folder, tmp_path / "again", list(founded.recovery_kit)))
    with again.work_as(again.member("coordinator")) as work:
        assert read_case(work, case_id).identity is not None
    again.close()
    for name in ("live_main", "live_keys"):
        drop_database(postgres_server, name)


def test_a_restored_copy_takes_no_session_of_the_live_server(organisation, home, tmp_path):
    world, kit = organisation
    token = world.token(world.member("coordinator"))
    folder = taken(world, home, tmp_path / "backups").folder
    again = open_world(world.founded, restored(folder, tmp_path / "again", kit))
    # On the same machine both read the same boot key.
    same = replace(again.deployment, boot_key=world.deployment.boot_key)
    known = {"authorization": f"Bearer {token}"}
    for deployment, status in ((world.deployment, 200), (same, 401)):
        with TestClient(create_app(deployment)) as client:
            assert client.get("/api/me", headers=known).status_code == status
    again.close()
