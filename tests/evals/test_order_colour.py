"""The conversation sample is what its README says, and runs on any endpoint."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.support.openai_server import OpenAIServer
from tests.support.specs import provider_at
from workbench.prompts.files.prompty import read_draft
from workbench.prompts.inputs.conversations import conversation_problem
from workbench.prompts.values import SLOT
from workbench.runs.engine.engine import start_run
from workbench.runs.spec.suite_file import read_suite
from workbench.runs.spec.values import RunSpec

FOLDER = Path(__file__).parents[2] / "evals" / "order_colour"
STEPS = sorted((FOLDER / "steps").glob("*.prompty"))
ROWS = [json.loads(line) for line in (FOLDER / "cases.jsonl").read_text("utf-8").splitlines()]


def test_each_conversation_is_a_group_of_two_cases_in_one_split() -> None:
    groups: dict[str, list[dict[str, object]]] = {}
    for row in ROWS:
        assert conversation_problem(row["inputs"]["talk"]) == ""
        groups.setdefault(row["group"], []).append(row)
    assert len(groups) == 40
    for first, second in groups.values():
        assert first["split"] == second["split"] and first["tags"] == ["first"]
        assert second["inputs"]["talk"][:1] == first["inputs"]["talk"]  # type: ignore[index]
    assert Counter(rows[0]["split"] for rows in groups.values()) == {"dev": 20, "gate": 20}


def test_no_colour_of_an_example_is_one_of_a_case() -> None:
    text = STEPS[1].read_text("utf-8").lower()
    assert not [row["expected"] for row in ROWS if row["expected"] in text.split("---")[2].split()]


@pytest.mark.parametrize("step", STEPS, ids=lambda path: path.stem)
def test_every_draft_has_a_place_for_the_conversation(step: Path) -> None:
    assert [m for m in read_draft(step).prompt.messages if m.role == SLOT]


def test_the_conversation_is_sent_as_messages(tmp_path: Path) -> None:
    suite = read_suite(FOLDER / "suite.yaml")
    cases = suite.dataset.cases[:2]
    spec = RunSpec(read_draft(STEPS[1]).prompt, suite, cases)
    with OpenAIServer(lambda messages, _options: messages[1]["content"].split()[-1]) as server:
        start_run(spec, provider_at(server.base_url), tmp_path / "runs.db").wait()
        sent = sorted((body["messages"] for body in server.requests), key=len)
    for case, messages in zip(cases, sent, strict=True):
        assert messages[1:-1] == case.inputs["talk"]
        assert messages[-1] == {"role": "user", "content": "Colour:"}
