"""Where answers came from, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.present.test_verdict_words import evidence, pairs
from workbench.present.answer_origin import altered_lines, origin_lines
from workbench.verdicts.values import Evidence

ENDED = "2026-03-10T12:00:00.000Z"
SIDE: dict[str, Any] = {
    "endpoints": ["https://api.openai.com/v1"],
    "models": ["gpt-x"],
    "answers": 40,
    "cached": 0,
    "digests": [],
}


def record(side: dict[str, Any], **changes: Any) -> Evidence:
    made = replace(evidence(pairs(1, 1, 20)), finished_at=ENDED, version="1.1.0")
    return replace(made, answers={"b": {**SIDE, **side}}, **changes)


def test_a_record_of_0_1_0_says_nothing() -> None:
    assert origin_lines(replace(record({}), answers={})) == []


def test_answers_that_were_asked_name_who_gave_them() -> None:
    assert origin_lines(record({})) == [
        "answers of 1.1.0: 40 fresh, from https://api.openai.com/v1 (gpt-x)"
    ]


def test_cached_answers_have_a_share_and_an_age_when_the_evaluation_ended() -> None:
    old = {"cached": 40, "oldest": "2026-02-26T11:00:00.000Z", "newest": "2026-03-10T10:00:00.000Z"}
    (line,) = origin_lines(record(old))
    assert "100 % cached (40 of 40), oldest 12 days, newest 2 hours" in line
    (line,) = origin_lines(record({"cached": 39}))
    assert "97 % cached (39 of 40), of unknown age" in line


def test_the_embedded_model_an_unknown_endpoint_and_unknown_cases_are_called_so() -> None:
    (line,) = origin_lines(record({"endpoints": ["", f"local:{'ab' * 32}"], "unknown": 3}))
    assert "an unknown endpoint, the embedded model abababababab" in line
    assert line.endswith("of 3 cases judged before nothing is known")
    (line,) = origin_lines(record({"endpoints": ["command:python answer.py"]}))
    assert "from the program python answer.py" in line


def test_names_of_models_are_untrusted() -> None:
    (line,) = origin_lines(record({"models": ["m\x1b[2J\n"]}))
    assert "\x1b" not in line and "\n" not in line


def test_what_was_altered_on_either_side_is_added_up() -> None:
    lines = altered_lines(record({}, environment={"altered": 2, "baseline_altered": 3}))
    assert lines == ["5 stored answers had been altered in runs.db: not used, asked again"]
