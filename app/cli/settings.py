"""``padauk settings``: list and explain every setting and environment variable.

The list is made from ``app.settings``, so that none can be missing from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import get_args

import typer
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.cli.home import AsJson, out
from app.settings import SETTINGS_FILE, Settings

VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "PADAUK_HOME": "Folder of the deployment, in the place of --home",
        "PADAUK_SERVING_PROCESSES": "Set by `padauk serve` for its own processes; not for you",
        "PADAUK_OWNER_URL": "Address of the main tables' owner, for `init` and `doctor --upgrade`",
        "PADAUK_KEYSTORE_OWNER_URL": "The same for the keystore's tables",
        "PADAUK_URL": "Address that `padauk call` sends to",
        "PADAUK_TOKEN": "Bearer token that `padauk call` sends",
        "CREDENTIALS_DIRECTORY": "Set by systemd: where `root_key_credential` is read",
    }
)
"""Environment variables that are no setting."""


@dataclass(frozen=True, slots=True)
class SettingLine:
    """A setting as it is listed."""

    name: str
    variable: str
    default: str
    says: str


def list_settings() -> list[SettingLine]:
    """Return every setting in the order of ``app.settings``."""
    prefix = Settings.model_config.get("env_prefix", "")
    return [
        SettingLine(name, f"{prefix}{name}".upper(), _default(field), "; ".join(_explained(field)))
        for name, field in Settings.model_fields.items()
    ]


def settings(*, as_json: AsJson = False) -> None:
    """List every setting and environment variable, with its default and what it is for."""
    lines = list_settings()
    if as_json:
        told = {"settings": [asdict(line) for line in lines], "variables": dict(VARIABLES)}
        out.print_json(json.dumps(told))
        return
    typer.echo(f"Settings are read from {SETTINGS_FILE}; a variable of the environment wins.\n")
    for line in lines:
        typer.echo(f"{line.name} = {line.default}\n    {line.variable}: {line.says}")
    typer.echo("\nFurther variables:")
    for name, says in VARIABLES.items():
        typer.echo(f"{name}\n    {says}")
    typer.echo("\nWhat the group chose for itself (zone, threshold) is set by `padauk init`.")


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "(must be given)"
    return "(none)" if field.default is None else str(field.default).lower()


def _explained(field: FieldInfo) -> Iterator[str]:
    """Yield what the setting is for, and within which bounds."""
    yield field.description or ""
    words = [str(word) for word in get_args(field.annotation) if isinstance(word, str)]
    if words:
        yield "one of " + ", ".join(words)
    least = next((rule.ge for rule in field.metadata if hasattr(rule, "ge")), None)
    most = next((rule.le for rule in field.metadata if hasattr(rule, "le")), None)
    if least is not None:
        yield f"at least {least}" + ("" if most is None else f", at most {most}")
