"""Scorers as promptfoo's assertions, where it has one that decides the same."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from workbench.datasets.cells import json_of
from workbench.datasets.values import Case
from workbench.exchange.forms.promptfoo_code import equal_code, length_code, transform_code
from workbench.exchange.plain_templates import quoted
from workbench.json_text import without_spelling
from workbench.scorers.base import Scorer
from workbench.scorers.catalog import checks_of
from workbench.scorers.expected import parts, texts
from workbench.units import seconds

LOADED = ("file://", "package:")
"""How values begin that promptfoo loads as files."""
_ONLY_PYTHON = re.compile(r"\(\?[aiLmsux]|\(\?P|\(\?\(|\(\?>|\(\?#|\\[AZz]|\\N\{|[*+?}]\+")
"""What JavaScript's regular expressions do not have, or read otherwise."""
_SET = "assert-set"
_NEGATED = "not-"
_GRADED = frozenset({"rouge_n", "bleu"})
"""Scorers whose cut is the threshold of an assertion."""

_CHANGES: Mapping[str, Callable[[str], str]] = {
    "strip": str.strip,
    "casefold": str.lower,  # as JavaScript folds letters
    "nfc": partial(unicodedata.normalize, "NFC"),
}
Assertion = dict[str, Any]


class NoAssertion(Exception):
    """promptfoo has no assertion that decides as the scorer does; says why."""


def assertions_of(scorer: Scorer, case: Case) -> list[Assertion]:
    """What stands for the scorer in the test of a case; nothing where the case lacks what it needs.
    Raises NoAssertion.
    """
    if scorer.lacks(case):
        return []
    assertions = _all_of(scorer, case)
    if not scorer.required and any(one["type"] == _SET for one in assertions):
        raise NoAssertion("it does not gate, and a set always does")
    more = {} if scorer.required else {"weight": 0}
    return [{**one, "metric": scorer.name, **more} for one in assertions]


def remark(scorer: Scorer) -> str:
    """For which answers the assertion decides otherwise; empty: for none that is known."""
    remarks = (_REMARKS.get(leaf.kind.name, "") for leaf in scorer.leaves)
    return "; ".join(dict.fromkeys(filter(None, remarks)))


_REMARKS = {
    "matches": "read by JavaScript",
    "json_schema": "draft 7, as promptfoo's checker knows it",
    "rouge_n": "words are told apart by other rules there",
    "bleu": "smoothed otherwise there",
    "refusal": "other phrases there",
}


def _all_of(scorer: Scorer, case: Case) -> list[Assertion]:
    """Assertions that all hold where the scorer gives 1."""
    kind = scorer.kind
    if kind.plugin or kind.code:
        raise NoAssertion("it is code")
    if scorer.after:
        raise NoAssertion("it is asked after another")
    if kind.of_case or kind.combine:
        if scorer.transforms:
            raise NoAssertion("its parts see the answer through transforms")
        return _combined(scorer, case)
    if scorer.cut is not None and kind.name not in _GRADED:
        raise NoAssertion("it has a cut")
    make = _ASSERTIONS.get(kind.name)
    if make is None:
        raise NoAssertion("there is none of its kind")
    if scorer.expected is not None:
        case = replace(case, expected=scorer.expected)
    return make(scorer, case)


def _combined(scorer: Scorer, case: Case) -> list[Assertion]:
    name, inner = scorer.kind.name, scorer.parts
    if name == "not":
        return [_negated(_one(inner[0], case))]
    if name == "all_of" and scorer.cut is None:
        return [one for part in inner for one in _all_of(part, case)]
    if name == "any_of" and scorer.cut is None:
        return _any_of([_one(part, case) for part in inner])
    if name == "checks" and scorer.cut in (None, 1):
        return [_weighted(check, case) for check in checks_of(case)]
    if name == "mean_of" and scorer.cut:
        return [_set([_weighted(part, case) for part in inner], scorer.cut)]
    raise NoAssertion("its score is no yes or no")


def _one(scorer: Scorer, case: Case) -> Assertion:
    lacking = scorer.lacks(case)
    if lacking:
        raise NoAssertion(f"{scorer.name}: {lacking}")
    assertions = _all_of(scorer, case)
    return assertions[0] if len(assertions) == 1 else _set(assertions)


