"""Scorers as a record of the registry has them, made again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.child_process.source import source_of
from workbench.errors import SuiteError
from workbench.scorers.base import Scorer
from workbench.scorers.catalog import OF, judge_scorer, make_scorer, with_keys
from workbench.scorers.judges.judge import CONTENT, recorded_judge
from workbench.scorers.python_files import PYTHON, recorded_scorer

_WHERE = "the record"
Codes = Iterable[Mapping[str, Any]]
"""Contents of own code, as a record has them."""
Judges = Mapping[str, Mapping[str, Any]]
"""Contents of judges, by their fingerprint."""


def scorer_again(
    name: str, kind: str, options: Mapping[str, Any], codes: Codes, judges: Judges
) -> Scorer:
    """The scorer of a record's row. `kind`: where the suite gave it another name; own code that it
    runs and judges that it asks, itself or in its parts, are among `codes` and `judges`. Raises
    WorkbenchError.
    """
    judge = judges.get(str(options.get(CONTENT, "")))
    if judge is not None:
        made = judge_scorer(recorded_judge(options, judge), name, required=True, keys={})
        return with_keys(made, options)
    code = _code_of(options, codes)
    if code is not None:
        return with_keys(recorded_scorer(name, options, code), options)
    given = {**options, **({"name": name} if kind else {})}
    parts = tuple(_part(entry, codes, judges) for entry in given.pop(OF, ()))
    return make_scorer(kind or name, given, _WHERE, parts=parts)


def _part(entry: Mapping[str, Any], codes: Codes, judges: Judges) -> Scorer:
    ((kind, options),) = entry.items()
    if kind != PYTHON:
        return scorer_again(str(options.get("name", kind)), kind, options, codes, judges)
    if _code_of(options, codes) is None:
        raise SuiteError(f"{_WHERE}: the code of {options.get('name')} is not kept")
    own = {key: value for key, value in options.items() if key != "name"}
    return scorer_again(str(options["name"]), "", own, codes, judges)


def _code_of(options: Mapping[str, Any], codes: Codes) -> Mapping[str, Any] | None:
    """The code whose file and parts, by hash, are among the options; None: it runs none."""
    for content in codes:
        source = source_of(content)
        if {"file": source.path, **source.parts}.items() <= options.items():
            return content
    return None
