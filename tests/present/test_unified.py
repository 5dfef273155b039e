"""A unified diff that `patch` takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.present.unified import unified_diff

LINES = st.lists(st.sampled_from(("a", "b", "c", "", "d d")), max_size=24)


def patched(a: list[str], diff: str) -> list[str]:
    """What applying the hunks to `a` gives; fails where a line is not what a hunk says."""
    out: list[str] = []
    at = 0
    for line in diff.splitlines()[2:]:
        if line.startswith("@@"):
            start, count = line.split()[1][1:].split(",")
            upto = int(start) - 1 if int(count) else int(start)
            out += a[at:upto]
            at = upto
            continue
        if line[0] in " -":
            assert a[at] == line[1:]
            at += 1
        if line[0] in " +":
            out.append(line[1:])
    return out + a[at:]


@given(LINES, LINES)
def test_the_hunks_turn_a_into_b(a: list[str], b: list[str]) -> None:
    a, b = [*a, "end"], [*b, "end"]
    diff = unified_diff("\n".join(a), "\n".join(b), "A", "B")
    assert patched(a, diff) == b if diff else a == b


def test_equal_texts_have_no_diff() -> None:
    assert unified_diff("same\n", "same\n", "A", "B") == ""


@pytest.mark.needs("patch")
def test_patch_takes_it(tmp_path: Path) -> None:
    a = "".join(f"line {n}\n" for n in range(30))
    b = a.replace("line 3\n", "").replace("line 20\n", "line twenty\nand more\n")
    (tmp_path / "a").write_text(a)
    diff = unified_diff(a, b, "a", "b")
    subprocess.run(["patch", "a"], cwd=tmp_path, input=diff, text=True, check=True)
    assert (tmp_path / "a").read_text() == b
