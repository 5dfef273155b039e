"""Reads suite.yaml, checks it key by key, and reads its dataset."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.child_process.source import workspace_of
from workbench.datasets.sources.beginning import first_cases
from workbench.datasets.sources.reading import read_source
from workbench.datasets.sources.spec import source_path
from workbench.datasets.values import Dataset
from workbench.errors import SuiteError
from workbench.prompts.files.strict_yaml import yaml_as_text
from workbench.providers.base import Outcome
from workbench.runs.spec.case_checks import with_checks
from workbench.runs.spec.case_schema import check_cases, schema_beside
from workbench.runs.spec.gate_margins import LATENCY, Margins, also_of, check_tags, slices_of
from workbench.runs.spec.suite import (
    DEFAULT_BASELINE,
    DEFAULT_CONFIDENCE,
    DEFAULT_MARGIN,
    DEFAULT_MAX_MISSING,
    DEV_SPLIT,
    NOT_WORSE,
    RULES,
    THRESHOLD,
    GatePolicy,
    RunOptions,
    Suite,
)
from workbench.runs.spec.suite_head import SuiteHead, head_of, parsed_suite
from workbench.scorers.base import Scorer
from workbench.scorers.catalog import suite_scorers
from workbench.scorers.faults import FaultScore
from workbench.suggestions import did_you_mean
from workbench.typed_tables import check_keys, read_table
from workbench.units import seconds

_LEAST_CONFIDENCE = 0.5
_MOST_CONFIDENCE = 0.999
_PER_CENT = re.compile(r"\s*([0-9]+(?:[.,][0-9]+)?)\s*(%|per cent|percent|pts?|points?)?\s*")
_SUITE = {"suite", "prompt", "dataset", "scorers", "faults", "gate", "run", "description"}
_FAULTS = {outcome.value: outcome for outcome in Outcome if outcome.is_models_fault}
_GATE = {
    "scorer",
    "scorers",
    "baseline",
    "margin",
    "threshold",
    "confidence",
    "max_missing",
    "max_age",
    "rule",
    "min_cases",
    "extend",
    "slices",
    "also",
}


def read_suite(path: Path, *, limit: int | None = None, split: str | None = None) -> Suite:
    """The suite in `path` with its dataset. Raises SuiteError or DatasetError.

    With a limit, of a very large dataset only the first cases of the split are read.
    """
    where = str(path)
    data, text = parsed_suite(path)
    check_keys(data, _SUITE, where, SuiteError)
    head = head_of(data, path)
    faults = _faults(_mapping(data, "faults", where), f"{where}: faults")
    written = yaml_as_text(text, where, SuiteError)
    root = workspace_of(path)
    scorers = suite_scorers(data.get("scorers"), written.get("scorers"), where, root)
    dataset = _dataset(head, limit, split)
    scorers = tuple(scorer.with_faults(faults) for scorer in with_checks(scorers, dataset))
    suite = Suite(
        name=head.name,
        prompt_id=head.prompt_id,
        dataset=dataset,
        scorers=scorers,
        gate=_gate(_mapping(data, "gate", where), scorers, f"{where}: gate"),
        run=read_table(RunOptions, data.get("run") or {}, f"{where}: run", SuiteError),
        path=path,
        dataset_spec=head.dataset,
    )
    if suite.gate.slices and limit is None:
        check_tags(suite.gate.slices, suite.gate_cases.cases, f"{where}: gate")
    return suite


def _dataset(head: SuiteHead, limit: int | None, split: str | None) -> Dataset:
    """The suite's dataset, checked by a schema beside it."""
    path = source_path(head.dataset, head.path)
    first = None
    if limit is not None and head.dataset.is_plain:
        first = first_cases(path, limit, split or DEV_SPLIT)
    dataset = first or read_source(head.dataset, head.path)
    check_cases(dataset, schema_beside(path))
    return dataset


def _faults(data: Mapping[str, Any], where: str) -> dict[Outcome, FaultScore]:
    """How the model's own faults count, for those that are named."""
    check_keys(data, _FAULTS, where, SuiteError)
    known = [counts.value for counts in FaultScore]
    for name, counts in data.items():
        if counts not in known:
            hint = did_you_mean(str(counts), known)
            raise SuiteError(f"{where}: {name} cannot count as {counts!r}", hint=hint)
    return {_FAULTS[name]: FaultScore(counts) for name, counts in data.items()}


