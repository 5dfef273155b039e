"""Scorers for new cases: which to begin with, and what they say of a few answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.actions.workspace.new_parts.suite import scorer_entry
from workbench.datasets.json_values import as_text
from workbench.datasets.values import Case
from workbench.errors import PluginError, SuiteError
from workbench.prompts.files.strict_yaml import parse_yaml, yaml_as_text
from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.scoring import score_answer
from workbench.scorers.base import Kind, Score, Scorer
from workbench.scorers.catalog import all_kinds, suite_scorers

TRIED = 3
"""Cases on which scorers are tried."""
SHORT_CHARS = 60
"""Up to here an expected answer is a label, to be met exactly."""
_LABEL = {"ignore_case": True, "strip": True}

Options = Mapping[str, Any]
Chosen = Mapping[str, Options]
"""The options that are set of each chosen scorer, by its kind."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One case with an answer, and what each scorer says of it."""

    case: Case
    answer: str
    scores: Mapping[str, Score]


def offered_kinds() -> list[Kind]:
    """The kinds that a list can offer: all but those made of other scorers or of own code."""
    kinds = (kind for kind in all_kinds() if not isinstance(kind, PluginError))
    return [kind for kind in kinds if not (kind.combine or kind.flips or kind.name == "python")]


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


def made(chosen: Chosen, root: Path) -> tuple[Scorer, ...]:
    """The scorers as a suite has them. Raises SuiteError, PluginError for a misfit."""
    entries = "".join(f"- {scorer_entry({name: one})}\n" for name, one in chosen.items())
    data = parse_yaml(entries, "scorers", SuiteError)
    return suite_scorers(data, yaml_as_text(entries, "scorers", SuiteError), "scorers", root)


def tried(scorers: Sequence[Scorer], case: Case, answer: Answer) -> Tried:
    """What the scorers say of an answer to the case."""
    scores, _ = score_answer(scorers, answer, case)
    return Tried(case, answer.text or answer.error, scores)


def as_answered(case: Case, text: str | None = None) -> Answer:
    """That text as an answer; by default what the case expects itself."""
    said = as_text(case.expected) if text is None else text
    return Answer(Outcome.OK if said.strip() else Outcome.EMPTY, said)
