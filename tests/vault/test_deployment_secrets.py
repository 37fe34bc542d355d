"""The deployment's secrets: random, wrapped by the root key, which takes part in nothing else."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

import app.deployment
from app.cases.models import Case
from app.crypto.errors import RootKeyRefused
from app.crypto.root import RootKey
from app.deployment import Deployment
from app.store.base import new_id
from app.store.deployment_secrets import SecretsMissing, rewrap_deployment_secrets
from app.store.models import DeploymentSecret, SecretPurpose
from app.vault.errors import Tampered
from tests.support.served import serve
from tests.support.world import open_world

OTHER = RootKey(bytes(range(32)))


def rows(deployment):
    with deployment.keystore.engine.connect() as connection:
        return connection.execute(select(DeploymentSecret.__table__)).all()


def rewrap(world, old, new):
    deployment = world.deployment
    return rewrap_deployment_secrets(deployment.keystore.engine, deployment.organisation, old, new)


def derived(deployment):
    """Everything that belongs to the deployment as a whole, as far as bytes show it."""
    names = [
        name
        for name, value in vars(Deployment).items()
        if name.endswith(("_key", "_secret", "_mix")) and hasattr(value, "func")
    ]
    assert len(names) > 10
    values = {name: getattr(deployment, name) for name in names}
    values["log_signing_key"] = values["log_signing_key"].public
    del values["directory_key"]
    return values | {"pepper": deployment.pepper_key(1), "counter": deployment.counter_id("x")}


def test_a_founding_makes_one_secret_for_each_purpose(world):
    found = rows(world.deployment)
    assert sorted(row.purpose for row in found) == sorted(SecretPurpose)
    assert {row.root_key_id for row in found} == {world.founded.root.id}
    secrets = {world.deployment.secrets.secret(purpose) for purpose in SecretPurpose}
    assert len(secrets) == len(SecretPurpose)
    assert not any(secret in row.wrapped for secret in secrets for row in found)


def test_making_the_secrets_again_changes_none_of_them(world):
    before = rows(world.deployment)
    world.deployment.create_secrets()
    assert rows(world.deployment) == before


def test_every_key_of_the_deployment_is_its_own(world):
    values = derived(world.deployment)
    assert len(set(values.values())) == len(values)


def test_a_new_root_key_rewraps_a_handful_of_rows_and_everything_still_opens(world):
    case_id = world.open_case()
    before = derived(world.deployment)
    assert rewrap(world, world.founded.root, OTHER) == len(SecretPurpose)
    assert rewrap(world, world.founded.root, OTHER) == 0
    again = open_world(replace(world.founded, root=OTHER), world.deployment.settings)
    try:
        assert derived(again.deployment) == before
        with again.work_as(again.member("coordinator")) as work:
            case = work.session.get_one(Case, case_id)
            assert work.vault.open(case.identity).name == "Ko Thiha Zin"
        with serve(again) as served:
            listed = served.get(again.member("coordinator"), "/cases")["items"]
            assert [item["id"] for item in listed] == [str(case_id)]
    finally:
        again.close()


def test_after_rewrapping_the_old_root_key_opens_nothing(world):
    rewrap(world, world.founded.root, OTHER)
    again = open_world(world.founded, world.deployment.settings)
    try:
        with pytest.raises(RootKeyRefused, match="another root key"):
            again.deployment.secrets.load()
    finally:
        again.close()


def test_a_root_key_that_wrapped_nothing_rewraps_nothing(world):
    before = rows(world.deployment)
    with pytest.raises(RootKeyRefused):
        rewrap(world, OTHER, RootKey(bytes(32)))
    assert rows(world.deployment) == before


@pytest.mark.parametrize("column", ["purpose", "wrapped", "epoch", "id"])
def test_a_secret_that_was_moved_or_changed_is_refused(world, column):
    found = {row.purpose: row for row in rows(world.deployment)}
    row, other = found[SecretPurpose.DATA], found[SecretPurpose.LOG]
    changes = {"purpose": SecretPurpose.MARKS, "wrapped": other.wrapped, "epoch": 2, "id": new_id()}
    value = changes[column]
    with world.deployment.keystore.engine.begin() as connection:
        if column == "purpose":
            marks = DeploymentSecret.purpose == SecretPurpose.MARKS
            connection.execute(delete(DeploymentSecret).where(marks))
        changed = update(DeploymentSecret).where(DeploymentSecret.id == row.id)
        connection.execute(changed.values({column: value}))
    again = open_world(world.founded, world.deployment.settings)
    try:
        with pytest.raises(RootKeyRefused, match="not what was written"):
            again.deployment.secrets.load()
    finally:
        again.close()


def test_without_the_secret_of_data_no_grant_opens_a_case(world):
    """A thief of the main database, of every member's keys and of all erasure shares."""
    case_id = world.open_case()
    world.deployment.__dict__["data_secret"] = bytes(32)
    with world.work_as(world.member("coordinator")) as work:
        case = work.session.get_one(Case, case_id)
        with pytest.raises(Tampered):
            work.vault.open(case.identity)


def test_an_empty_keystore_says_that_nothing_was_founded(world):
    with world.deployment.keystore.engine.begin() as connection:
        connection.execute(delete(DeploymentSecret))
    again = open_world(world.founded, world.deployment.settings)
    try:
        with pytest.raises(SecretsMissing):
            again.deployment.secrets.load()
    finally:
        again.close()


def test_the_deployment_keeps_no_root_key_to_derive_from():
    tree = ast.parse(Path(app.deployment.__file__).read_text())
    names = [node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)]
    assert "root" not in names
    assert not hasattr(RootKey, "derive")


def test_printing_a_deployment_shows_no_secret(world):
    deployment = world.deployment
    values = [deployment.secrets.secret(purpose) for purpose in SecretPurpose]
    shown = f"{deployment!r} {deployment.secrets!r}"
    assert not any(repr(secret) in shown for secret in [*values, deployment.boot_key])
