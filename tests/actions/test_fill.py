"""What a comparison lacks is run, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer, Reply
from workbench.actions.comparing.compare import Compared, compare
from workbench.actions.comparing.rerun_missing import estimate_missing, gaps, rerun_missing
from workbench.actions.refs import resolve
from workbench.actions.running.run import make_spec, start
from workbench.actions.session import Session
from workbench.errors import UsageError
from workbench.workspace import open_workspace

CASES = 20
SUITE = """\
suite: triage
prompt: triage
dataset: cases.jsonl
scorers: [exact_match]
gate: {threshold: 0.5, margin: 0.1, baseline: null}
run: {concurrency: 4}
"""
DRAFT = """\
---
name: triage
model: {{id: mock, provider: mock, options: {{temperature: 0}}}}
inputs: [{{name: ticket, kind: string}}]
---
system:
{system}

user:
{{{{ ticket }}}}
"""


class Script:
    """Answers, but for the tickets that fail for now."""

    def __init__(self) -> None:
        self.failing: set[int] = set()
        self.asked: list[int] = []

    def __call__(self, messages: list[dict[str, Any]], _options: dict[str, Any]) -> str | Reply:
        number = int(re.findall(r"\d+", messages[-1]["content"])[0])
        self.asked.append(number)
        if number in self.failing:
            return Reply("no", status=400)
        return "billing"


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script) -> Iterator[OpenAIServer]:
    with OpenAIServer(script) as running:
        yield running


@pytest.fixture
def session(tmp_path: Path, server: OpenAIServer) -> Iterator[Session]:
    (tmp_path / "workbench.toml").write_text(
        f'[workspace]\nauthor = "ana"\n[providers.mock]\nbase_url = "{server.base_url}"\n'
        'prices = {"mock" = {input = 1.0, output = 1.0}}\n'
    )
    suite = tmp_path / "evals" / "triage"
    suite.mkdir(parents=True)
    (suite / "suite.yaml").write_text(SUITE)
    write_cases(tmp_path)
    (tmp_path / "prompts").mkdir()
    with Session(open_workspace(tmp_path)) as opened:
        yield opened


def write_cases(root: Path, more: str = "") -> None:
    rows = [
        {"id": f"c{n}", "inputs": {"ticket": f"ticket {n}{more}"}, "expected": "billing"}
        for n in range(CASES)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (root / "evals" / "triage" / "cases.jsonl").write_text(lines)


def run(session: Session, system: str, limit: int | None = None) -> str:
    """Run a prompt with this system message on the first cases; the run's id."""
    path = session.workspace.root / "prompts" / "triage.prompty"
    path.write_text(DRAFT.format(system=system))
    spec = make_spec(resolve(session, "triage"), session.workspace.suite_for("triage"), limit=limit)
    return start(session, spec).wait(120).run_id


def two_runs(session: Session, script: Script) -> Compared:
    """A failed on 3 and 7, B answered everything."""
    script.failing = {3, 7}
    a = run(session, "plain")
    script.failing = set()
    b = run(session, "careful")
    script.asked.clear()
    return compare(session, a, b)


@pytest.mark.exhaustive
def test_a_side_with_errors_goes_on_with_its_own_run(session: Session, script: Script) -> None:
    compared = two_runs(session, script)
    assert set(compared.headline.missing) == {"c3", "c7"}
    a, b = gaps(compared)
    assert (set(a.unanswered), a.unasked, b.cases) == ({"c3", "c7"}, (), 0)
    started = []
    continued = rerun_missing(
        session, a, lambda live, name: started.append((live.run_id, name))
    ).run_id
    assert continued == compared.a.summary.run_id
    assert [run_id for run_id, _ in started] == [continued]
    assert sorted(script.asked) == [3, 7]
    again = compare(session, continued, compared.b.summary.run_id)
    assert not again.headline.missing
    assert [gap.cases for gap in gaps(again)] == [0, 0]


def test_cases_that_one_side_was_never_asked_make_a_new_run(
    session: Session, script: Script
) -> None:
    short, whole = run(session, "plain", limit=5), run(session, "careful")
    script.asked.clear()
    compared = compare(session, short, whole)
    assert len(compared.cases) == 5
    a, b = gaps(compared)
    assert ([case.id for case in a.unasked], b.cases) == ([f"c{n}" for n in range(5, 20)], 0)
    names: list[str] = []
    run_id = rerun_missing(session, a, lambda _live, name: names.append(name)).run_id
    assert run_id != short
    assert names == ["triage (draft)"]
    assert sorted(script.asked) == list(range(5, 20))
    again = compare(session, run_id, whole)
    assert len(again.cases) == 20
    assert [gap.cases for gap in gaps(again)] == [0, 0]


@pytest.mark.exhaustive
def test_the_estimate_is_of_what_is_missing_only(session: Session, script: Script) -> None:
    estimate = estimate_missing(session, gaps(two_runs(session, script))[:1])
    assert (estimate.calls, estimate.cached) == (2, 0)
    assert estimate.usd is not None
    assert estimate.usd > 0
    short, whole = run(session, "other", limit=5), run(session, "careful")
    estimate = estimate_missing(session, gaps(compare(session, short, whole)))
    assert estimate.calls == 15


@pytest.mark.exhaustive
def test_what_fails_again_is_still_missing(session: Session, script: Script) -> None:
    compared = two_runs(session, script)
    script.failing = {7}
    run_id = rerun_missing(session, gaps(compared)[0]).run_id
    again = compare(session, run_id, compared.b.summary.run_id)
    assert gaps(again)[0].unanswered == ("c7",)


@pytest.mark.exhaustive
def test_a_run_whose_dataset_changed_is_not_gone_on_with(session: Session, script: Script) -> None:
    a = gaps(two_runs(session, script))[0]
    write_cases(session.workspace.root, " changed")
    with pytest.raises(UsageError, match="changed since"):
        rerun_missing(session, a)
    assert not script.asked


@pytest.mark.exhaustive
def test_a_case_that_is_no_longer_in_the_dataset_cannot_be_asked(
    session: Session, script: Script
) -> None:
    del script
    short, whole = run(session, "plain", limit=5), run(session, "careful")
    path = session.workspace.root / "evals" / "triage" / "cases.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:10]))
    a, _ = gaps(compare(session, short, whole))
    assert [case.id for case in a.unasked] == [f"c{n}" for n in range(5, 10)]
