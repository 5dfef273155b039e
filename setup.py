"""Everything about the package stands in pyproject.toml; here the sample suites are shipped.

They lie in evals/ at the root, where a reader looks for them, and go into the wheel as
workbench/samples/. An editable install reads them from evals/ itself.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SAMPLES = Path("evals")


class BuildWithSamples(build_py):
    """Copies evals/ into the package."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "workbench", "samples")
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(SAMPLES, target, ignore=shutil.ignore_patterns(".*", "__pycache__"))

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        target = Path(self.build_lib, "workbench", "samples")
        files = [str(path) for path in target.rglob("*") if path.is_file()]
        return super().get_outputs(include_bytecode) + files


setup(cmdclass={"build_py": BuildWithSamples})
