"""What holds a secret shows none of it when it is printed, logged or put into a traceback."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

from pydantic import BaseModel

import app
from app.http.schema import Schema
from app.registration.schemas import RedemptionCreate

SECRET = re.compile(
    r"(?:^|_)(?:secrets?|passphrase|seed|token|words|boot_key|private|share|shares|code)$"
)
SHOWN = {
    "LedgerFinding.code": "the kind of a finding",
    "LedgerFindingRead.code": "the kind of a finding",
}


def classes() -> Iterator[type]:
    for found in walk_packages(app.__path__, "app."):
        for one in vars(import_module(found.name)).values():
            if isinstance(one, type) and one.__module__ == found.name:
                yield one


def test_no_dataclass_shows_a_secret():
    shown = [
        f"{one.__name__}.{field.name}: write field(repr=False)"
        for one in classes()
        if dataclasses.is_dataclass(one)
        for field in dataclasses.fields(one)
        if field.repr
        and SECRET.search(field.name)
        and re.search("bytes|str|SigningKey|PrivateKey|RootKey", str(field.type))
        and f"{one.__name__}.{field.name}" not in SHOWN
    ]
    assert not shown, "\n".join(shown)


def test_no_body_shows_what_is_in_it():
    bodies = [one for one in classes() if issubclass(one, BaseModel) and one is not Schema]
    assert len(bodies) > 100
    assert not [one for one in bodies if "__repr_args__" in vars(one)]
    assert f"{RedemptionCreate(code='7K2M-9QXR')!r}" == "RedemptionCreate()"
    assert "7K2M" not in str(RedemptionCreate(code="7K2M-9QXR"))


def test_keys_and_rows_show_no_bytes(world):
    lead = world.member("lead")
    with world.work_as(lead) as work:
        secret = lead.secrets.sign.seed.hex()[:8]
        for one in (lead.secrets, lead.secrets.sign, lead.secrets.work, work, world.deployment):
            text = repr(one)
            assert secret not in text
            assert "\\x" not in text, type(one).__name__
