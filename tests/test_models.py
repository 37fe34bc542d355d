"""Tables are declared in ``models.py`` of each package, so that gathering those gathers all."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages

import app
from app.models import metadata
from app.store.base import Base


def test_every_table_is_declared_in_a_models_module_of_its_package():
    for module in walk_packages(app.__path__, "app."):
        import_module(module.name)
    declared = {m.class_.__module__ for m in Base.registry.mappers}
    elsewhere = sorted(name for name in declared if not name.endswith(".models"))
    assert not elsewhere, f"declare these tables in models.py of their package: {elsewhere}"
    assert len(metadata.tables) == len(Base.registry.mappers)