def _weighted(scorer: Scorer, case: Case) -> Assertion:
    one = _one(scorer, case)
    if scorer.weight == 0 and one["type"] == _SET:
        raise NoAssertion("a part of weight 0 is a set, which always counts")
    return {**one, "weight": scorer.weight} if scorer.weight != 1 else one


def _set(assertions: Sequence[Assertion], threshold: float | None = None) -> Assertion:
    if not assertions or any(one["type"] == _SET for one in assertions):
        raise NoAssertion("a set cannot stand in a set")
    more = {} if threshold is None else {"threshold": threshold}
    return {"type": _SET, **more, "assert": list(assertions)}


def _negated(assertion: Assertion) -> Assertion:
    kind = assertion["type"]
    if kind == _SET:
        raise NoAssertion("a set cannot be negated")
    other = kind.removeprefix(_NEGATED) if kind.startswith(_NEGATED) else f"{_NEGATED}{kind}"
    return {**assertion, "type": other}


def _any_of(assertions: Sequence[Assertion]) -> list[Assertion]:
    """One of them holds."""
    if len(assertions) == 1:
        return list(assertions)
    return [_set(assertions, 1 / len(assertions))] if assertions else []


def _value(text: str) -> str:
    """A text of an assertion, which promptfoo renders, and loads where it names a file."""
    value = quoted(text)
    return f"{{{{ '{value[0]}' }}}}{value[1:]}" if value.startswith(LOADED) else value


def _steps(scorer: Scorer) -> list[str]:
    """What is done to the answer before: the scorer's transforms, and its options."""
    written = [transform.written for transform in scorer.transforms]
    steps = [step if isinstance(step, str) else "" for step in written]
    steps += ["strip"] if scorer.options.get("strip") else []
    return [*steps, *(["casefold"] if scorer.options.get("ignore_case") else [])]


def _through(scorer: Scorer, more: Sequence[str] = ()) -> dict[str, str]:
    """The transform of an assertion that sees the answer as the scorer does."""
    code = transform_code([*_steps(scorer), *more])
    if code is None:
        raise NoAssertion("it sees the answer through transforms that promptfoo has not")
    return {"transform": code}


def _untransformed(scorer: Scorer) -> None:
    if scorer.transforms:
        raise NoAssertion("it sees the answer through transforms")


def _prepared(scorer: Scorer, text: str) -> str:
    """A text as that code would change it."""
    for step in _steps(scorer):
        text = _CHANGES[step](text) if step in _CHANGES else text
    return text


def _named(scorer: Scorer) -> list[str]:
    """The texts of which one must be there, as the suite names them."""
    text = scorer.options.get("text")
    return [*([text] if text else []), *map(str, scorer.options.get("any", ()))]


def _same(kind: str, wanted: Sequence[str], scorer: Scorer) -> list[Assertion]:
    """One assertion of a kind about the answer as the scorer prepares it must hold."""
    prepared = dict.fromkeys(_prepared(scorer, text) for text in wanted)
    change = _through(scorer)
    return _any_of([{"type": kind, "value": _value(text), **change} for text in prepared])


def _contains(scorer: Scorer, case: Case) -> list[Assertion]:
    options, assertions = scorer.options, []
    every, none = options.get("all", ()), options.get("none", ())
    some = _named(scorer) or ([] if every or none else parts(case))
    one: Assertion
    for kind, wanted in (("any", some), ("all", every), ("none", none)):
        prepared = list(dict.fromkeys(_prepared(scorer, str(text)) for text in wanted))
        if not prepared:
            continue
        change = _through(scorer)
        negated = _NEGATED if kind == "none" else ""
        if len(prepared) == 1:
            one = {"type": f"{negated}contains", "value": _value(prepared[0])}
        else:
            name = f"{negated}contains-{'all' if kind == 'all' else 'any'}"
            one = {"type": name, "value": list(map(_value, prepared))}
        assertions.append({**one, **change})
    return assertions


def _matches(scorer: Scorer, _case: Case) -> list[Assertion]:
    _untransformed(scorer)
    if _ONLY_PYTHON.search(scorer.options["pattern"]):
        raise NoAssertion("its pattern is not JavaScript's")
    return [{"type": "regex", "value": _value(scorer.options["pattern"])}]


