"""Asking a judge about many answers is estimated, confirmed, and held to a budget."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_cli_judge import QUESTIONS, REQUIRED, errs, judge_with, run, told, write_labels
from tests.support.judges import judge_calls, make_workspace

EXPENSIVE = "[providers.mock.prices]\njudge-model = {input = 1000.0, output = 4000.0}\n"


def test_calibrating_asks_before_it_costs_much_and_keeps_to_its_budget(tmp_path: Path) -> None:
    with judge_with(errs(0)) as server:
        make_workspace(tmp_path, server.base_url, QUESTIONS, suite=REQUIRED, prices=EXPENSIVE)
        labels = str(write_labels(tmp_path))
        words = ("judge", "calibrate", "helpful", "--suite", "qa", "--labels", labels)
        refused = run(tmp_path, *words)
        assert refused.code == 2
        assert "not run: it would cost about" in refused.out
        assert "80 calls" in refused.err
        assert not judge_calls(server)
        short = run(tmp_path, *words, "--budget", "5")
        assert short.code == 4
        assert "the budget of 5.00 USD is used up" in short.out
        assert 0 < len(judge_calls(server)) < 80
        before = len(judge_calls(server))
        told(run(tmp_path, *words, "--yes"))
        assert len(judge_calls(server)) == 80 > before
