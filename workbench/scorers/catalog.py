"""The kinds of scorers, and how a suite names one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from workbench.datasets.json_values import as_text
from workbench.datasets.values import Case
from workbench.errors import PluginError, SuiteError
from workbench.plugins import Entry, KindTable, Loaders
from workbench.providers.base import Answer
from workbench.scorers import cost, python_files, similarity, structure, text
from workbench.scorers.base import Kind, Score, ScoreFunction, Scorer, ScorerKind
from workbench.typed_options import Option, options_problem, read_options

KINDS: Mapping[str, Kind] = {
    kind.name: kind for family in (text, structure, similarity, cost) for kind in family.KINDS
}
"""Those that are built in."""
OWN: Mapping[str, Kind] = {python_files.PYTHON: python_files.KIND}
"""Kinds whose code is the workspace's own, made for each entry of a suite, see `make_scorers`."""
COMMON = {"required": Option(True, "false: the scorer is shown and never gates.")}
"""Options that every scorer takes."""


@cache
def _builtin() -> Loaders[ScorerKind]:
    known = {**KINDS, **OWN}
    return {name: partial(known.__getitem__, name) for name in known}


def _misfit(kind: ScorerKind) -> str:
    if not all(isinstance(text, str) for text in (kind.summary, kind.example)):
        return "its summary or example is no text"
    if not isinstance(kind.revision, int):
        return "its revision is no whole number"
    problem = options_problem(kind.options)
    if not problem and kind.options.keys() & COMMON.keys():
        return f"its options have a name that every scorer takes: {', '.join(COMMON)}"
    return problem


TABLE: KindTable[ScorerKind] = KindTable(
    "workbench.scorers", "scorer", ScorerKind, _builtin, _misfit
)


def all_kinds() -> list[Kind | PluginError]:
    """Every kind by name; for a plug-in that cannot be used, the error that says why."""
    return [one if isinstance(one, PluginError) else _kind(one) for one in TABLE.all()]


def find_kind(name: str, where: str = "") -> Kind:
    """The kind of that name. Raises SuiteError with the nearest known one, or PluginError."""
    return _kind(TABLE.get(name, where, SuiteError))


def make_scorers(
    name: str,
    given: Mapping[str, Any],
    where: str,
    written: Mapping[str, Any] | None,
    root: Path,
) -> tuple[Scorer, ...]:
    """The scorers of one entry: one, but for own code that gives several scores. `root` is the
    workspace's folder. Raises like `make_scorer`, and CodeError.
    """
    if name not in OWN:
        return (make_scorer(name, given, where, written),)
    where = f"{where}: {name}"
    named = {**python_files.OPTIONS, **COMMON, "name": Option("", "Its name.")}
    options = read_options(given, named, where, SuiteError)
    required, own_name = options.pop("required"), options.pop("name")
    own = python_files.own_scorer(options, own_name, root, where)
    return tuple(Scorer(kind, own.options, required) for kind in own.kinds())


def make_scorer(
    name: str, given: Mapping[str, Any], where: str, written: Mapping[str, Any] | None = None
) -> Scorer:
    """The scorer `name` with its options checked. Raises SuiteError naming what is wrong.

    `written` has the options with every scalar as the text that stands in the file.
    """
    kind = find_kind(name, where)
    here = f"{where}: {name}"
    options = read_options(given, {**kind.options, **COMMON}, here, SuiteError)
    required = options.pop("required")
    for key in given.keys() & options.keys():
        if options[key] == {}:
            hint = "leave it out where every JSON value is right"
            raise SuiteError(f"{here}.{key} is empty", hint=hint)
        if isinstance(options[key], list):
            texts = (written or {}).get(key) or [as_text(item) for item in options[key]]
            pairs = zip(options[key], texts, strict=True)
            options[key] = [_label(*pair, f"{here}.{key}") for pair in pairs]
    problem = kind.check(options)
    if problem:
        raise SuiteError(f"{here}: {problem}")
    return Scorer(kind, options, required)


def _label(value: Any, written: Any, where: str) -> Any:
    """A label that reads as it is written: `true` and 1.50 are no Python values here."""
    if isinstance(value, (dict, list)) or (value is None and not written):
        raise SuiteError(f"{where}: {value!r} is no label", hint="a text, quoted if it is empty")
    return value if str(value) == written else written


def _kind(entry: Entry[ScorerKind]) -> Kind:
    """A plug-in's kind as one of ours."""
    kind = entry.kind
    if entry.plugin is None:
        return KINDS.get(entry.name) or OWN[entry.name]
    if not isinstance(kind, Kind):
        kind = Kind(
            entry.name,
            kind.summary,
            kind.score,
            kind.options,
            kind.revision,
            check=kind.check,
            example=kind.example,
        )
    score = partial(_score, kind.score)
    return replace(kind, name=entry.name, score=score, plugin=entry.plugin)


def _score(score: ScoreFunction, answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    """What a plug-in's scorer says. Raises TypeError when that is no score."""
    result = score(answer, case, options)
    if not isinstance(result, Score) or not isinstance(result.reason, str):
        raise TypeError(f"it gave {type(result).__name__}, not a Score")
    return result
