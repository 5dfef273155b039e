"""A JSON answer field by field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.scorers.families.judged import judged
from workbench.datasets.values import Case
from workbench.scorers.expected import OBJECT

WANTED = {
    "queue": "billing",
    "total": 12.5,
    "customer": {"name": "Ana", "vip": True},
    "ids": [1, 2],
}


@pytest.mark.parametrize(
    ("text", "options", "score", "wrong"),
    [
        (
            json.dumps(WANTED),
            {},
            1.0,
            set(),
        ),
        (
            '{"queue": " billing ", "total": 12.50, "customer": {"name": "Ana", "vip": 1}}',
            {},
            0.6,
            {"customer.vip", "ids"},
        ),
        ('{"queue": "Billing"}', {"fields": ["queue"]}, 0.0, {"queue"}),
        ('{"queue": "Billing"}', {"fields": ["queue"], "ignore_case": True}, 1.0, set()),
        (
            '{"queue": "billing ", "total": 1}',
            {"fields": ["queue"], "strip": False},
            0.0,
            {"queue"},
        ),
        ('{"total": 12.51}', {"fields": ["total"], "tolerance": 0.01}, 1.0, set()),
        ('{"total": 12.49}', {"fields": ["total"], "tolerance": 0.01}, 1.0, set()),
        ('{"total": 12.6}', {"fields": ["total"], "tolerance": 0.01}, 0.0, {"total"}),
        ('{"total": "12.5"}', {"fields": ["total"]}, 0.0, {"total"}),
        ('{"customer": {"name": "Ana", "vip": true}}', {"fields": ["customer"]}, 1.0, set()),
        ('{"customer": "Ana"}', {"fields": ["customer.name"]}, 0.0, {"customer.name"}),
        ('{"total": 12.5, "x": 1}', {"fields": ["total"]}, 1.0, set()),
        ('{"total": 12.5, "x": 1}', {"fields": ["total"], "no_others": True}, 0.5, {"x"}),
        ('{"total": 12.5}', {"fields": ["total", "absent"]}, 1.0, set()),
        ("[1]", {"fields": ["queue"]}, 0.0, {"queue"}),
        ("no json", {"fields": ["queue", "total"]}, 0.0, {"queue", "total"}),
    ],
)
def test_the_score_is_the_share_of_fields_that_are_right(
    text: str, options: dict[str, Any], score: float, wrong: set[str]
) -> None:
    judgement = judged("json_fields", text, WANTED, **options)
    assert judgement.value == pytest.approx(score)
    assert {name for name, part in judgement.parts.items() if part == 0} == wrong


def test_an_expected_answer_that_is_no_object_is_refused() -> None:
    assert OBJECT.misfit(Case("1", {}, [1])) == "'[1]' is no object"
    assert OBJECT.lacks(Case("1", {}, {})) == "the expected object has no fields"
    assert OBJECT.lacks(Case("1", {}, None))


@pytest.mark.parametrize(
    ("text", "expected", "score"),
    [
        ('{"customer.name": "x"}', {"customer": {"name": "x"}}, 0.0),
        ('{"a": {"b": 2}, "a.b": 1}', {"a": {"b": 1}}, 0.0),
        ('{"a": {"b": 2}, "a.b": 1}', {"a.b": 1, "a": {"b": 2}}, 1.0),
        ('{"a": {"b": 2}, "a.b": 2}', {"a.b": 1, "a": {"b": 2}}, 0.5),
        ('{"a": {"b": 1}}', {"a.b": 1}, 0.0),
    ],
)
def test_a_key_with_a_dot_is_no_path(text: str, expected: Any, score: float) -> None:
    assert judged("json_fields", text, expected).value == score
    assert judged("json_fields", text, expected, fields=["a.b", "customer.name"]).value != 1.0 or (
        score == 1.0
    )
