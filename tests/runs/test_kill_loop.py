"""Whatever kills a run, what is stored stays, and the rest is asked once."""

from __future__ import annotations

from pathlib import Path

from tests.soak.engine_soak import CONCURRENCY, kill_loop
from workbench.runs.engine.commits import max_unstored


def test_a_run_that_is_killed_again_and_again_has_every_case_exactly_once(
    tmp_path: Path,
) -> None:
    outcome = kill_loop(kills=3, cases=120, seed=7, store=tmp_path / "runs.db")
    most = CONCURRENCY + max_unstored(CONCURRENCY)
    assert outcome.at_a_kill <= most
    assert outcome.asked_again <= 3 * most
