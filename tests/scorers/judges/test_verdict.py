"""A judge's answer is one JSON object that follows the rubric, or no verdict at all."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.scorers.judges.rubric import DEFAULT_OUTPUTS, Rubric, rubric_of
from workbench.scorers.judges.verdict import MOST_CHARS, Unreadable, read_verdict

PLAIN = rubric_of(list(DEFAULT_OUTPUTS), (), None, "test")
REASON = {"name": "reason", "kind": "string"}
CRITERIA = rubric_of(
    [REASON, {"name": "true", "kind": "boolean"}, {"name": "kind", "enum": ["pass", "fail"]}],
    (),
    None,
    "test",
)
LABELS = rubric_of([REASON, {"name": "is", "enum": ["good", "fair", "bad"]}], ["good"], None, "")
SCALE = rubric_of([REASON, {"name": "level", "kind": "integer", "enum": [1, 2, 3, 4]}], (), 3, "")
PASSES = '{"reason": "r", "verdict": "pass"}'


@pytest.mark.parametrize(
    ("rubric", "text", "value"),
    [
        (PLAIN, PASSES, 1.0),
        (PLAIN, '{"verdict": "fail", "reason": "late, and still one object"}', 0.0),
        (PLAIN, '{"reason": "r", "verdict": "unsure"}', None),
        (PLAIN, f"```json\n{PASSES}\n```", 1.0),
        (PLAIN, f"<think>It says pass, hm.</think>\n{PASSES}", 1.0),
        (CRITERIA, '{"reason": "r", "true": true, "kind": "pass"}', 1.0),
        (CRITERIA, '{"reason": "r", "true": true, "kind": "fail"}', 0.0),
        (LABELS, '{"reason": "r", "is": "good"}', 1.0),
        (LABELS, '{"reason": "r", "is": "fair"}', 0.0),
        (SCALE, '{"reason": "r", "level": 3}', 1.0),
        (SCALE, '{"reason": "r", "level": 2}', 0.0),
    ],
)
def test_a_verdict_is_read(rubric: Rubric, text: str, value: float | None) -> None:
    assert read_verdict(text, rubric).score(rubric).value == value


def test_each_of_several_criteria_has_a_score_of_its_own() -> None:
    score = read_verdict('{"reason": "r", "true": true, "kind": "fail"}', CRITERIA).score(CRITERIA)
    assert dict(score.parts) == {"true": 1.0, "kind": 0.0}


def test_a_label_or_a_level_stands_before_the_reason() -> None:
    assert read_verdict('{"reason": "short", "level": 2}', SCALE).score(SCALE).reason == "2: short"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pass",
        '"pass"',
        "[]",
        "null",
        '{"verdict": "pass"}',
        '{"reason": "r"}',
        '{"reason": "r", "verdict": "PASS"}',
        '{"reason": "r", "verdict": "pass "}',
        '{"reason": "r", "verdict": true}',
        '{"reason": "r", "verdict": ["pass"]}',
        '{"reason": "r", "verdict": {"verdict": "pass"}}',
        '{"reason": "r", "verdict": "pass", "score": 1}',
        '{"reason": 1, "verdict": "pass"}',
        '{"reason": "r", "verdict": "fail", "verdict": "pass"}',
        '{"reason": "r", "verdict": "pass", "verdict": "pass"}',
        '{"reason": "r", "reason": "s", "verdict": "pass"}',
        PASSES + PASSES,
        PASSES + "\n" + PASSES,
        PASSES + " That is my verdict.",
        "The answer says: " + PASSES,
        f"```\n{PASSES}\n```\n```\n{PASSES}\n```",
        f"```json\n{PASSES}",
        f"<think>a</think><think>b</think>{PASSES}",
        f"so <think>a</think>{PASSES}",
        f"<think>{PASSES}",
        '{"reason": "r", "verdict": "pass"',
        "{'reason': 'r', 'verdict': 'pass'}",
        '{"reason": "r", "verdict": "pass",}',
        '{"reason": NaN, "verdict": "pass"}',
        '{"reason": "r", "verdict": "p\\u0061ss\\u0000"}',
        '{"r\\u0435ason": "r", "verdict": "pass"}',
        "[" * 100_000,
        '{"reason": "' + "x" * MOST_CHARS + '", "verdict": "pass"}',
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        '{"reason": "r", "verdict": ' + "9" * 6_000 + "}",
    ],
)
def test_anything_else_is_no_verdict(text: str) -> None:
    before = time.process_time()
    with pytest.raises(Unreadable):
        read_verdict(text, PLAIN)
    assert time.process_time() - before < 1.0


@pytest.mark.parametrize(
    "level", ["1", "3", True, False, None, 3.5, 0, 5, -3, 1e400, "3.0", [3], {"3": 3}]
)
def test_a_level_of_a_scale_is_one_of_its_whole_numbers(level: object) -> None:
    text = json.dumps({"reason": "r", "level": level})
    with pytest.raises(Unreadable):
        read_verdict(text, SCALE)


def test_a_boolean_is_no_number_and_no_text() -> None:
    for value in (1, 0, "true", "pass", None):
        with pytest.raises(Unreadable):
            read_verdict(json.dumps({"reason": "r", "true": value, "kind": "pass"}), CRITERIA)


@settings(max_examples=40)
@given(st.text(max_size=300), st.text(max_size=300))
def test_a_verdict_with_anything_around_it_is_no_verdict(before: str, after: str) -> None:
    text = f"{before}{PASSES}{after}"
    if text.strip() == PASSES:
        return
    with pytest.raises(Unreadable):
        read_verdict(text, PLAIN)


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )
)
def test_only_the_object_of_the_rubric_is_a_verdict(value: object) -> None:
    fits = (
        isinstance(value, dict)
        and value.keys() == {"reason", "verdict"}
        and isinstance(value["reason"], str)
        and value["verdict"] in ("pass", "fail", "unsure")
    )
    if fits:
        return
    with pytest.raises(Unreadable):
        read_verdict(json.dumps(value), PLAIN)


@settings(max_examples=40)
@given(st.text(max_size=2_000))
def test_whatever_a_reason_says_the_verdict_stays(reason: str) -> None:
    text = json.dumps({"reason": reason, "verdict": "fail"})
    score = read_verdict(text, PLAIN).score(PLAIN)
    assert score.value == 0.0
    assert score.reason.isprintable()
