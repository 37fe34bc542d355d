"""An installed wheel has what a checkout has: it brings empty databases to the newest schema."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.store import migrate

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("app", "migrations", "tools", "pyproject.toml", "LICENSE", "README.md")
UPGRADE = """
from sqlalchemy import create_engine, inspect
from app.store import migrate
print(migrate.__file__)
for line in ("main", "keystore"):
    engine = create_engine(f"sqlite:///{line}.db")
    migrate.upgrade(engine, line)
    migrate.require_head(engine, line)
    print(line, migrate.head(line), len(inspect(engine).get_table_names()) > 1)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The contents of a wheel built from this tree, unpacked as an installer unpacks them."""
    source, built, site = (tmp_path_factory.mktemp(name) for name in ("source", "built", "site"))
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in SOURCES:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=ignored)
        else:
            shutil.copy(path, source)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(built)]
    subprocess.run([*build, *options, str(source)], check=True, capture_output=True, text=True)
    (wheel,) = built.glob("padauk-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def test_a_wheel_brings_empty_databases_to_the_newest_schema(installed, tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", UPGRADE],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    where, *lines = ran.stdout.splitlines()
    assert Path(where).is_relative_to(installed)
    assert lines == [f"{line} {migrate.head(line)} True" for line in ("main", "keystore")]


def test_a_wheel_has_every_file_of_the_migrations_and_nothing_of_the_tests(installed):
    ours = ROOT / "migrations"
    wanted = {
        path.relative_to(ours) for path in ours.rglob("*.*") if "__pycache__" not in path.parts
    }
    packed = installed / "app" / "_migrations"
    assert {path.relative_to(packed) for path in packed.rglob("*.*")} == wanted
    assert {path.name for path in installed.iterdir() if path.suffix != ".dist-info"} == {"app"}
