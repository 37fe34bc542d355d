"""Generates a client from the description of the interface, and compares it with the routes.

`python -m tools.generated_client GENERATOR` runs openapi-python-client, installed in an environment
of its own, over the description that the server gives. It fails, saying what is missing, where

- the generator warns: it would leave a response or a parameter out;
- an operation or a class of the description has no counterpart in the client;
- a module of the client cannot be imported.

Knows no route by name.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.cli.documents import app_without_databases
from app.http.openapi import describe

HOW = "mend the description (app/http/openapi.py), or the title of the class"
_IMPORT_ALL = """
import importlib, pkgutil, client
for module in pkgutil.walk_packages(client.__path__, "client."):
    importlib.import_module(module.name)
"""
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def missing(description: Mapping[str, Any], client: Path) -> Iterator[str]:
    """Yield the operations and classes of a description that a generated client lacks."""
    made = {file.stem for file in (client / "api").rglob("*.py")}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if _snake(operation["operationId"]) not in made:
                yield f"operation {operation['operationId']} ({method.upper()} {path})"
    made = {file.stem for file in (client / "models").glob("*.py")}
    for name, schema in description["components"]["schemas"].items():
        is_class = "properties" in schema or "enum" in schema
        if is_class and _snake(schema.get("title", name)) not in made:
            yield f"class {name}"


def _snake(name: str) -> str:
    return "_".join(word.lower() for word in _WORD.split(name) if word)


def generate(generator: Path, description: Mapping[str, Any], folder: Path) -> str:
    """Generate a client into ``folder / "client"`` and return what the generator warned of."""
    source = folder / "openapi.json"
    source.write_text(json.dumps(description), encoding="utf-8")
    command = [generator, "generate", "--path", source, "--output-path", folder / "client"]
    # The generator formats with the ruff beside it.
    path = f"{generator.parent}:/usr/bin:/bin"
    result = subprocess.run(
        [*map(str, command), "--meta", "none"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": path},
    )
    told = result.stdout + result.stderr
    return told if result.returncode or "WARNING" in told or "Warning" in told else ""


def import_all(generator: Path, folder: Path) -> str:
    """Import each module of a generated client in the generator's environment; return failures."""
    result = subprocess.run(
        [str(generator.parent / "python"), "-W", "error", "-c", _IMPORT_ALL],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stderr


def main() -> None:
    """Generate, compare, import; exit with 1 where something is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("generator", type=Path)
    generator = parser.parse_args().generator.absolute()
    description = describe(app_without_databases(), version="0")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warned = generate(generator, description, folder)
        lacking = sorted(missing(description, folder / "client"))
        broken = import_all(generator, folder) if not lacking else ""
    for line in (warned, *lacking, broken):
        if line:
            sys.stderr.write(f"{line}\n")
    if warned or lacking or broken:
        sys.exit(f"The generated client is not whole: {HOW}.")
    operations = sum(len(methods) for methods in description["paths"].values())
    classes = len(description["components"]["schemas"])
    sys.stdout.write(f"A client was generated: {operations} operations, {classes} schemas.\n")


if __name__ == "__main__":
    main()
