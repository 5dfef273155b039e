"""Whatever kills a run, what is stored stays, and the rest is asked once."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

SOAK = Path(__file__).resolve().parents[1] / "soak" / "engine_soak.py"


def test_a_run_that_is_killed_again_and_again_has_every_case_exactly_once(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("engine_soak", SOAK)
    assert spec is not None and spec.loader is not None
    soak = importlib.util.module_from_spec(spec)
    sys.modules["engine_soak"] = soak
    spec.loader.exec_module(soak)
    found = soak.kill_loop(kills=3, cases=120, seed=7, store=tmp_path / "runs.db")
    assert found.at_a_kill <= soak.CONCURRENCY
    assert found.asked_again <= 3 * soak.CONCURRENCY
