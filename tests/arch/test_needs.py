"""Tests whose programs are missing are left out aloud, or fail where nothing may be left out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.needs import NEED_ALL
from tests.support.programs import PROGRAMS, Program, path_of, problem

ROOT = Path(__file__).parents[2]
MODULE = """
import pytest

@pytest.mark.needs("patch")
@pytest.mark.parametrize("n", range(3))
def test_one_program(n): raise ZeroDivisionError

@pytest.mark.needs("node", "sqlite3")
def test_two_programs(never_made): pass

@pytest.fixture
def never_made(): raise ZeroDivisionError

@pytest.fixture(params=["python", pytest.param("shell", marks=pytest.mark.needs("sqlite3"))])
def tool(request): return request.param

def test_of_a_fixture(tool): assert tool == "python"
"""


def run_where_nothing_is(folder: Path, *options: str, **environ: str) -> tuple[int, str]:
    """Exit code and output of pytest over MODULE with an empty PATH."""
    (folder / "test_some.py").write_text(MODULE)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    kept.pop(NEED_ALL, None)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--strict-markers"),
            *("-p", "tests.support.needs", "-p", "no:cacheprovider", *options),
        ],
        cwd=folder,
        env={
            **kept,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(ROOT),
            "PATH": str(folder / "empty"),
            **environ,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.exhaustive
def test_what_was_not_run_is_counted_with_how_to_bring_it(tmp_path: Path) -> None:
    code, out = run_where_nothing_is(tmp_path, "-p", "xdist", "-n", "2")
    assert code == 0, out
    assert re.findall("^not run: .*", out, re.M) == [
        "not run: 1 test needs node: apt-get install nodejs",
        "not run: 3 tests need patch: apt-get install patch",
        "not run: 2 tests need sqlite3: apt-get install sqlite3",
    ]
    assert re.search(r"^1 passed, 5 skipped in", out, re.M)


def test_leaving_out_is_a_failure_where_everything_is_needed(tmp_path: Path) -> None:
    code, out = run_where_nothing_is(tmp_path, **{NEED_ALL: "1"})
    assert code == 1, out
    assert f"{NEED_ALL} is set, and this needs patch: apt-get install patch" in out
    assert re.search(r"^1 passed, 5 errors in", out, re.M)


def test_a_program_that_does_not_work_counts_as_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = tmp_path / "broken"
    stub.write_text("#!/bin/sh\nexit 3\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setitem(PROGRAMS, "broken", Program(("absent", "broken"), (), package="broken"))
    assert path_of("broken") == str(stub)
    assert problem("broken") == f"{stub} fails with 3"


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_says_how_to_bring_it(name: str) -> None:
    assert PROGRAMS[name].bring not in ("", "apt-get install ")


def test_whatever_looks_at_pages_says_that_it_needs_chromium() -> None:
    looking = [
        path
        for path in (ROOT / "tests").rglob("test_*.py")
        if re.search(r"^from tests\.support\.browser import", path.read_text(), re.M)
    ]
    assert looking
    assert [path.name for path in looking if 'needs("chromium")' not in path.read_text()] == []
