"""A thief takes everything that lies on the disk, and finds no word about anyone.

Every text of a whole journey is a canary, looked for in the forms in which text ends up on disks:
as it is, as UTF-16, base64 at each of its three alignments, hexadecimal, percent-encoded, and with
its digits in Burmese. A canary written in the clear on purpose must be found: the search works.

On both databases: journey.
"""

from __future__ import annotations

import base64
import logging
import secrets
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from burmesenlp import uni2zg
from sqlalchemy import MetaData, select, text
from sqlalchemy.engine import make_url

from app.store.models import SecretPurpose
from app.worker import Worker
from tests.support.journey import PLAIN_TEXTS, Journey
from tests.support.postgres import postgres_program
from tests.support.served import serve

pytestmark = pytest.mark.usefixtures("world_on_both")

DIGITS = str.maketrans("0123456789", "၀၁၂၃၄၅၆၇၈၉")
BURMESE = "ကိုမြတ်သာကျော်ဇင်ဝင်းထက်"
SHAPED = {
    "name": "Ko Myat Thar Canary",
    "burmese": BURMESE,
    "nrc": "12/PaZaTa(N)918273",
    "service_number": "kyi-9081726",
    "phone": "+959765018293",
    "handle": "@canary_of_teak",
    "payee_phone": "+959450981726",
}


MARK = f"canary{secrets.token_hex(8)}"
"""In every text that has no shape of its own; it stands nowhere else in the world."""


def canaries() -> dict[str, str]:
    """A text for each field."""
    return {name: f"{name} {MARK} {name}" for name in PLAIN_TEXTS} | SHAPED


def forms(word: str) -> set[bytes]:
    """The bytes by which a text would be recognised on a disk."""
    found: set[bytes] = set()
    for spelling in {word, word.translate(DIGITS), word.lower(), word.upper()}:
        raw = spelling.encode()
        found |= {raw, spelling.encode("utf-16-le"), spelling.encode("utf-16-be")}
        found |= {raw.hex().encode(), raw.hex().upper().encode(), quote(spelling).encode()}
        found |= {spelling.encode("unicode_escape"), spelling.encode("ascii", "backslashreplace")}
        for shift in range(3):
            encoded = base64.b64encode(b"\0" * shift + raw)
            found |= {encoded[4:-4], base64.urlsafe_b64encode(b"\0" * shift + raw)[4:-4]}
    return {form for form in found if len(form) >= 8}


def needles(texts: dict[str, str]) -> dict[str, set[bytes]]:
    words = {name: forms(texts[name]) for name in SHAPED} | {"mark": forms(MARK)}
    words["zawgyi"] = forms(uni2zg(BURMESE))
    words["digits of the phone"] = forms("765018293")
    words["digits of the number"] = forms("918273)") | forms("9081726")
    return words


def loot(world, folder: Path, server: str | None) -> Iterator[tuple[str, bytes]]:
    """Everything that lies on a disk: files as they are, and dumps as an operator makes them."""
    if server is None:
        for home in world.files:
            for file in sorted(home.rglob("*")):
                yield file.name, file.read_bytes()
            for name in ("main.db", "keystore.db"):
                with sqlite3.connect(home / name) as source:
                    yield f"dump of {name}", "\n".join(source.iterdump()).encode()
                source.close()
    else:
        settings = world.deployment.settings
        for url in (settings.database_url, settings.keystore_url):
            yield "pg_dump", dump(url)
        yield from cluster(world)
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield f"beside it: {file.name}", file.read_bytes()


def cluster(world) -> Iterator[tuple[str, bytes]]:
    """The server's own files: both databases' folders, the write-ahead log, temporary files."""
    settings = world.deployment.settings
    names = [make_url(url).database for url in (settings.database_url, settings.keystore_url)]
    with world.deployment.engine.connect() as connection:
        data = Path(connection.scalar(text("SHOW data_directory")))
        oids = connection.scalars(
            text("SELECT oid FROM pg_database WHERE datname IN (:main, :keys)"),
            dict(zip(("main", "keys"), names, strict=True)),
        ).all()
        connection.rollback()
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("CHECKPOINT"))
    folders = [
        *(data / "base" / str(oid) for oid in oids),
        data / "pg_wal",
        data / "base/pgsql_tmp",
    ]
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                yield str(file.relative_to(data)), file.read_bytes()


