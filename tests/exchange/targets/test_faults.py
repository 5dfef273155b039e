"""Each export that is cut off, wherever that is, is finished by the next one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.exchange.exporting import FAULTS, check_repaired, leaving
from workbench.exchange.targets.base import Destination, PointerTarget
from workbench.exchange.targets.folder import KIND as FOLDER
from workbench.exchange.targets.git import KIND as GIT
from workbench.registry import PromptRegistry


def in_git(folder: Path) -> tuple[PointerTarget, Destination]:
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder / "repo")], check=True)
    options = {"branch": "main", "timeout": 60.0}
    return GIT, Destination(uri="repo", root=folder, options=options, name="git")


def in_a_folder(folder: Path) -> tuple[PointerTarget, Destination]:
    return FOLDER, Destination(uri="out", root=folder, name="folder")


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize(
    ("place", "fault"),
    [(in_a_folder, fault) for fault in FAULTS]
    + [
        pytest.param(in_git, fault, marks=pytest.mark.needs("git"))
        for fault in FAULTS
        if fault in (("send", True), ("point", True))
    ],
)
def test_an_export_that_is_cut_off_is_finished_by_the_next(
    tested: PromptRegistry, tmp_path: Path, place: object, fault: tuple[str, bool]
) -> None:
    assert callable(place)
    target, there = place(tmp_path)
    check_repaired(target, fault, leaving(tested, "triage@1.0.0"), there)


def test_a_folder_with_a_half_written_version_gets_the_rest(
    tested: PromptRegistry, tmp_path: Path
) -> None:
    target, there = in_a_folder(tmp_path)
    export = leaving(tested, "triage@1.0.0")
    target.send(export, there)
    # The JSON is written last: a kill before it leaves the other file alone.
    (tmp_path / "out/prompts/triage/1.0.0.json").unlink()
    assert target.read_back(export, there) is None
    target.send(export, there)
    held = target.read_back(export, there)
    assert held is not None
    assert held.content == target.content(export)
