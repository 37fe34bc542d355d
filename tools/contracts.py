"""Writes the import contracts over the modules of each package into `pyproject.toml`.

`python -m tools.contracts` adds a contract for each package that has none, and layers again those
whose modules came or went: a module may import what is in a lower layer, and nothing beside or
above it. Contracts over the same modules as before stay as they are, so that a new import between
known modules breaks its contract instead of changing it; `python -m tools.contracts aid` layers
`aid` again in any case. Read the difference before committing.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import grimp

ROOT = Path(__file__).resolve().parents[1]
BEGIN = "# begin: one contract over the modules of each package, by `python -m tools.contracts`\n"
END = "# end: one contract over the modules of each package\n"
_WITHIN = re.compile(f"(?<={re.escape(BEGIN)}).*?(?={re.escape(END)})", re.DOTALL)
CONTRACT = """
[[tool.importlinter.contracts]]
id = "modules-of-{package}"
name = "Modules of {package}"
type = "layers"
containers = ["app.{package}"]
exhaustive = true
layers = [
{layers}]
"""

Layers = tuple[tuple[str, ...], ...]


class ModulesInCircle(ValueError):
    """Modules of one package import one another in a circle: cut it before it can be layered."""


def packages(root: Path) -> dict[str, set[str]]:
    """Return the modules of each package of the program."""
    return {
        folder.name: {file.stem for file in folder.glob("*.py")} - {"__init__"}
        for folder in sorted((root / "app").iterdir())
        if (folder / "__init__.py").is_file()
    }


def contracts(pyproject: Mapping[str, Any]) -> dict[str, Layers]:
    """Return the exhaustive layers that `pyproject.toml` has for the modules of each package."""
    found: dict[str, Layers] = {}
    for contract in pyproject["tool"]["importlinter"]["contracts"]:
        containers = contract.get("containers", [])
        if contract.get("exhaustive") and containers != ["app"]:
            layers = tuple(tuple(re.split(r" [|:] ", layer)) for layer in contract["layers"])
            found |= {container.removeprefix("app."): layers for container in containers}
    return found


def missing(root: Path, pyproject: Mapping[str, Any]) -> set[str]:
    """Return the packages whose modules are not exactly those of their contract."""
    known = {package: _names(layers) for package, layers in contracts(pyproject).items()}
    return {package for package, names in packages(root).items() if known.get(package) != names}


def layer(modules: Iterable[str], imports: Mapping[str, set[str]]) -> Layers:
    """Put each module above what it imports, as low as that allows; the highest come first.

    Raises ``ModulesInCircle``.
    """
    left, layers = set(modules), list[tuple[str, ...]]()
    while left:
        lowest = tuple(sorted(module for module in left if not imports[module] & left))
        if not lowest:
            raise ModulesInCircle(", ".join(sorted(left)))
        layers.insert(0, lowest)
        left -= set(lowest)
    return tuple(layers)


def _names(layers: Layers) -> set[str]:
    return {name for names in layers for name in names}


def _imports(graph: grimp.ImportGraph, package: str, modules: set[str]) -> dict[str, set[str]]:
    return {
        module: {
            name.split(".")[2]
            for name in graph.find_modules_directly_imported_by(f"app.{package}.{module}")
            if name.startswith(f"app.{package}.")
        }
        & modules - {module}
        for module in modules
    }


def _blocks(text: str, again: set[str]) -> Iterator[str]:
    outside = contracts(tomllib.loads(_WITHIN.sub("", text)))
    known, behind = contracts(tomllib.loads(text)), missing(ROOT, tomllib.loads(text))
    behind |= again
    graph = grimp.build_graph("app", cache_dir=None)
    for package, modules in packages(ROOT).items():
        if package in outside:
            continue
        layers = known.get(package, ())
        if package in behind:
            layers = layer(modules, _imports(graph, package, modules))
        lines = "".join(f'  "{" | ".join(names)}",\n' for names in layers)
        yield CONTRACT.format(package=package, layers=lines)


def main() -> None:
    """Write the contracts."""
    arguments = argparse.ArgumentParser(description="Write the contracts over modules.")
    arguments.add_argument("packages", nargs="*", help="layer these again in any case")
    again = set(arguments.parse_args().packages)
    file = ROOT / "pyproject.toml"
    text = file.read_text(encoding="utf-8")
    blocks = "".join(_blocks(text, again))
    file.write_text(_WITHIN.sub(lambda _: f"{blocks}\n", text), encoding="utf-8")


if __name__ == "__main__":
    main()
