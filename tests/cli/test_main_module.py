"""`python -m workbench`: modules of the folder that it is called in are not imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize("flags", [[], ["-P"]], ids=["as usual", "safe path"])
@pytest.mark.parametrize(
    ("module", "message"),
    [(["workbench", "doctor"], "workspace: none here"), (["workbench.tui"], "no workbench.toml")],
)
def test_a_workspaces_own_modules_are_not_imported(
    tmp_path: Path, module: list[str], message: str, flags: list[str]
) -> None:
    for name in ("click", "yaml", "tomllib", "sqlite_utils"):
        (tmp_path / f"{name}.py").write_text(
            "raise SystemExit('a module of the workspace was run')"
        )
    done = subprocess.run(
        [sys.executable, *flags, "-m", *module],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the workspace was run" not in done.stdout + done.stderr
    assert message in done.stdout + done.stderr