def _gate(data: Mapping[str, Any], scorers: tuple[Scorer, ...], where: str) -> GatePolicy:
    check_keys(data, _GATE, where, SuiteError)
    required = tuple(scorer.name for scorer in scorers if scorer.required)
    headline = data.get("scorer", data.get("scorers", required[:1] or (scorers[0].name,)))
    names = (headline,) if isinstance(headline, str) else headline
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise SuiteError(f"{where}: {headline!r} names no scorer", hint="scorer: exact_match")
    gating = tuple(dict.fromkeys([*names, *required]))
    reserved = next((scorer.name for scorer in scorers if scorer.name.startswith("@")), None)
    if reserved:
        raise SuiteError(
            f"{where}: a scorer cannot be named {reserved!r}: evidence keeps raw values under @",
            hint="another name",
        )
    for name in gating:
        if name not in {scorer.name for scorer in scorers}:
            hint = did_you_mean(str(name), [scorer.name for scorer in scorers])
            raise SuiteError(f"{where}: {name!r} is no scorer of this suite", hint=hint)
    rule = data.get("rule", NOT_WORSE)
    if rule not in RULES:
        hint = did_you_mean(str(rule), RULES)
        raise SuiteError(f"{where}.rule cannot be {rule!r}", hint=hint)
    baseline = data.get("baseline", DEFAULT_BASELINE)
    if rule == THRESHOLD:
        if data.get("threshold") is None:
            raise SuiteError(
                f"{where}: the rule is a threshold, and none is set", hint="threshold: 0.8"
            )
        baseline = None
    extend = _yes_or_no(data, "extend", where)
    if extend and rule != NOT_WORSE:
        raise SuiteError(f"{where}: extend goes with the rule {NOT_WORSE} alone")
    slices = slices_of(
        data.get("slices"),
        f"{where}.slices",
        lambda rule, place: _share(rule, "margin", place, DEFAULT_MARGIN),
    )
    also = also_of(data.get("also"), f"{where}.also")
    _check_further(slices, also, rule, extend, where)
    if (slices or also) and baseline in (None, "none"):
        raise SuiteError(
            f"{where}: {'slices' if slices else 'also'} needs a baseline to be compared with",
            hint="baseline: production",
        )
    age = _number(data, "max_age", where, None, _days)
    return GatePolicy(
        scorers=gating,
        baseline=None if baseline in (None, "none") else str(baseline),
        margin=_share(data, "margin", where, DEFAULT_MARGIN),
        threshold=None if data.get("threshold") is None else _share(data, "threshold", where, 0.0),
        confidence=_confidence(data, where),
        max_missing=_share(data, "max_missing", where, DEFAULT_MAX_MISSING),
        max_age_days=age,
        rule=rule,
        min_cases=_count(data, "min_cases", where, 0, 10**6) or None,
        extend=extend,
        slices=slices,
        also=also,
    )


def _check_further(slices: Margins, also: Margins, rule: str, extend: bool, where: str) -> None:
    """Raise SuiteError where a further margin does not fit the rule."""
    if slices and rule != NOT_WORSE:
        raise SuiteError(f"{where}: slices go with the rule {NOT_WORSE} alone")
    if also and rule == THRESHOLD:
        raise SuiteError(f"{where}: also needs a baseline, which the rule {THRESHOLD} has not")
    slow = next((name for name, _ in also if LATENCY.fullmatch(name)), None)
    if slow and extend:
        raise SuiteError(
            f"{where}: {slow} cannot be extended: its interval is for planned looks",
            hint="leave extend or the latency out",
        )


def _yes_or_no(data: Mapping[str, Any], key: str, where: str) -> bool:
    value = data.get(key, False)
    if not isinstance(value, bool):
        raise SuiteError(f"{where}.{key} must be true or false, not {value!r}")
    return value


def _days(text: str | float) -> float:
    return seconds(text) / 86400.0


def _number(
    data: Mapping[str, Any],
    key: str,
    where: str,
    usual: float | None,
    parse: Callable[[str | float], float],
) -> float | None:
    if data.get(key) is None:
        return usual
    try:
        return parse(data[key])
    except ValueError as error:
        raise SuiteError(f"{where}.{key}: {error}") from error


def _share(data: Mapping[str, Any], key: str, where: str, usual: float) -> float:
    value = data.get(key)
    if value is None:
        return usual
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise SuiteError(
            f"{where}.{key} must lie between 0 and 1, not {value!r}", hint=_as_share(key, value)
        )
    return float(value)


def _as_share(key: str, value: Any) -> str:
    """`threshold: 0.8` for `80 %`, `80` or `0.8` in quotes; or nothing."""
    match = _PER_CENT.fullmatch(str(value))
    if not match or isinstance(value, bool):
        return ""
    number = float(match[1].replace(",", "."))
    share = number / 100 if match[2] or number > 1 else number
    return f"{key}: {share:g}" if 0 <= share <= 1 else ""


def _confidence(data: Mapping[str, Any], where: str) -> float:
    value = _share(data, "confidence", where, DEFAULT_CONFIDENCE)
    if not _LEAST_CONFIDENCE <= value <= _MOST_CONFIDENCE:
        raise SuiteError(
            f"{where}.confidence must lie between {_LEAST_CONFIDENCE} and {_MOST_CONFIDENCE}"
        )
    return value


def _count(data: Mapping[str, Any], key: str, where: str, usual: int, most: int) -> int:
    value = data.get(key, usual)
    least = 1 if usual else 0
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise SuiteError(f"{where}.{key} must be a whole number from {least} to {most:,}")
    return value


def _mapping(data: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = data.get(key) or {}
    if not isinstance(value, Mapping):
        raise SuiteError(f"{where}: {key} must be a mapping")
    return value
