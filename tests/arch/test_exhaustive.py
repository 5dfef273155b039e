"""What `make test` leaves to `make test-all` is counted, and each test is run by one of the two."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULE = """
import pytest
from hypothesis import given, settings, strategies as st

from tests.support.examples import examples

@pytest.mark.exhaustive
@pytest.mark.parametrize("n", range(3))
@pytest.mark.parametrize("m", range(2))
def test_first(m, n): print(f"ran first {m} {n}")

@pytest.mark.exhaustive(keep=3)
@pytest.mark.parametrize("n", range(10))
def test_spread(n): print(f"ran spread {n}")

@pytest.mark.exhaustive
def test_alone(): print("ran alone")

def test_unmarked(): print("ran unmarked")

TRIED = []

@given(st.integers())
def test_property(n): TRIED.append(n)

@settings(max_examples=examples(40))
@given(st.integers())
def test_own_count(n): TRIED.append(n)

@pytest.fixture(autouse=True)
def count(request):
    TRIED.clear()
    yield
    if TRIED:
        print(f"ran {request.function.__name__} {len(TRIED)}")
"""
SCREEN = """
import pytest

pytestmark = [pytest.mark.filterwarnings("error"), pytest.mark.exhaustive(keep=2)]

def test_b(): print("ran walk b")

@pytest.mark.parametrize("n", range(2))
def test_a(n): print(f"ran walk a {n}")

def test_c(): print("ran walk c")
"""
SOME = {"first 0 0", "spread 0", "spread 3", "spread 6", "unmarked", "walk b", "walk a 0"}
FEW_EXAMPLES = {"test_property 25", "test_own_count 10"}
ALL_EXAMPLES = {"test_property 100", "test_own_count 40"}
ALL = {
    *(f"first {m} {n}" for m in range(2) for n in range(3)),
    *(f"spread {n}" for n in range(10)),
    *("alone", "unmarked", "walk a 0", "walk a 1", "walk b", "walk c"),
}


def run(folder: Path, *options: str) -> tuple[set[str], str]:
    """What pytest ran of both files, and its output."""
    (folder / "test_some.py").write_text(MODULE)
    (folder / "test_screen.py").write_text(SCREEN)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-rP", "--strict-markers"),
            *("-p", "tests.support.exhaustive", "-p", "no:cacheprovider", *options),
        ],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(re.findall(r"^ran (.*)", done.stdout, re.M)), done.stdout


def test_some_and_rest_are_all_and_what_was_left_is_counted(tmp_path: Path) -> None:
    some, out = run(tmp_path, "--variations=some", "-p", "xdist", "-n", "2")
    assert some == SOME | FEW_EXAMPLES
    assert re.findall("^not run: .*", out, re.M) == [
        "not run: 15 tests marked exhaustive: make test-all"
    ]
    rest, out = run(tmp_path, "--variations=rest")
    assert rest == ALL - SOME | ALL_EXAMPLES
    assert "not run" not in out


def test_plain_pytest_runs_all_variations(tmp_path: Path) -> None:
    ran, out = run(tmp_path)
    assert ran == ALL | ALL_EXAMPLES
    assert "not run" not in out


@pytest.mark.parametrize("place", ["Makefile", ".ci/run"])
def test_only_make_test_leaves_variations_out_and_the_pipeline_runs_them(place: str) -> None:
    text = (ROOT / place).read_text()
    if place == "Makefile":
        assert re.findall(r"--variations=\w+", text) == ["--variations=some", "--variations=rest"]
        assert re.search(r"^test-all: test\n", text, re.M)
    else:
        assert re.search(r"^make test-all ", text, re.M)
