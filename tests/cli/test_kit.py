"""What `padauk init` shows once is enough to come back from what was kept."""

from __future__ import annotations

import re
from pathlib import Path

from typer.testing import CliRunner

from app.cli import serve as serving
from app.cli.commands import build_app

REST = """
database_url = "sqlite:///padauk.db"
keystore_url = "sqlite:///keystore.db"
root_key_file = "root.key"
"""


def test_a_lost_padauk_toml_is_written_again_from_the_kit(tmp_path: Path, monkeypatch):
    home = tmp_path / "home"
    found = ["init", "--home", str(home), "--lead", "lead-1", "--team", "Teak"]
    shown = CliRunner().invoke(build_app(), found).output
    kept = re.findall(r'^ *(organisation_(?:id|root) = "[0-9a-f-]+")$', shown, flags=re.MULTILINE)
    assert len(kept) == 2
    (home / "padauk.toml").unlink()
    (home / "padauk.toml").write_text("\n".join(kept) + REST, encoding="utf-8")
    reached: list[str] = []
    monkeypatch.setattr(serving, "serve_deployment", lambda *_, **__: reached.append("served"))
    assert CliRunner().invoke(build_app(), ["serve", "--home", str(home)]).exit_code == 0
    assert reached == ["served"]
