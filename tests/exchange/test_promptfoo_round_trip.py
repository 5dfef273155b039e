"""What is exported to promptfoo and imported again decides as it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange.exporting import TRIAGE
from tests.scorers.promptfoo_table import ANSWERS
from workbench.datasets.values import Case
from workbench.exchange.forms.promptfoo_assertions import check_of
from workbench.exchange.forms.promptfoo_code import (
    equal_code,
    length_code,
    scorer_in,
    transform_code,
    transforms_in,
)
from workbench.exchange.forms.promptfoo_export import assertions_of
from workbench.exchange.importers.promptfoo import KIND as IMPORTER
from workbench.exchange.targets.base import Destination, Export
from workbench.exchange.targets.promptfoo import KIND as TARGET
from workbench.providers.base import Answer, Outcome
from workbench.registry import PromptRegistry
from workbench.runs.engine.scoring import score_answer
from workbench.scorers.base import Scorer
from workbench.scorers.catalog import checks_of, make_scorer

SCORERS: list[dict[str, Any]] = [
    {"exact_match": {}},
    {"exact_match": {"ignore_case": True, "strip": False}},
    {"exact_match": {"transforms": ["nfc"], "expected": "{{ticket}} {% x %} #}"}},
    {"contains": {}},
    {"contains": {"text": "cat", "ignore_case": True}},
    {"contains": {"any": ["sales", "a, b"], "all": ["billing"], "none": ["7", "{{"]}},
    {"starts_with": {"any": ["billing", "I'm"]}},
    {"one_of": {"labels": ["billing", "file://x", "42"]}},
    {"matches": {"pattern": "[0-9]{2}"}},
    {"max_chars": {"limit": 7}},
    {"length": {"unit": "characters", "at_least": 4, "at_most": 9}},
    {"length": {"unit": "characters", "at_least": 4}},
    {"length": {"at_least": 2, "at_most": 4}},
    {"json_schema": {"schema": {"type": "object", "required": ["queue"]}}},
    {"json_schema": {}},
    {"json_equals": {"expected": {"queue": "billing", "total": 42}}},
    {"json_equals": {"expected": [1, 2]}},
    {"json_equals": {"expected": {"queue": "{{x}}"}}},
    {"json_equals": {"expected": True}},
    {"levenshtein": {"at_most": 1}},
    {"rouge_n": {"cut": 0.4}},
    {"bleu": {"lowercase": True, "cut": 0.3}},
    {"refusal": {}},
    {"not": {"refusal": {}}},
    {"not": {"contains": {"none": ["billing", "sales"]}}},
    {"any_of": [{"contains": {"text": "cat"}}, {"json_schema": {}}]},
    {"all_of": [{"contains": {"text": "the"}}, {"not": {"contains": {"text": "is"}}}]},
    {
        "mean_of": {
            "of": [
                {"exact_match": {"expected": "billing", "weight": 2}},
                {"max_chars": {"limit": 3}},
            ],
            "cut": 0.6,
        }
    },
]
CASE = Case("c1", {"ticket": "Help!"}, expected=["billing", "42"])


def entry_of(scorer: dict[str, Any]) -> tuple[str, Any]:
    ((name, options),) = scorer.items()
    return name, options


def passes(scorers: tuple[Scorer, ...], answer: Answer, case: Case) -> bool:
    scores, _ = score_answer(scorers, answer, case)
    return all(score.value == 1 for score in scores.values())


@pytest.mark.parametrize("entry", SCORERS, ids=json.dumps)
def test_a_scorer_that_comes_back_passes_the_same_answers(entry: dict[str, Any]) -> None:
    name, options = entry_of(entry)
    scorer = make_scorer(name, options, "here")
    written = json.loads(json.dumps(assertions_of(scorer, CASE)))
    assert written
    back = checks_of(Case("c1", {}, checks=tuple(check_of(one, {}) for one in written)))
    for text in ANSWERS:
        outcome = Outcome.OK if text.strip() else Outcome.EMPTY
        answer = Answer(outcome, text, finish_reason="stop")
        assert passes(back, answer, CASE) is passes((scorer,), answer, CASE), (text, written)


def test_a_suite_comes_back_with_its_names_cases_tags_and_texts(tmp_path: Path) -> None:
    hostile = "{{ 7 * 7 }} {% x %} file://x\n"
    row = {"id": "c1", "inputs": {"ticket": hostile, "tone": "calm"}, "expected": hostile}
    more = {"tags": ["vip", "eu"], "split": "gate", "group": "g"}
    (tmp_path / "cases.jsonl").write_text(json.dumps(row | more))
    suite = "suite: quality\nprompt: triage\ndataset: cases.jsonl\nscorers: [exact_match]\n"
    (tmp_path / "suite.yaml").write_text(suite)
    with PromptRegistry(tmp_path / "registry.db", create=True) as registry:
        export = Export(registry, TRIAGE, "draft", suites=(tmp_path / "suite.yaml",))
        path = Destination(tmp_path / "out.json")
        TARGET.send(export, path)
    imported = IMPORTER.read(tmp_path / "out.json")
    (prompt,) = imported.prompts
    assert prompt.prompt_id == "triage"
    assert [m.content.strip() for m in prompt.messages][-1] == "{{ ticket }}"
    (back,) = imported.suites
    assert (back.name, back.prompt_id) == ("quality", "triage")
    (case,) = back.rows
    kept = {"id": "c1", "inputs": row["inputs"], **more}
    assert {key: case[key] for key in kept} == kept
    (check,) = case["checks"]
    assert check["exact_match"]["expected"] == hostile.strip()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON)
def test_the_code_that_compares_json_is_read_back_as_its_value(value: Any) -> None:
    expected = None if value is None else {"json_equals": {"expected": value}}
    assert scorer_in(equal_code(value)) == expected


@given(st.integers(0, 99), st.none() | st.integers(0, 99))
def test_the_code_that_measures_a_length_is_read_back(least: int, most: int | None) -> None:
    back = scorer_in(length_code(least, most))
    if not least and most is None:
        assert back is None
    elif not least:
        assert back == {"max_chars": {"limit": most}}
    else:
        assert back and back["length"]["at_least"] == least


@given(st.lists(st.sampled_from(["strip", "casefold", "nfc"])))
def test_the_code_of_transforms_is_read_back(steps: list[str]) -> None:
    code = transform_code(steps)
    assert code is not None and transforms_in(code) == steps


@pytest.mark.parametrize("code", ["output.trim()", "output", "output.replace(/\\r\\n?/g, '')"])
def test_other_code_is_not_ours(code: str) -> None:
    assert transforms_in(code) is None and scorer_in(code) is None
