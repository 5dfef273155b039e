"""OpenAI's Evals, in the shapes that people have them in, become drafts and suites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.actions.releasing.importing import read_source
from workbench.errors import DraftError
from workbench.exchange.importers.base import Imported


def imported(folder: Path, name: str, content: Any) -> Imported:
    path = folder / name
    lines = "".join(f"{json.dumps(row)}\n" for row in content) if name.endswith("l") else ""
    path.write_text(lines or json.dumps(content), encoding="utf-8")
    return read_source(path)


def lost(brought: Imported) -> str:
    return "\n".join(map(str, brought.losses))


def check(operation: str, reference: str, name: str = "same") -> dict[str, Any]:
    return {
        "id": f"{name}-1b9",
        "name": name,
        "type": "string_check",
        "input": "{{ sample.output_text }}",
        "reference": reference,
        "operation": operation,
    }


def dump(*criteria: Any) -> dict[str, Any]:
    template = [
        {
            "role": "developer",
            "content": {"type": "input_text", "text": "Topic {{item.meta.topic}}"},
        },
        {"role": "user", "content": "{{ item.q }} {% raw"},
    ]
    run = {
        "data_source": {
            "type": "completions",
            "model": "gpt-4o",
            "input_messages": {"type": "template", "template": template},
            "sampling_params": {"temperature": 0, "max_completions_tokens": 5, "seed": None},
            "source": {"type": "file_id", "id": "file-1"},
        }
    }
    return {
        "eval": {
            "id": "eval_1",
            "name": "Ticket Eval",
            "data_source_config": {"type": "custom", "schema_": {}},
            "testing_criteria": list(criteria),
        },
        "rows": [
            {"q": "paid twice", "label": "billing", "meta": {"topic": "money"}},
            {"q": "late", "label": "delivery", "meta": {"topic": "parcels"}},
        ],
        "runs": [{"run": run, "output_items": []}],
    }


def test_a_dump_with_one_reference_becomes_a_suite_with_expected_answers(tmp_path: Path) -> None:
    brought = imported(tmp_path, "eval_1.json", dump(check("eq", "{{item.label}}")))
    (prompt,), (suite,) = brought.prompts, brought.suites
    assert [(m.role, m.content) for m in prompt.messages] == [
        ("system", "Topic {{ meta.topic }}"),
        ("user", "{{ q }} {{ '{' }}% raw"),
    ]
    assert {item.name: item.kind for item in prompt.inputs} == {"meta": "object", "q": "string"}
    assert prompt.model is not None
    assert prompt.model.options == {"temperature": 0, "maxOutputTokens": 5}
    assert suite.scorers == [{"exact_match": {"strip": False}}]
    assert suite.rows[0] == {
        "id": "row-001",
        "inputs": {"q": "paid twice", "meta": {"topic": "money"}},
        "expected": "billing",
    }


def test_graders_with_texts_of_their_own_become_checks_and_others_are_listed(
    tmp_path: Path,
) -> None:
    criteria = (
        check("ilike", "{{item.label}} team", "team"),
        check("ne", "none", "some"),
        {**check("eq", "x", "data"), "input": "{{ item.q }}"},
        {
            "name": "near",
            "type": "text_similarity",
            "evaluation_metric": "bleu",
            "pass_threshold": 0.4,
        },
        {"name": "nice", "type": "score_model"},
        {"name": "code", "type": "python", "source": "import os"},
        {"name": "both", "type": "multi"},
    )
    brought = imported(tmp_path, "eval_1.json", dump(*criteria))
    (suite,) = brought.suites
    assert suite.scorers == ["checks"]
    assert suite.rows[1]["checks"] == [
        {"contains": {"strip": False, "ignore_case": True, "expected": "delivery team"}},
        {"not": {"exact_match": {"strip": False, "expected": "none"}}},
    ]
    for part in (
        "the grader data (it grades no answer",
        "the grader near (add a scorer by hand: it asks for bleu of at least 0.4)",
        "the grader nice (it asks a model: write a judge for it)",
        "the grader code (it is code",
        "the grader both (nothing here is like multi)",
    ):
        assert part in lost(brought)


def test_samples_of_open_evals_share_the_messages_that_are_alike(tmp_path: Path) -> None:
    def sample(question: str, system: str = "Be {short}") -> dict[str, Any]:
        turns = [{"role": "system", "content": system}, {"role": "user", "content": question}]
        return {"input": turns, "ideal": ["Paris", "paris"]}

    brought = imported(tmp_path, "capitals.jsonl", [sample("France?"), sample("Italy?")])
    (prompt,), (suite,) = brought.prompts, brought.suites
    assert [m.content for m in prompt.messages] == ["Be {short}", "{{ input }}"]
    assert suite.scorers == [{"starts_with": {"strip": False}}]
    assert suite.rows[1]["inputs"] == {"input": "Italy?"}
    assert suite.rows[1]["expected"] == ["Paris", "paris"]
    other = imported(tmp_path, "mixed.jsonl", [sample("a"), sample("b", "Other")])
    assert [m.role for m in other.prompts[0].messages] == ["slot"]
    assert other.suites[0].rows[0]["inputs"]["conversation"][0]["role"] == "system"


def test_results_and_items_say_that_they_hold_no_prompt_and_no_grader(tmp_path: Path) -> None:
    row = {"run_id": "r", "data_source_idx": 0, "item": {"q": "x"}, "grades": {"same": 1.0}}
    brought = imported(tmp_path, "results.jsonl", [row, {**row, "run_id": "s"}])
    assert "the graders same" in lost(brought) and "the prompt and the model" in lost(brought)
    assert [len(run.answers) for run in brought.runs] == [1, 1]
    assert brought.prompts[0].messages[0].content == "{{ q }}"
    items = imported(tmp_path, "items.jsonl", [{"item": {"q": "x"}}, {"item": {"q": "y"}}])
    assert "2 items" in lost(items) and not items.suites


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('{"item": {"q": 1}}\n{"item": 5}\n', "line 2 is no item"),
        ('{"input": [], "ideal": ""}\n', "row 1 has no message"),
        ('{"input": [{"role": "user"}], "ideal": ""}\n', "row 1 has a message without a text"),
        ('{"item": {"q": 1}}\n{"item"', "line 2 is not JSON"),
    ],
)
def test_a_malformed_file_gives_one_error_with_its_line(
    tmp_path: Path, lines: str, message: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(DraftError, match=message) as caught:
        read_source(path)
    assert "\n" not in str(caught.value)
