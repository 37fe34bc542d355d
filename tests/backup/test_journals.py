"""What was destroyed after a backup does not come back with it, where its journal survives."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from app.audit.events import EventKind
from app.audit.models import AuditEvent
from app.audit.trail import read_detail
from app.backup.journals import JOURNAL, JournalTooOld, NoCertificate
from app.backup.restore import Target, custody_of, restore
from app.backup.service import back_up, read_manifest
from app.cases.models import Case
from app.cases.service import get_case, read_case
from app.cli.doctor import _journal
from app.models import metadata
from app.retention.destruction import Order, destroy
from app.retention.models import Destruction
from app.retention.passes import write_journal
from app.retention.restored import destroy_again
from app.store.identity import StartCode, StartRefused, check_stores
from app.store.journal import read_journal
from app.store.models import DeploymentIdentity
from app.vault.errors import CaseErased
from tests.backup.test_backup import ROOT, home, organisation
from tests.retention.steps import closed_case, verify_all
from tests.support.world import World, open_world

__all__ = ["home", "organisation"]


@pytest.fixture
def monday(organisation, home, tmp_path):
    """A backup of Monday, with a case that is erased on Tuesday; and what Tuesday left."""
    world, kit = organisation
    gone, kept = closed_case(world), closed_case(world)
    backup = back_up(world.deployment, ROOT, home / "padauk.toml", tmp_path / "backups").folder
    destroy(world.deployment, [Order(gone, "case"), Order(kept, "contact", "contact")])
    with world.deployment.sessions() as session:
        query = select(Destruction.certificate).where(Destruction.case_id == gone)
        certificate = tmp_path / "certificate.txt"
        certificate.write_text(session.scalars(query).one(), encoding="utf-8")
    return world, kit, backup, gone, kept, certificate


def restored(world, backup: Path, kit, into: Path, since: Path | None = None):
    custody = custody_of(kit, read_manifest(backup))
    settings, applied = restore(
        backup, Target(into), custody=custody, root=ROOT, root_key_file=None, since=since
    )
    return open_world(world.founded, settings), applied


def keep_journal(world: World, folder: Path) -> Path:
    """Keep Tuesday's journal where a restore finds it: beside a later backup."""
    beside = folder / "padauk-later"
    beside.mkdir()
    world.deployment.keystore.journal.write(beside / JOURNAL)
    return beside / JOURNAL


def test_a_case_erased_on_tuesday_stays_erased_after_mondays_pair_is_restored(monday, tmp_path):
    world, kit, backup, gone, kept, certificate = monday
    keep_journal(world, backup.parent)
    again, applied = restored(world, backup, kit, tmp_path / "again", certificate)
    assert (applied.shares, applied.destroyed) == (2, 2)
    assert applied.entries == world.deployment.keystore.journal.newest_number()
    with again.deployment.sessions() as session:
        assert session.get(Case, gone) is None
    with again.work_as(again.member("coordinator")) as work:
        with pytest.raises(CaseErased):
            get_case(work, gone)
        read = read_case(work, kept)
        assert (read.contact, read.identity is not None) == (None, True)
    assert verify_all(again).findings == []
    with again.deployment.engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if "case_id" in table.c:
                connection.execute(delete(table).where(table.c.case_id == kept))
    # Not one tag more than there are certificates is explained by them.
    assert {finding.kind for finding in verify_all(again).findings} == {"case.missing"}
    (told,) = _journal(again.deployment)
    assert told.ok
    assert told.says.endswith(" entries, applied to both databases")
    again.close()


def test_without_any_newer_journal_tuesday_cannot_be_known(monday, tmp_path):
    """What SECURITY.md says: the case is back, and it goes on record that nobody held a proof."""
    world, kit, backup, gone, _, _ = monday
    again, applied = restored(world, backup, kit, tmp_path / "again")
    assert (applied.shares, applied.destroyed) == (0, 0)
    with again.work_as(again.member("coordinator")) as work:
        assert read_case(work, gone).identity is not None
    deployment = again.deployment
    with deployment.sessions() as session:
        query = select(AuditEvent).where(AuditEvent.action == EventKind.DEPLOYMENT_RESTORED)
        event = session.scalars(query).one()
        facts = read_detail(event, deployment.log_key, deployment.organisation).facts
    assert facts["certificate_given"] is False
    again.close()


def test_a_certificate_that_no_journal_reaches_stops_the_restore(monday, tmp_path):
    world, kit, backup, _, _, certificate = monday
    with pytest.raises(JournalTooOld):
        restored(world, backup, kit, tmp_path / "again", certificate)
    assert not (tmp_path / "again").exists()