def dump(url: str) -> bytes:
    address = make_url(url)
    return subprocess.run(
        [
            postgres_program("pg_dump"),
            *("--host", str(address.query["host"])),
            *("--username", str(address.username)),
            *("--dbname", str(address.database)),
        ],
        capture_output=True,
        check=True,
    ).stdout


@pytest.fixture
def robbed(world, backend, request, tmp_path, monkeypatch):
    """A whole journey of canaries, with logs at their most talkative and a watched tempdir."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    log = logging.FileHandler(tmp_path / "everything.log", encoding="utf-8")
    root = logging.getLogger()
    before = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    texts = canaries()
    try:
        with serve(world) as served:
            journey = Journey(served, texts)
            journey.walk()
            for broken in ({"standing": texts["says"]}, [texts["name"]], {texts["note"]: 1}):
                answer = served.ask(journey.volunteer, "POST", "/cases", broken)
                assert answer.status_code == 422
                assert not any(word in answer.text for word in texts.values())
            Worker(world.deployment).run_due()
    finally:
        root.removeHandler(log)
        root.setLevel(before)
        log.close()
    server = request.getfixturevalue("postgres_server") if backend == "postgresql" else None
    return world, tmp_path, server, texts, journey


def finds(stolen, words: dict[str, set[bytes]]) -> set[str]:
    """Which words stand somewhere in the loot, with the place."""
    found = set()
    for place, data in stolen:
        for name, spellings in words.items():
            if any(spelling in data for spelling in spellings):
                found.add(f"{name} in {place}")
    return found


def columns_with(world, texts: dict[str, str], words: dict[str, set[bytes]]) -> set[str]:
    """Which column of which table holds which of the words in the clear, by the rows as stored."""
    marked = {name: forms(f"{name} {MARK}") for name in texts if name not in SHAPED}
    shaped = {name: spellings for name, spellings in words.items() if name != "mark"}
    found = set()
    for engine in (world.deployment.engine, world.deployment.keystore.engine):
        known = MetaData()
        known.reflect(engine)
        with engine.connect() as connection:
            for table in known.sorted_tables:
                for row in connection.execute(select(table)):
                    for column, value in row._mapping.items():
                        stored = value if isinstance(value, bytes) else str(value).encode()
                        found |= {
                            f"{table.name}.{column} holds {name}"
                            for name, spellings in (shaped | marked).items()
                            if any(spelling in stored for spelling in spellings)
                        }
    return found


def report(found: set[str], columns: set[str]) -> str:
    """What is in the clear and where; what to do about it."""
    where = ", ".join(sorted(columns)) or "no column: look at logs and temporary files"
    return (
        f"in the clear: {sorted(found)}; {where}. Seal it in a cell of models.py, or index it "
        "by a keyed hash"
    )


def secrets_of(world, journey) -> dict[str, set[bytes]]:
    """Passphrases, private keys, bearer tokens, the root key and the deployment's secrets."""
    deployment = world.deployment
    words: dict[str, set[bytes]] = {
        "root key": {world.founded.root._key},
        "log key": {deployment.log_key},
        "deployment secrets": {deployment.secrets.secret(purpose) for purpose in SecretPurpose},
    }
    for person in world.people:
        keys = person.secrets
        words[f"passphrase of {person.login}"] = {person.passphrase.encode()}
        words[f"keys of {person.login}"] = {
            keys.work.seed[:32], keys.work.seed[-32:], keys.sign.seed
        }  # fmt: skip
    for person_id, token in journey.served._tokens.items():
        words[f"token of {person_id}"] = {token.encode()}
    return words


def test_a_thief_of_the_disk_finds_no_word_about_anyone_and_no_key(robbed):
    world, folder, server, texts, journey = robbed
    stolen = list(loot(world, folder, server))
    words = needles(texts) | {"the code": forms(journey.code)} | secrets_of(world, journey)
    found = finds(stolen, words)
    assert not found, report(found, columns_with(world, texts, words))

    # The positive control: what is written in the clear on purpose is found.
    with world.deployment.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO job_runs (name, began_at, failures) VALUES (:name, '2026-01-01', 0)"),
            {"name": MARK},
        )
    control = {"control": forms(MARK)}
    assert finds(loot(world, folder, server), control) != set()
    with world.deployment.engine.begin() as connection:
        connection.execute(
            text("UPDATE job_runs SET name = :note WHERE name = :mark"),
            {"note": texts["note"], "mark": MARK},
        )
    columns = columns_with(world, texts, words)
    assert columns == {"job_runs.name holds note"}
    assert "job_runs.name holds note" in report({"mark in main.db"}, columns)
