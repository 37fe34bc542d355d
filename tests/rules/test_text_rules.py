"""The rules on any tracked file, and the judge that applies them."""

import subprocess

import pytest

from tools.rules import judge, tracked_files
from tools.rules.texts import TEXT_RULES

PIN = "alembic==1.20.1 \\\n    --hash=sha256:00\n    # via padauk\n"
SCHEME = "https"
OUTSIDE = f"{SCHEME}://mirror.somewhere.org/simple/"
MARK = "todo".upper()
HOME, ROOT = "home", "root"

CASES = [
    ("names_no_outside_host", "README.md", OUTSIDE, "open http://127.0.0.1:8420/"),
    ("names_no_outside_host", "a.toml", f"{SCHEME}://user@host.name/x", "https://padauk.example/x"),
    ("names_no_folder_of_a_machine", "a.md", f"see /{HOME}/ko/padauk", "HOME, /srv/padauk"),
    ("names_no_folder_of_a_machine", "a.py", f"'/{ROOT}/.cache'", f"a/{ROOT}/b and ~/work/x"),
    ("requirements_carry_hashes_and_no_index", "requirements/run.txt", PIN + "-i x\n", PIN),
    (
        "requirements_carry_hashes_and_no_index",
        "requirements/run.txt",
        "--extra-index-url=file:x\n" + PIN,
        "# a remark\n" + PIN,
    ),
    ("requirements_carry_hashes_and_no_index", "requirements/run.txt", "alembic==1.20.1\n", PIN),
    ("requirements_carry_hashes_and_no_index", "requirements/run.txt", "alembic>=1\n", PIN),
    ("nothing_is_left_for_later", "app/x.py", f"# {MARK} later", "# done"),
]

RULES = {rule.__name__: rule for rule in TEXT_RULES}


@pytest.mark.parametrize(("name", "path", "broken", "sound"), CASES)
def test_a_rule_finds_what_breaks_it_and_nothing_else(name, path, broken, sound):
    assert list(RULES[name](path, broken))
    assert not list(RULES[name](path, sound))


def test_every_rule_is_tried_here():
    assert {name for name, *_ in CASES} == set(RULES)


def test_a_finding_names_its_line_and_its_rule():
    found = _judged([("a.md", f"one\ntwo\n{OUTSIDE}\n")])
    assert [str(finding) for finding in found] == [
        "a.md:3: names_no_outside_host: names the host mirror.somewhere.org"
    ]


def test_an_exemption_holds_for_its_path_only():
    exempt = {"names_no_outside_host": {"a.md": "the licence"}}
    found = _judged([("a.md", OUTSIDE), ("b.md", OUTSIDE)], exempt)
    assert [finding.path for finding in found] == ["b.md"]


def test_an_exemption_that_nothing_needs_is_a_finding():
    exempt = {"names_no_outside_host": {"gone.md": "the licence"}}
    assert [finding.path for finding in _judged([("a.md", "fine")], exempt)] == ["gone.md"]


def test_a_file_that_is_not_yet_added_is_read_and_an_ignored_one_is_not(tmp_path, git):
    git("init", "--quiet")
    (tmp_path / ".gitignore").write_text("secret.md\n")
    (tmp_path / "secret.md").write_text("x")
    (tmp_path / "new.md").write_text("new")
    (tmp_path / "picture").write_bytes(b"\0\1")
    assert dict(tracked_files(tmp_path)) == {".gitignore": "secret.md\n", "new.md": "new"}


@pytest.fixture
def git(tmp_path):
    return lambda *words: subprocess.run(["git", *words], cwd=tmp_path, check=True)


def _judged(files, exempt=None):
    return judge(files, module_rules=(), text_rules=TEXT_RULES, exempt=exempt or {})
