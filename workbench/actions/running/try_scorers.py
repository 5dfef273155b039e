"""What scorers make of example answers: no run, no call, nothing stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.datasets.values import Case
from workbench.errors import SuiteError
from workbench.prompts.files.strict_yaml import parse_yaml, yaml_as_text
from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.scoring import score_answer
from workbench.scorers.base import Score
from workbench.scorers.catalog import suite_scorers
from workbench.scorers.python_files import opened_code

WHERE = "scorers"


@dataclass(frozen=True, slots=True)
class Example:
    """An answer as a model might give it, and what its case expects."""

    answer: str
    expected: Any = None
    inputs: Mapping[str, Any] | None = None
    tags: tuple[str, ...] = ()


def try_scorers(
    entries: str, examples: Sequence[Example], root: Path | None
) -> list[dict[str, Score]]:
    """The scores of each example by scorer, as a run would give them.

    `entries` is YAML as it stands under `scorers:` in suite.yaml: a list, or one entry. `root` is
    the workspace's folder; own code is read there, and runs once it was allowed.

    Raises SuiteError for what is wrong with the entries, CodeError and CodeNotAllowed.
    """
    data = parse_yaml(entries, WHERE, SuiteError)
    written = yaml_as_text(entries, WHERE, SuiteError)
    if not isinstance(data, list):
        data, written = [data], [written]
    scorers = suite_scorers(data, written, WHERE, root)
    scored = []
    with opened_code(scorers):
        for number, each in enumerate(examples, 1):
            case = Case(str(number), each.inputs or {}, each.expected, each.tags)
            outcome = Outcome.OK if each.answer.strip() else Outcome.EMPTY
            answer = Answer(outcome, each.answer, finish_reason="stop")
            scored.append(score_answer(scorers, answer, case)[0])
    return scored
