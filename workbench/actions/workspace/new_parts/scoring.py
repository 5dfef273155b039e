"""Scorers for new cases: which can be chosen, and which to begin with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.actions.workspace.new_parts.suite import scorer_entry
from workbench.datasets.json_values import as_text
from workbench.datasets.values import Case
from workbench.errors import PluginError, SuiteError
from workbench.prompts.files.strict_yaml import parse_yaml, yaml_as_text
from workbench.scorers.base import Kind, Scorer
from workbench.scorers.catalog import OWN, all_kinds, suite_scorers

SHORT_CHARS = 60
"""Up to here an expected answer is a label, to be met exactly."""
_LABEL = {"ignore_case": True, "strip": True}

Options = Mapping[str, Any]
Chosen = Mapping[str, Options]
"""The options that are set of each chosen scorer, by its kind."""


def offered_kinds() -> list[Kind]:
    """The kinds that a list can offer: not those of other scorers, own code or prompts."""
    kinds = (kind for kind in all_kinds() if not isinstance(kind, PluginError))
    return [kind for kind in kinds if not (kind.combine or kind.flips or kind.name in OWN)]


def proposed(cases: Iterable[Case]) -> Chosen:
    """What fits the expected answers of most cases; nothing where none is expected."""
    expected = [case.expected for case in cases if case.expected is not None]
    if not expected:
        return {}
    if _most(expected, _is_json):
        return {"json_equals": {}}
    if _most(expected, lambda one: len(as_text(one)) <= SHORT_CHARS and "\n" not in as_text(one)):
        return {"exact_match": _LABEL}
    return {"rouge_l": {}}


def _most(values: Sequence[Any], holds: Any) -> bool:
    return sum(map(bool, map(holds, values))) * 2 > len(values)


def _is_json(value: Any) -> bool:
    if isinstance(value, (dict, list)):
        return True
    text = as_text(value).strip()
    if not text.startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def entries_text(chosen: Chosen) -> str:
    """The scorers as they stand under `scorers` in suite.yaml."""
    return "".join(f"- {scorer_entry({name: one})}\n" for name, one in chosen.items())


def made(chosen: Chosen, root: Path) -> tuple[Scorer, ...]:
    """The scorers as a suite has them. Raises SuiteError, PluginError for a misfit."""
    entries = entries_text(chosen)
    data = parse_yaml(entries, "scorers", SuiteError)
    return suite_scorers(data, yaml_as_text(entries, "scorers", SuiteError), "scorers", root)