def _json_equals(scorer: Scorer, case: Case) -> list[Assertion]:
    _untransformed(scorer)
    wanted = without_spelling(json_of(case.expected))
    if isinstance(wanted, (Mapping, list)) and not _is_read(wanted):
        return [{"type": "equals", "value": wanted}]
    return [{"type": "javascript", "value": equal_code(wanted)}]


def _is_read(value: Any) -> bool:
    """Whether promptfoo would resolve something in a value, or load it."""
    if isinstance(value, Mapping):
        return "$ref" in value or any(map(_is_read, value.values()))
    if isinstance(value, list):
        return any(map(_is_read, value))
    return isinstance(value, str) and (value.startswith(LOADED) or "{{" in value)


def _json_schema(scorer: Scorer, _case: Case) -> list[Assertion]:
    _untransformed(scorer)
    schema = without_spelling(dict(scorer.options["schema"]))
    # As a text: promptfoo resolves a $ref of an object against the whole configuration.
    return [{"type": "is-json", **({"value": _value(json.dumps(schema))} if schema else {})}]


def _levenshtein(scorer: Scorer, case: Case) -> list[Assertion]:
    most = scorer.options["at_most"]
    if not most:
        raise NoAssertion("its score is no yes or no: at_most makes it one")
    wanted = dict.fromkeys(_prepared(scorer, text).strip() for text in texts(case))
    change = _through(scorer, ["strip"])
    return _any_of(
        [
            {"type": "levenshtein", "value": _value(text), "threshold": most, **change}
            for text in wanted
        ]
    )


def _overlap(kind: str, **only: Any) -> Callable[[Scorer, Case], list[Assertion]]:
    """A measure of overlap from a threshold on, with the options that promptfoo's has."""

    def make(scorer: Scorer, case: Case) -> list[Assertion]:
        if scorer.cut is None:
            raise NoAssertion("its score is no yes or no: a cut makes it one")
        if any(scorer.options[name] != value for name, value in only.items()):
            shown = ", ".join(f"{name}: {value}" for name, value in only.items())
            raise NoAssertion(f"promptfoo has it as {shown} alone")
        _untransformed(scorer)
        return _any_of(
            [
                {"type": kind, "value": _value(text), "threshold": scorer.cut}
                for text in dict.fromkeys(texts(case))
            ]
        )

    return make


def _length(scorer: Scorer, _case: Case) -> list[Assertion]:
    _untransformed(scorer)
    options = scorer.options
    least, most = options["at_least"], options["at_most"] or None
    if options["unit"] == "characters":
        return [{"type": "javascript", "value": length_code(least, most)}]
    if options["unit"] != "words":
        raise NoAssertion("promptfoo counts no tokens of an answer")
    limits = {"min": least or None, "max": most}
    value = {key: limit for key, limit in limits.items() if limit is not None}
    return [{"type": "word-count", "value": value}]


def _max_chars(scorer: Scorer, _case: Case) -> list[Assertion]:
    _untransformed(scorer)
    return [{"type": "javascript", "value": length_code(0, int(scorer.options["limit"]))}]


def _refusal(scorer: Scorer, _case: Case) -> list[Assertion]:
    _untransformed(scorer)
    if scorer.options["patterns"]:
        raise NoAssertion("it has patterns of its own")
    return [{"type": "is-refusal"}]


_ASSERTIONS: Mapping[str, Callable[[Scorer, Case], list[Assertion]]] = {
    "exact_match": lambda scorer, case: _same("equals", texts(case), scorer),
    "contains": _contains,
    "starts_with": lambda scorer, case: _same("starts-with", _named(scorer) or parts(case), scorer),
    "one_of": lambda scorer, _case: _same(
        "equals", list(map(str, scorer.options["labels"])), scorer
    ),
    "matches": _matches,
    "max_chars": _max_chars,
    "length": _length,
    "json_schema": _json_schema,
    "json_equals": _json_equals,
    "levenshtein": _levenshtein,
    "rouge_n": _overlap("rouge-n", n=1, measure="f1"),
    "bleu": _overlap("bleu", lowercase=True),
    "refusal": _refusal,
    "latency": lambda scorer, _case: [
        {"type": "latency", "threshold": seconds(scorer.options["at_most"]) * 1000}
    ],
    "cost": lambda scorer, _case: [
        {"type": "cost", "threshold": float(scorer.options["at_most_usd"])}
    ],
}
"""Kinds that have a counterpart, with the assertions that stand for them in a case."""
