"""The sample suite is what its README says: balanced, without leaks, readable by others."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import prompty
import pytest
from rapidfuzz import fuzz

from workbench.actions.workspace.init import create_workspace
from workbench.prompts.files.prompty import write_prompty
from workbench.prompts.flat import flattened
from workbench.prompts.templates.templates import Renderer, variables
from workbench.prompts.values import Prompt
from workbench.runs.spec.suite_file import read_suite
from workbench.workspace import Workspace

FOLDER = Path(__file__).parents[2] / "evals" / "support_triage"
STEPS = sorted((FOLDER / "steps").glob("*.prompty"))
QUEUES = {"invoice", "delivery", "exchange", "login", "app", "price"}
NEARLY_EQUAL = 75.0
ROWS = [json.loads(line) for line in (FOLDER / "cases.jsonl").read_text("utf-8").splitlines()]


def tickets(split: str) -> list[str]:
    return [row["inputs"]["ticket"] for row in ROWS if row["split"] == split]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return create_workspace(tmp_path_factory.mktemp("sample") / "w", "support_triage")


def prompt_of(workspace: Workspace, step: Path) -> Prompt:
    return workspace.read_draft(workspace.root / "evals" / FOLDER.name / "steps" / step.name).prompt


def examples(workspace: Workspace, step: Path) -> list[tuple[str, str]]:
    chosen = prompt_of(workspace, step).examples
    rows = chosen.rows if chosen else ()
    return [(row["inputs"]["ticket"], row["expected"]) for row in rows]


def test_there_are_two_splits_of_a_hundred_cases_with_ids_of_their_own() -> None:
    assert Counter(row["split"] for row in ROWS) == {"dev": 100, "gate": 100}
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert all(row["tags"] for row in ROWS)


@pytest.mark.parametrize("split", ["dev", "gate"])
def test_the_queues_and_the_hard_tickets_are_balanced(split: str) -> None:
    rows = [row for row in ROWS if row["split"] == split]
    assert set(Counter(row["expected"] for row in rows)) == QUEUES
    assert set(Counter(row["expected"] for row in rows).values()) == {16, 17}
    assert 15 <= sum("two-topics" in row["tags"] for row in rows) <= 25


def test_no_two_tickets_are_nearly_equal() -> None:
    texts = tickets("dev") + tickets("gate")
    for index, one in enumerate(texts):
        for other in texts[:index]:
            assert fuzz.ratio(one.lower(), other.lower()) < NEARLY_EQUAL, (one, other)


@pytest.mark.parametrize("step", STEPS, ids=lambda path: path.stem)
def test_no_example_is_a_gate_ticket_or_nearly_one(workspace: Workspace, step: Path) -> None:
    for text, queue in examples(workspace, step):
        assert queue in QUEUES
        for ticket in tickets("gate"):
            assert fuzz.ratio(text.lower(), ticket.lower()) < NEARLY_EQUAL, (text, ticket)


def test_the_first_step_shows_no_examples_and_the_others_show_every_queue(
    workspace: Workspace,
) -> None:
    plain, few_shot, better = STEPS
    assert examples(workspace, plain) == []
    for step in (few_shot, better):
        assert {queue for _, queue in examples(workspace, step)} == QUEUES


@pytest.mark.parametrize("step", STEPS, ids=lambda path: path.stem)
def test_a_step_is_a_prompt_for_us_and_for_prompty(
    workspace: Workspace, step: Path, tmp_path: Path
) -> None:
    ours = prompt_of(workspace, step)
    assert ours.prompt_id == "support_triage"
    assert ours.model is not None and ours.model.provider == "local"
    assert ours.model.options["stopSequences"] == ["\n"]
    assert variables(ours) == ("ticket",)
    sent = Renderer(ours).render({"ticket": "Where is my parcel?"})
    # A base model goes on right after the cue: no blank may follow it.
    assert sent[-1].content.endswith("Queue:")

    assert prompty.load(str(step)).name == ours.prompt_id
    exported = tmp_path / step.name
    exported.write_text(write_prompty(flattened(ours)), encoding="utf-8")
    theirs = prompty.load(str(exported))
    assert theirs.name == ours.prompt_id
    assert theirs.model.options.stop_sequences == ["\n"]
    messages = prompty.prepare(theirs, inputs={"ticket": "Where is my parcel?"})
    assert [(m.role, m.text) for m in messages] == [(m.role, m.content) for m in sent]


def test_the_suite_gates_on_the_gate_split() -> None:
    suite = read_suite(FOLDER / "suite.yaml")
    assert len(suite.cases("gate")) == len(suite.cases(None)) == 100
    assert suite.gate.threshold == 0.5
    assert suite.gate.margin == 0.1
