"""What environments ask of answers is said before an evaluation, and its cost is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.test_from_runs_to_verdicts import CASES, Script, make, version
from tests.support.openai_server import OpenAIServer
from workbench.actions.preflight import preflight_evaluation
from workbench.actions.releasing.answer_origins import needs_fresh_answers, notes_before
from workbench.actions.releasing.evaluate import evaluate
from workbench.actions.session import Session
from workbench.prompts.values import Message, Model, Prompt
from workbench.workspace import open_workspace

LOCAL = Prompt("p", (Message("user", "x"),), Model("gemma-3-270m", "local", {}))


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(Script()) as running:
        yield running


def opened(root: Path, rules: str = "") -> Session:
    settings = root / "workbench.toml"
    before = settings.read_text().partition("\n[environments")[0]
    settings.write_text(f"{before}\n[environments.production]\n{rules}\n" if rules else before)
    return Session(open_workspace(root))


def test_where_fresh_answers_are_asked_for_the_screens_foresee_every_call_again(
    tmp_path: Path, server: OpenAIServer
) -> None:
    make(tmp_path, server.base_url)
    with opened(tmp_path) as session:
        number = version(session, "Answer with a queue.").partition("@")[2]
        evaluate(session, "triage", number)
        assert not needs_fresh_answers(session)
        assert preflight_evaluation(session, "triage", number).estimate.calls == 0
    with opened(tmp_path, 'answers = "fresh"') as session:
        preflight = preflight_evaluation(session, "triage", number)
        assert needs_fresh_answers(session)
        assert preflight.estimate.calls == CASES
        assert preflight.lines[-1] == "no cached answers: an environment counts fresh answers only"


@pytest.mark.parametrize(
    ("rules", "notes"),
    [
        ('endpoints = ["local"]', 0),
        (f'endpoints = ["local:{"ab" * 32}"]', 0),
        ('endpoints = ["https://api.openai.com/v1"]', 1),
        ('endpoints = ["https://api.openai.com/v1"]\nuntested = true', 0),
        ('answers = "fresh"\nendpoints = ["https://api.openai.com/v1"]', 2),
    ],
)
def test_the_embedded_model_is_known_by_its_name(tmp_path: Path, rules: str, notes: int) -> None:
    make(tmp_path, "http://127.0.0.1:9/v1")
    with opened(tmp_path, rules) as session:
        assert len(notes_before(session, LOCAL, fresh=False)) == notes
