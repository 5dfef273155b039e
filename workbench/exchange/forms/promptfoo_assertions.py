"""promptfoo's assertions as scorers of ours that give the same verdict; else why there is none.

What each decides there was read from promptfoo 0.123. An assertion is listed and not imported where
the scorer nearest to it would decide otherwise.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from typing import Any

from workbench.datasets.json_values import as_text
from workbench.errors import SuiteError, UsageError
from workbench.exchange.forms.foreign import with_values
from workbench.exchange.forms.promptfoo_code import scorer_in, transforms_in
from workbench.prompts.files.strict_yaml import parse_yaml
from workbench.scorers.catalog import make_scorer

NOT = "not-"
_PLAIN_SLOT = re.compile(r"\{\{-?\s*([A-Za-z_][\w.]*)\s*-?\}\}")
_LITERAL = re.compile(r"\{\{ '([^'\\])' \}\}")
"""A sign that is no template, as `plain_templates.quoted` writes it."""
_TEMPLATE = re.compile(r"\{[{%#]")
_JS_ONLY = re.compile(r"\(\?<[A-Za-z]|\\[pPkcuU]|\(\?[a-z-]+\)")
"""What JavaScript's regular expressions read otherwise than Python's."""
_CODE = ("javascript", "python", "ruby")
_MODEL = (
    *("llm-rubric", "factuality", "model-graded-closedqa", "model-graded-factuality", "g-eval"),
    *("answer-relevance", "context-faithfulness", "context-recall", "context-relevance"),
    *("classifier", "moderation", "search-rubric", "conversation-relevance", "pi"),
)
_COMPARED = ("select-best", "max-score")


class Unmapped(Exception):
    """There is no scorer that decides the same; says why, and what to do."""


def check_of(assertion: Any, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The scorer's entry for an assertion of a test with these variables. Raises Unmapped."""
    if not isinstance(assertion, Mapping):
        raise Unmapped("it is no mapping")
    kind = str(assertion.get("type", ""))
    if kind == "assert-set":
        return _set(assertion, variables)
    negated = kind.startswith(NOT)
    name = kind.removeprefix(NOT)
    entry = _through(_made(name, assertion, variables), assertion)
    entry = {"not": entry} if negated else entry
    entry = _with(entry, {"weight": assertion.get("weight"), "name": assertion.get("metric")})
    _check(entry)
    return entry


