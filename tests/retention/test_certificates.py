"""A certificate is verified without this program, and without any deployment."""

from __future__ import annotations

import base64
import shutil
import subprocess

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app.audit.checkpoints import log_verifier
from app.cli.commands import build_app
from app.retention.destruction import Order, destroy
from app.retention.models import Destruction
from tests.retention.steps import closed_case


@pytest.fixture
def certificate(world, tmp_path):
    destroy(world.deployment, [Order(closed_case(world), "case")])
    with world.deployment.sessions() as session:
        note = session.scalars(select(Destruction.certificate)).one()
    file = tmp_path / "certificate.txt"
    file.write_text(note, encoding="utf-8")
    return file, world.deployment.log_signing_key.public


def test_padauk_verifies_a_certificate_with_the_key_alone(certificate):
    file, public = certificate
    order = ["retention", "verify", str(file), "--key", log_verifier(public).vkey]
    done = CliRunner().invoke(build_app(), order)
    assert done.exit_code == 0, done.output
    assert "what all" in done.output
    file.write_text(file.read_text().replace("what all", "what aid"))
    assert CliRunner().invoke(build_app(), order).exit_code == 3


def test_openssl_verifies_a_certificate(certificate, tmp_path):
    """As docs/operating.md says: the text above the empty line, the last 64 bytes of the base64."""
    file, public = certificate
    openssl = shutil.which("openssl")
    assert openssl
    text, _, line = file.read_text(encoding="utf-8").partition("\n\n")
    (tmp_path / "text").write_text(text + "\n", encoding="utf-8")
    (tmp_path / "signature").write_bytes(base64.b64decode(line.split()[-1])[-64:])
    # RFC 8410: the header of an Ed25519 public key, then its 32 bytes.
    (tmp_path / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + public)
    order = [openssl, "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]
    order += ["-inkey", "key.der", "-in", "text", "-sigfile", "signature"]
    for changed, expected in ((False, 0), (True, 1)):
        if changed:
            (tmp_path / "text").write_text(text.replace("what all", "what aid") + "\n")
        done = subprocess.run(order, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == expected, done.stderr
