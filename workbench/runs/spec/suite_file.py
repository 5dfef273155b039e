"""Reads suite.yaml, checks it key by key, and reads its dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.child_process.source import workspace_of
from workbench.datasets.sources.beginning import first_cases, with_note
from workbench.datasets.sources.reading import read_source
from workbench.datasets.sources.spec import source_path
from workbench.datasets.values import Dataset
from workbench.errors import SuiteError
from workbench.prompts.files.strict_yaml import yaml_as_text
from workbench.providers.base import Outcome
from workbench.runs.spec.case_checks import with_checks
from workbench.runs.spec.case_schema import check_cases, schema_beside
from workbench.runs.spec.case_stream import BLOCK
from workbench.runs.spec.gate_margins import LATENCY, check_tags
from workbench.runs.spec.suite import (
    DEV_SPLIT,
    NOT_WORSE,
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

_SUITE = {"suite", "prompt", "dataset", "scorers", "faults", "gate", "run", "description"}
_FAULTS = {outcome.value: outcome for outcome in Outcome if outcome.is_models_fault}


def read_suite(
    path: Path, *, limit: int | None = None, split: str | None = None, streamed: bool = False
) -> Suite:
    """The suite in `path` with its dataset. Raises SuiteError or DatasetError.

    With a limit, of a very large dataset only the first cases of the split are read; so they are
    where the others are to be `streamed`.
    """
    where = str(path)
    data, text = parsed_suite(path)
    check_keys(data, _SUITE, where, SuiteError)
    head = head_of(data, path)
    faults = _faults(_mapping(data, "faults", where), f"{where}: faults")
    written = yaml_as_text(text, where, SuiteError)
    root = workspace_of(path)
    scorers = suite_scorers(data.get("scorers"), written.get("scorers"), where, root)
    dataset = _dataset(head, limit, split, streamed)
    scorers = tuple(scorer.with_faults(faults) for scorer in with_checks(scorers, dataset))
    suite = Suite(
        name=head.name,
        prompt_id=head.prompt_id,
        dataset=dataset,
        scorers=scorers,
        gate=_gate(data.get("gate") or {}, scorers, f"{where}: gate"),
        run=read_table(RunOptions, data.get("run") or {}, f"{where}: run", SuiteError),
        path=path,
        dataset_spec=head.dataset,
    )
    if suite.gate.slices and not dataset.rows:
        check_tags(suite.gate.slices, suite.gate_cases.cases, f"{where}: gate")
    return suite


def _dataset(head: SuiteHead, limit: int | None, split: str | None, streamed: bool) -> Dataset:
    """The suite's dataset, checked by a schema beside it."""
    path = source_path(head.dataset, head.path)
    first = None
    if head.dataset.is_plain and (limit is not None or streamed):
        first = first_cases(path, limit or BLOCK, split or DEV_SPLIT)
        if first and limit is not None:
            first = with_note(first)
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
    names = [scorer.name for scorer in scorers]
    required = tuple(scorer.name for scorer in scorers if scorer.required)
    policy = read_table(GatePolicy, data, where, SuiteError, scorers=required[:1] or (names[0],))
    gating = tuple(dict.fromkeys([*policy.scorers, *required]))
    reserved = next((name for name in names if name.startswith("@")), None)
    if reserved:
        raise SuiteError(
            f"{where}: a scorer cannot be named {reserved!r}: evidence keeps raw values under @",
            hint="another name",
        )
    for name in gating:
        if name not in names:
            raise SuiteError(
                f"{where}: {name!r} is no scorer of this suite", hint=did_you_mean(name, names)
            )
    baseline = None if policy.rule == THRESHOLD else policy.baseline
    policy = replace(policy, scorers=gating, baseline=baseline)
    _check_rule(policy, where)
    return policy


def _check_rule(policy: GatePolicy, where: str) -> None:
    """Raise SuiteError where a key does not fit the rule."""
    further = "slices" if policy.slices else "also" if policy.also else ""
    if policy.rule == THRESHOLD and policy.threshold is None:
        hint = "threshold: 0.8"
        raise SuiteError(f"{where}: the rule is a threshold, and none is set", hint=hint)
    if policy.extend and policy.rule != NOT_WORSE:
        raise SuiteError(f"{where}: extend goes with the rule {NOT_WORSE} alone")
    if policy.slices and policy.rule != NOT_WORSE:
        raise SuiteError(f"{where}: slices go with the rule {NOT_WORSE} alone")
    if further and policy.rule == THRESHOLD:
        raise SuiteError(f"{where}: also needs a baseline, which the rule {THRESHOLD} has not")
    slow = next((name for name, _ in policy.also if LATENCY.fullmatch(name)), None)
    if slow and policy.extend:
        raise SuiteError(
            f"{where}: {slow} cannot be extended: its interval is for planned looks",
            hint="leave extend or the latency out",
        )
    if further and policy.baseline is None:
        hint = "baseline: production"
        raise SuiteError(f"{where}: {further} needs a baseline to be compared with", hint=hint)


def _mapping(data: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = data.get(key) or {}
    if not isinstance(value, Mapping):
        raise SuiteError(f"{where}: {key} must be a mapping")
    return value