def _made(
    name: str, assertion: Mapping[str, Any], variables: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The scorer's entry, without negation and transforms."""
    value = assertion.get("value")
    if name == "javascript" and isinstance(value, str) and (ours := scorer_in(value)):
        return ours
    make = MAKERS.get(name)
    if make is None:
        raise Unmapped(_why_not(name))
    return make(_rendered(value, variables), assertion)


def _through(entry: Mapping[str, Any], assertion: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with the assertion's transform, where that is one that we write."""
    code = assertion.get("transform")
    if not code and not assertion.get("contextTransform"):
        return dict(entry)
    steps = transforms_in(code) if isinstance(code, str) else None
    if steps is None or assertion.get("contextTransform"):
        raise Unmapped("its transform is code: use the transforms of a scorer")
    ((name, options),) = entry.items()
    more: dict[str, Any] = {}
    if "strip" in options:  # which the makers give where the scorer has both options
        more["strip"] = "strip" in steps
        more |= {"ignore_case": True} if "casefold" in steps else {}
        steps = [step for step in steps if step == "nfc"]
    return {name: {**options, **more, **({"transforms": steps} if steps else {})}}


def _check(entry: Mapping[str, Any]) -> None:
    name, options = next(iter(entry.items()))
    is_mapping = isinstance(options, Mapping)
    bare = {k: v for k, v in options.items() if k != "weight"} if is_mapping else options
    try:
        make_scorer(name, bare, "")
    except (SuiteError, UsageError) as error:
        raise Unmapped(error.message.strip(": ")) from error


def _with(entry: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with these options, as far as they are set."""
    given = {key: value for key, value in more.items() if value not in (None, "", 1)}
    if not given:
        return entry
    ((name, options),) = entry.items()
    if name == "not" or isinstance(options, list):
        return {name: {"of": options, **given}}
    return {name: {**options, **given}}


def _set(assertion: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """All of a set must hold, or their weighted score reaches the set's threshold."""
    given = assertion.get("assert")
    inner = [check_of(one, variables) for one in (given if isinstance(given, list) else ())]
    threshold = assertion.get("threshold")
    more = {"weight": assertion.get("weight"), "name": assertion.get("metric")}
    return _with(together(inner, threshold), more)


def together(checks: list[dict[str, Any]], threshold: Any) -> dict[str, Any]:
    """One check of several: all hold, or with a threshold their weighted mean reaches it."""
    if threshold is not None:
        if isinstance(threshold, bool) or not isinstance(threshold, (int, float)):
            raise Unmapped(f"its threshold {threshold!r} is no number")
        return {"mean_of": {"of": checks, "cut": float(threshold)}}
    # A weight of 0 is shown and decides nothing; any other weight matters to a threshold alone.
    deciding = [_without(check, "weight") for check in checks if _weight(check) != 0]
    if not deciding:
        raise Unmapped("nothing in it decides: every weight is 0")
    return deciding[0] if len(deciding) == 1 else {"all_of": deciding}


def _weight(check: Mapping[str, Any]) -> Any:
    options = next(iter(check.values()))
    return options.get("weight", 1) if isinstance(options, Mapping) else 1


def _without(check: dict[str, Any], key: str) -> dict[str, Any]:
    ((name, options),) = check.items()
    if not isinstance(options, Mapping) or key not in options:
        return check
    kept = {k: v for k, v in options.items() if k != key}
    return {name: kept["of"] if kept.keys() == {"of"} else kept}


def _why_not(name: str) -> str:
    if name in _CODE:
        return f"{name} is code: look at it, and write a scorer of your own (python:)"
    if name in _MODEL:
        return f"{name} asks a model: write a judge for it"
    if name in _COMPARED:
        return f"{name} compares answers: use workbench compare"
    return f"there is no scorer for {name or 'an assertion without a type'}"


def _rendered(value: Any, variables: Mapping[str, Any]) -> Any:
    """The value with its variables filled in, in a text and in the texts of a list alone."""
    if isinstance(value, list):
        return [_rendered(one, variables) if isinstance(one, str) else one for one in value]
    if not isinstance(value, str):
        return value
    if value.startswith(("file://", "package:")):
        raise Unmapped(f"it refers to {value}: put the value itself there")

    pieces = _LITERAL.split(value)
    for piece in pieces[::2]:
        if any(_TEMPLATE.search(text) for text in _PLAIN_SLOT.split(piece)[::2]):
            raise Unmapped("its value is a template with more than variables: write the value out")
    pieces[::2] = [with_values(piece, _PLAIN_SLOT, variables) for piece in pieces[::2]]
    return "".join(pieces)


def _text(value: Any) -> str:
    if isinstance(value, (Mapping, list)) or value is None:
        raise Unmapped(f"{value!r} is no text")
    return as_text(value)


def _needed(value: Any) -> str:
    text = _text(value)
    if not text:
        raise Unmapped("its value is empty, which promptfoo takes for an error")
    return text


def _several(value: Any) -> list[str]:
    """A text split at commas, quoted ones kept whole; a list as it stands."""
    if isinstance(value, list):
        return [as_text(one) for one in value]
    try:
        row = next(csv.reader([_needed(value)], skipinitialspace=True), [])
    except csv.Error as error:
        raise Unmapped(f"its list cannot be read: {error}") from error
    return [cell.strip() for cell in row if cell.strip()]


def _contains(key: str, ignore_case: bool) -> Callable[[Any, Any], dict[str, Any]]:
    """A scorer for one text (`text`), or for `any` or `all` of several."""

    def make(value: Any, _assertion: Any) -> dict[str, Any]:
        wanted = _needed(value) if key == "text" else _several(value)
        if not wanted:
            raise Unmapped("its list is empty: it passes all answers, or none")
        case = {"ignore_case": True} if ignore_case else {}
        return {"contains": {key: wanted, "strip": False, **case}}

    return make


def _equals(value: Any, _assertion: Any) -> dict[str, Any]:
    if isinstance(value, (Mapping, list)):
        return {"json_equals": {"expected": value}}
    return {"exact_match": {"expected": _text(value), "strip": False}}


def _starts_with(value: Any, _assertion: Any) -> dict[str, Any]:
    return {"starts_with": {"text": _needed(value), "strip": False}}


def _regex(value: Any, _assertion: Any) -> dict[str, Any]:
    pattern = _needed(value)
    if _JS_ONLY.search(pattern):
        raise Unmapped("its pattern reads otherwise in JavaScript: write it as matches")
    # JavaScript's \d, \w, \s and \b know ASCII alone, and $ is the end, not the line before it.
    ending = re.sub(r"(?<!\\)((?:\\\\)*)\$", r"\1\\Z", pattern)
    classes = "(?a)" if re.search(r"\\[dDwWbB]", pattern) else ""
    return {"matches": {"pattern": f"{classes}{ending}"}}


def _is_json(value: Any, _assertion: Any) -> dict[str, Any]:
    try:
        schema = parse_yaml(value, "its schema", UsageError) if isinstance(value, str) else value
    except UsageError as error:
        raise Unmapped(error.message) from error
    if schema is None:
        return {"json_schema": {}}
    if not isinstance(schema, Mapping):
        raise Unmapped("its schema is no mapping")
    return {"json_schema": {"schema": dict(schema)}}


def _latency(_value: Any, assertion: Mapping[str, Any]) -> dict[str, Any]:
    return {"latency": {"at_most": f"{_threshold(assertion):g}ms"}}


def _cost(_value: Any, assertion: Mapping[str, Any]) -> dict[str, Any]:
    return {"cost": {"at_most_usd": _threshold(assertion)}}


def _threshold(assertion: Mapping[str, Any], usual: float | None = None) -> float:
    threshold = assertion.get("threshold", usual)
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)):
        raise Unmapped("it has no threshold")
    return float(threshold)


def _contains_json(value: Any, assertion: Any) -> dict[str, Any]:
    ((name, options),) = _is_json(value, assertion).items()
    return {name: {**options, "transforms": ["strip_fence"]}}


def _levenshtein(value: Any, assertion: Mapping[str, Any]) -> dict[str, Any]:
    most = _threshold(assertion, 5)
    return {"levenshtein": {"expected": _text(value), "at_most": int(most)}}


def _overlap(kind: str, usual: float, **more: Any) -> Callable[[Any, Any], dict[str, Any]]:
    return lambda value, assertion: {
        kind: {"expected": _text(value), "cut": _threshold(assertion, usual), **more}
    }


def _word_count(value: Any, _assertion: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        limits = {"at_least": value.get("min"), "at_most": value.get("max")}
        return {"length": {key: limit for key, limit in limits.items() if limit is not None}}
    if not str(value).strip().isdigit():
        raise Unmapped(f"{value!r} is no number of words")
    return {"length": {"at_least": int(value), "at_most": int(value)}}


MAKERS: Mapping[str, Callable[[Any, Mapping[str, Any]], dict[str, Any]]] = {
    "contains": _contains("text", False),
    "icontains": _contains("text", True),
    "contains-any": _contains("any", False),
    "icontains-any": _contains("any", True),
    "contains-all": _contains("all", False),
    "icontains-all": _contains("all", True),
    "equals": _equals,
    "starts-with": _starts_with,
    "regex": _regex,
    "is-json": _is_json,
    "contains-json": _contains_json,
    "levenshtein": _levenshtein,
    "rouge-n": _overlap("rouge_n", 0.75),
    "bleu": _overlap("bleu", 0.5, lowercase=True),
    "word-count": _word_count,
    "is-refusal": lambda _value, _assertion: {"refusal": {}},
    "latency": _latency,
    "cost": _cost,
}
_FOLDED = "case is folded by Unicode's rules here: ß is ss"
_OTHERWISE = {
    **dict.fromkeys(("icontains", "icontains-any", "icontains-all"), _FOLDED),
    "contains-json": "JSON is looked for in the whole answer and in a code fence alone",
    "levenshtein": "white space at the ends does not count here",
    "rouge-n": "words are told apart by other rules, so that a score near the threshold may differ",
    "bleu": "sacrebleu smooths otherwise, so that a score near the threshold may differ",
    "is-refusal": "an empty answer is wrong here, and the phrases are others",
}


def differs(kind: str) -> str:
    """For which answers the scorer of a mapped assertion decides otherwise; empty: for none.

    An empty answer is wrong here, also where something is negated.
    """
    otherwise = _OTHERWISE.get(kind.removeprefix(NOT), "")
    if kind.startswith(NOT):
        return f"an empty answer is wrong here, too; {otherwise}".rstrip("; ")
    return otherwise