def test_a_journal_that_a_lead_holds_is_applied(monday, tmp_path):
    world, kit, backup, gone, _, _ = monday
    held = tmp_path / "held.txt"
    world.deployment.keystore.journal.write(held)
    again, applied = restored(world, backup, kit, tmp_path / "again", held)
    assert applied.shares == 2
    with again.deployment.sessions() as session:
        assert session.get(Case, gone) is None
    again.close()


def test_what_is_neither_certificate_nor_journal_stops_the_restore(monday, tmp_path):
    world, kit, backup, _, _, certificate = monday
    certificate.write_text(certificate.read_text().replace("rule case", "rule mine"))
    with pytest.raises(NoCertificate):
        restored(world, backup, kit, tmp_path / "again", certificate)


def test_a_journal_that_was_changed_destroys_nothing_and_is_named(monday, tmp_path):
    world, kit, backup, _, kept, _ = monday
    file = keep_journal(world, backup.parent)
    with world.deployment.sessions() as session:
        share = session.get_one(Case, kept).share_id
    lines = file.read_text().splitlines()
    number, _, _, hashed = lines[-1].split()
    lines[-1] = f"{number} share:all {share.bytes.hex()} {hashed}"
    file.write_text("\n".join([*lines, ""]))
    again, applied = restored(world, backup, kit, tmp_path / "again")
    assert applied.left_out == (file.resolve(),)
    with again.work_as(again.member("coordinator")) as work:
        assert read_case(work, kept).identity is not None
    again.close()


def test_the_journal_in_its_second_place_is_found(monday, home, tmp_path):
    world, kit, _, gone, _, _ = monday
    elsewhere = tmp_path / "elsewhere"
    settings = world.deployment.settings.model_copy(update={"journal_dir": elsewhere})
    moved = open_world(world.founded, settings)
    file = write_journal(moved.deployment)
    entries = read_journal(file.read_text())
    assert [entry.kind for entry in entries if entry.part] == ["share:all", "share:contact"]
    moved.close()
    with (home / "padauk.toml").open("a") as written:
        written.write(f'journal_dir = "{elsewhere}"\n')
    later = back_up(world.deployment, ROOT, home / "padauk.toml", tmp_path / "others").folder
    # Monday's databases with the settings that name the place, and no journal beside them.
    shutil.copy(file, tmp_path / "kept.txt")
    again, applied = restored(world, later, kit, tmp_path / "again")
    assert (applied.entries, applied.left_out) == (len(entries), ())
    assert gone is not None
    again.close()


def test_a_restore_of_an_old_backup_is_not_stopped_by_the_clock(monday, tmp_path, monkeypatch):
    """After a week SQLite's own stamp is a doubt; what the journal says needs no clock."""
    world, kit, backup, gone, _, _ = monday
    keep_journal(world, backup.parent)
    monkeypatch.setattr(type(world.deployment), "find_time_doubt", lambda _: "a week ago")
    again, applied = restored(world, backup, kit, tmp_path / "again")
    assert applied.destroyed == 2
    with again.deployment.sessions() as session:
        assert session.get(Case, gone) is None
    again.close()


def test_an_older_main_database_is_cleared_by_the_journal_of_todays_keystore(monday, tmp_path):
    world, _, _, gone, _, _ = monday
    deployment = world.deployment
    with deployment.sessions() as session, session.begin():
        session.execute(
            update(DeploymentIdentity).values(journal_number=0),
            execution_options={"housekeeping": "as an older copy says"},
        )
    (told,) = _journal(deployment)
    assert not told.ok
    destroy_again(deployment)
    (told,) = _journal(deployment)
    assert told.ok
    with deployment.sessions() as session:
        assert session.get(Case, gone) is None


def test_a_journal_that_is_older_than_what_main_has_seen_is_refused(monday):
    world = monday[0]
    deployment = world.deployment
    with deployment.sessions() as session, session.begin():
        session.execute(
            update(DeploymentIdentity).values(journal_number=700),
            execution_options={"housekeeping": "as a newer main says"},
        )
    with pytest.raises(StartRefused) as refusal:
        check_stores(
            deployment.engine, deployment.keystore.engine, organisation=deployment.organisation,
            root=deployment.settings.organisation_root, root_key_id=ROOT.id,
        )  # fmt: skip
    assert refusal.value.code is StartCode.JOURNAL_OLDER
