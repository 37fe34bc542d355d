"""Puts the migrations into the wheel, beside the modules that run them.

`pyproject.toml` names the class; setuptools runs it. In a checkout, and in an editable install,
`app/store/migrate.py` finds the top-level folder `migrations/` itself.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py


class BuildWithMigrations(build_py):  # type: ignore[misc]
    """Copy `migrations/` to `app/_migrations/` after the modules, unless the build is editable."""

    def run(self) -> None:
        """Build as setuptools does, then copy."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "app", "_migrations")
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree("migrations", target, ignore=ignored, dirs_exist_ok=True)
