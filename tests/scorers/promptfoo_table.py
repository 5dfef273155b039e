"""promptfoo's assertions that need no model, their counterparts here, and how both judge.

The columns of promptfoo are recorded: what its rules say of each answer (promptfoo 0.123), which
tests/integration/promptfoo shows by the program itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ANSWERS = (
    "billing",
    "Billing",
    " billing ",
    "The answer is billing.",
    "sales",
    "billing, sales",
    '{"queue": "billing", "total": 42}',
    '{"total":42.0,"queue":"billing"}',
    '{"queue": 7}',
    'Here:\n```json\n{"queue": "billing"}\n```',
    "[1, 2]",
    "42",
    "true",
    "I'm sorry, but I can't help with that.",
    "As an AI language model, I cannot answer.",
    "biling",
    "the cat sat on the mat",
    "THE CAT SAT",
    "Straße",
    "",
)

QUEUE = {
    "type": "object",
    "required": ["queue"],
    "properties": {"queue": {"type": "string"}},
}
EMPTY = "an empty answer is the model's own fault: it is wrong, also where something is negated"


@dataclass(frozen=True)
class Row:
    """One assertion; a verdict per answer, 1 pass and 0 fail."""

    assertion: Mapping[str, Any]
    """As promptfoo's configuration has it."""
    scorer: Mapping[str, Any]
    """As suite.yaml has it."""
    promptfoo: str
    differs: Mapping[int, str] = field(default_factory=dict)
    """The answers that are judged otherwise here, and why."""


CAT = "the cat sat on the mat"
ROWS = (
    Row(
        {"type": "equals", "value": "billing"},
        {"exact_match": {"expected": "billing", "strip": False}},
        "10000000000000000000",
    ),
    Row(
        {"type": "not-equals", "value": "billing"},
        {"not": {"exact_match": {"expected": "billing", "strip": False}}},
        "01111111111111111111",
        {19: EMPTY},
    ),
    Row(
        {"type": "equals", "value": {"queue": "billing", "total": 42}},
        {"json_equals": {"expected": {"queue": "billing", "total": 42}}},
        "00000011000000000000",
    ),
    Row(
        {"type": "contains", "value": "billing"},
        {"contains": {"text": "billing", "strip": False}},
        "10110111010000000000",
    ),
    Row(
        {"type": "not-contains", "value": "billing"},
        {"not": {"contains": {"text": "billing", "strip": False}}},
        "01001000101111111111",
        {19: EMPTY},
    ),
    Row(
        {"type": "icontains", "value": "STRASSE"},
        {"contains": {"text": "STRASSE", "ignore_case": True}},
        "00000000000000000000",
        {18: "case is folded by Unicode's rules: ß is ss"},
    ),
    Row(
        {"type": "icontains", "value": "the cat"},
        {"contains": {"text": "the cat", "ignore_case": True}},
        "00000000000000001100",
    ),
    Row(
        {"type": "contains-any", "value": ["billing", "sales"]},
        {"contains": {"any": ["billing", "sales"]}},
        "10111111010000000000",
    ),
    Row(
        {"type": "contains-all", "value": ["billing", "sales"]},
        {"contains": {"all": ["billing", "sales"]}},
        "00000100000000000000",
    ),
    Row(
        {"type": "icontains-any", "value": ["BILLING", "Cat"]},
        {"contains": {"any": ["BILLING", "Cat"], "ignore_case": True}},
        "11110111010000001100",
    ),
    Row(
        {"type": "icontains-all", "value": ["THE", "Sat"]},
        {"contains": {"all": ["THE", "Sat"], "ignore_case": True}},
        "00000000000000001100",
    ),
    Row(
        {"type": "starts-with", "value": "billing"},
        {"starts_with": {"text": "billing", "strip": False}},
        "10000100000000000000",
    ),
    Row(
        {"type": "regex", "value": "^[a-z]+$"},
        {"matches": {"pattern": "^[a-z]+$"}},
        "10001000000010010000",
    ),
    Row(
        {"type": "is-json"},
        {"json_schema": {}},
        "00000011101110000000",
    ),
    Row(
        {"type": "is-json", "value": QUEUE},
        {"json_schema": {"schema": QUEUE}},
        "00000011000000000000",
    ),
    Row(
        {"type": "contains-json", "value": QUEUE},
        {"json_schema": {"schema": QUEUE, "transforms": ["strip_fence"]}},
        "00000011010000000000",
    ),
    Row(
        {"type": "levenshtein", "value": "billing", "threshold": 1},
        {"levenshtein": {"expected": "billing", "at_most": 1}},
        "11000000000000010000",
        {2: "white space at the ends does not count"},
    ),
    Row(
        {"type": "rouge-n", "value": CAT, "threshold": 0.6},
        {"rouge_n": {"expected": CAT, "cut": 0.6}},
        "00000000000000001100",
    ),
    Row(
        {"type": "bleu", "value": CAT, "threshold": 0.5},
        {"bleu": {"expected": CAT, "lowercase": True, "cut": 0.5}},
        "00000000000000001000",
    ),
    Row(
        {"type": "word-count", "value": {"min": 1, "max": 3}},
        {"length": {"at_least": 1, "at_most": 3}},
        "11101101101110010110",
    ),
    Row(
        {"type": "is-refusal"},
        {"refusal": {}},
        "00000000000001100001",
        {19: "an empty answer is no refusal, but an answer that is missing"},
    ),
)
"""Without a counterpart: gleu, meteor, contains-xml, contains-html. cost and latency
judge what a call took, see `cost` and `latency`; javascript and python are code, see `python`.
"""
