"""Every sample that ships is whole: each of its drafts takes each of its cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.actions.workspace.init import create_workspace, sample_steps, samples
from workbench.datasets.fit import check_fit
from workbench.runs.spec.suite_checks import check_expected


@pytest.mark.parametrize("sample", samples())
def test_every_draft_takes_every_case(sample: str, tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "w", sample)
    suite = workspace.suite(sample)
    draft = workspace.draft_path(sample)
    assert draft is not None
    for step in sample_steps(sample):
        draft.write_bytes(step.read_bytes())
        prompt = workspace.read_draft(draft).prompt
        assert check_fit(prompt, suite.dataset.cases, suite.dataset.place_of) == (), step.name
    assert list(check_expected(suite, suite.dataset.cases)) == []
