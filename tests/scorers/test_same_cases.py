"""The same cases in CSV, TSV and JSONL are asked and scored alike."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from workbench.datasets.fit import check_fit, typed_inputs
from workbench.datasets.readers import read_dataset
from workbench.datasets.values import Dataset
from workbench.datasets.writer import replace_case
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Input, Message, Prompt
from workbench.providers.base import Answer, Outcome
from workbench.scorers.catalog import make_scorer

SCORERS = [
    make_scorer(name, options, "suite.yaml")
    for name, options in {
        "exact_match": {},
        "contains": {"ignore_case": True},
        "starts_with": {"strip": False},
        "similarity": {},
        "one_of": {"labels": ["a", "b"]},
        "matches": {"pattern": "a"},
    }.items()
]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXT,
    "boolean": st.booleans(),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": NUMBERS,
    "array": st.lists(JSON, max_size=3),
    "object": st.dictionaries(TEXT, JSON, max_size=3),
}
PROMPT = Prompt(
    "p",
    (Message("user", "{{ s }}{% if b %}+{% endif %}{{ i + 1 }} {{ n }} {{ a | length }} {{ o }}"),),
    inputs=tuple(Input(kind[0], kind) for kind in KINDS),
)
INPUTS = st.fixed_dictionaries({kind[0]: values for kind, values in KINDS.items()})


def cell(value: Any) -> str:
    """What a person would type into a spreadsheet."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def files(folder: Path, inputs: dict[str, Any], expected: Any, end: str) -> list[Dataset]:
    """The case in JSONL, CSV and TSV."""
    row = {"id": "1", "inputs": inputs, "expected": expected}
    (folder / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")
    for name, mark in (("a.csv", ","), ("b.csv", ";"), ("a.tsv", "\t")):
        text = io.StringIO()
        writer = csv.writer(text, delimiter=mark, lineterminator="\n")
        writer.writerow(["id", "expected", *inputs])
        writer.writerow(["1", cell(expected), *map(cell, inputs.values())])
        written = text.getvalue().replace("\n", end)
        (folder / name).write_bytes(written.encode("utf-8"))
    return [read_dataset(folder / name) for name in ("a.jsonl", "a.csv", "b.csv", "a.tsv")]


@settings(max_examples=examples(20))
@given(INPUTS, st.sampled_from(["\n", "\r\n"]))
def test_typed_inputs_are_the_same_and_render_alike(
    tmp_path_factory: pytest.TempPathFactory, inputs: dict[str, Any], end: str
) -> None:
    folder = tmp_path_factory.mktemp("same")
    asked = []
    for dataset in files(folder, inputs, None, end):
        check_fit(PROMPT, dataset.cases, dataset.place_of)
        typed = typed_inputs(PROMPT, dataset.cases[0].inputs)
        assert typed == inputs
        assert {k: type(v) for k, v in typed.items()} == {k: type(v) for k, v in inputs.items()}
        asked.append(Renderer(PROMPT).render(typed))
    assert all(messages == asked[0] for messages in asked)


def scores(dataset: Dataset, answers: Sequence[str], names: Sequence[Any]) -> list[Any]:
    case = dataset.cases[0]
    return [s.score(Answer(Outcome.OK, text), case).value for text in answers for s in names]


EXPECTED = (
    TEXT | st.booleans() | NUMBERS | st.none() | st.lists(TEXT | JSON, max_size=3)
    | st.dictionaries(TEXT, st.integers(), max_size=2)
)  # fmt: skip


@settings(max_examples=examples(40))
@given(EXPECTED, st.lists(TEXT | st.sampled_from(["true", "1", "a", ""]), max_size=3),
       st.sampled_from(["\n", "\r\n"]))  # fmt: skip
def test_text_scorers_score_alike(
    tmp_path_factory: pytest.TempPathFactory, expected: Any, answers: list[str], end: str
) -> None:
    folder = tmp_path_factory.mktemp("same")
    wanted = expected if isinstance(expected, list) else [expected]
    tried = ["", *answers, *(f"{cell(item)}{end}" for item in wanted)]
    jsonl, *others = (scores(d, tried, SCORERS) for d in files(folder, {"t": "x"}, expected, end))
    assert all(other == jsonl for other in others)


@settings(max_examples=examples(40))
@given(JSON, JSON)
def test_json_equals_scores_alike(
    tmp_path_factory: pytest.TempPathFactory, expected: Any, other: Any
) -> None:
    folder = tmp_path_factory.mktemp("same")
    row = json.dumps({"id": "1", "inputs": {"t": "x"}, "expected": expected})
    (folder / "a.jsonl").write_text(row, encoding="utf-8")
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "t", "expected"], ["1", "x", json.dumps(expected)]])
    answers = [json.dumps(expected), json.dumps(other), json.dumps([expected]), "no json"]
    scorer = [make_scorer("json_equals", {}, "suite.yaml")]
    jsonl, table = (scores(read_dataset(folder / n), answers, scorer) for n in ("a.jsonl", "a.csv"))
    assert jsonl == table
    assert jsonl[0] == (None if expected is None else 1.0)


@settings(max_examples=examples(30))
@given(st.dictionaries(st.sampled_from("xyz"), JSON, min_size=1), JSON,
       st.from_regex(r"-?(0|[1-9][0-9]{0,6})\.[0-9]{1,6}", fullmatch=True))  # fmt: skip
def test_a_rewritten_case_reads_as_before(
    tmp_path_factory: pytest.TempPathFactory, inputs: dict[str, Any], expected: Any, number: str
) -> None:
    path = tmp_path_factory.mktemp("same") / "a.jsonl"
    row = json.dumps({"id": "1", "inputs": {**inputs, "n": "@"}, "expected": [expected, "@"]})
    path.write_text(row.replace('"@"', number), encoding="utf-8")
    before = read_dataset(path)
    replace_case(path, before.cases[0])
    after = read_dataset(path)
    assert after.fingerprint == before.fingerprint
    assert path.read_text(encoding="utf-8").count(number) >= 2, "numbers stand as they stood"
