"""A reader of a damaged file gives the right version, the last good one marked so, or our error."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registry.damage import (
    STATEMENTS,
    Seed,
    Trial,
    altered,
    make_seed,
    read_damaged,
    read_damaged_logs,
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name).resolve()


@pytest.fixture(scope="module")
def seed(folder: Path) -> Seed:
    return make_seed(folder, rules=False)


@pytest.fixture
def trial(seed: Seed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with tempfile.TemporaryDirectory() as name:
        yield Trial(seed, Path(name).resolve())


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", range(4))
def test_damaged_bytes_never_make_another_version(trial: Trial, part: int) -> None:
    read_damaged(trial, range(part * 500, part * 500 + 500))

    assert {"registry", "memory", "snapshot", "nothing", "error"} <= trial.outcomes.keys()


@pytest.mark.exhaustive
def test_a_damaged_log_takes_no_reader_back(trial: Trial) -> None:
    read_damaged_logs(trial, range(60))

    assert {"registry", "snapshot"} <= trial.outcomes.keys()


@pytest.mark.exhaustive(keep=8)
@pytest.mark.parametrize("statements", STATEMENTS)
def test_altered_rows_never_make_another_version(
    trial: Trial, folder: Path, statements: str
) -> None:
    file, keys = altered(trial.seed.late, folder, statements), sorted(trial.seed.answers)

    trial.put(file)
    trial.fresh(keys)
    trial.restarted(keys)
    trial.running(keys, lambda: trial.put(file))
