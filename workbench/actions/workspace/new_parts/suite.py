"""A new suite: cases, scorers and a gate that the cases can decide. Nothing is ever overwritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.actions.workspace.new_parts.columns import (
    INPUT,
    ROLES,
    UNUSED,
    cases_of,
    file_rows,
    proposed_roles,
)
from workbench.actions.workspace.new_parts.names import NAME, check_name
from workbench.datasets.values import CHECKS, TOOL_RESULTS, Case
from workbench.errors import UsageError, WorkbenchError
from workbench.files import write_atomically
from workbench.json_text import dumps
from workbench.prompts.files.strict_yaml import flow_yaml
from workbench.prompts.values import Prompt
from workbench.runs.spec.suite import (
    DEFAULT_BASELINE,
    DEFAULT_MARGIN,
    MIN_CASES,
    NOT_WORSE,
    THRESHOLD,
)
from workbench.suggestions import did_you_mean
from workbench.verdicts.statistics.case_counts import excluded_sentence, proposed_rule
from workbench.workspace import EVALS, SUITE_FILE, Workspace

CASES = "cases.jsonl"
DEFAULT_THRESHOLD = 0.8


@dataclass(frozen=True, slots=True)
class Gate:
    """When a version may go live; shares of 1."""

    rule: str
    margin: float = DEFAULT_MARGIN
    threshold: float = DEFAULT_THRESHOLD
    baseline: str = DEFAULT_BASELINE
    min_cases: int | None = None
    """None: what a suite asks for that says nothing."""


@dataclass(frozen=True, slots=True)
class NewSuite:
    """A suite that was written."""

    path: Path
    cases: int
    roles: Mapping[str, str]
    """Of each column, as `proposed_roles` names them."""


def proposed_gate(cases: int) -> Gate:
    """The gate that so many cases can decide."""
    few = cases if cases < MIN_CASES else None
    return Gate(proposed_rule(cases, DEFAULT_MARGIN), min_cases=few)


def suite_text(
    name: str, prompt_id: str, scorers: Sequence[str | Mapping[str, Any]], gate: Gate, count: int
) -> str:
    """The suite.yaml of so many cases, with a comment on each line that needs one."""
    lines = [
        f"suite: {name}",
        f"prompt: {prompt_id}",
        f"dataset: {CASES}",
        _noted("scorers:", "workbench scorers lists all of them"),
        *(f"  - {scorer_entry(scorer)}" for scorer in scorers),
        "gate:",
        f"  # {excluded_sentence(count, gate.margin)}",
        f"  rule: {gate.rule}",
    ]
    if gate.rule != THRESHOLD:
        if gate.baseline == DEFAULT_BASELINE:
            why = "what is live there; none yet: the threshold alone decides"
            lines.append(_noted(f"  baseline: {gate.baseline}", why))
        else:
            lines.append(f"  baseline: {gate.baseline}")
        if gate.rule == NOT_WORSE:
            margin = f"  margin: {gate.margin:g}"
            lines.append(_noted(margin, "not worse than the baseline by more than this"))
    lines.append(_noted(f"  threshold: {gate.threshold:g}", "and never below this"))
    if gate.min_cases is not None:
        lines.append(_noted(f"  min_cases: {gate.min_cases}", f"{MIN_CASES} unless it says so"))
    return "\n".join([*lines, ""])


def _noted(line: str, why: str) -> str:
    return f"{line:<31} # {why}"


def scorer_entry(scorer: str | Mapping[str, Any]) -> str:
    """The entry under `scorers`, in one line."""
    if isinstance(scorer, str):
        return scorer
    name, options = next(iter(scorer.items()))
    return f"{name}: {flow_yaml(options)}" if options else name


def write_suite(workspace: Workspace, name: str, cases: Sequence[Case], content: str) -> Path:
    """Write the cases and suite.yaml in a folder of their own; the suite is read once, as a check.

    Raises UsageError when the folder is there, SuiteError or DatasetError for what is no suite.
    """
    check_name(name, "suite", NAME)
    folder = workspace.root / EVALS / name
    if _is_taken(folder):
        raise UsageError(f"there is a folder {folder} already", hint="take another name")
    # The cases first, so that an existing suite always has them.
    lines = "".join(f"{dumps(_row(case), allow_nan=False)}\n" for case in cases)
    write_atomically(folder / CASES, lines)
    write_atomically(folder / SUITE_FILE, content)
    try:
        workspace.suite(str(folder))
    except WorkbenchError:
        for path in (folder / SUITE_FILE, folder / CASES):
            path.unlink()
        folder.rmdir()
        raise
    return folder / SUITE_FILE


def free_name(workspace: Workspace, wanted: str) -> str:
    """That name, or with the first number that makes it one of no suite yet."""
    name, number = wanted, 2
    while _is_taken(workspace.root / EVALS / name):
        name, number = f"{wanted}-{number}", number + 1
    return name


def _is_taken(folder: Path) -> bool:
    return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))


def _row(case: Case) -> dict[str, Any]:
    fields = {
        "id": case.id,
        "inputs": dict(case.inputs),
        "expected": case.expected,
        "tags": list(case.tags) or None,
        "split": case.split,
        "group": case.group,
        TOOL_RESULTS: case.tool_results,
        CHECKS: list(case.checks) or None,
    }
    return {key: value for key, value in fields.items() if value is not None}


def new_suite(
    workspace: Workspace,
    name: str,
    cases: Path,
    prompt_id: str = "",
    scorers: Sequence[str] = ("exact_match",),
    columns: Mapping[str, str] | None = None,
) -> NewSuite:
    """Write a suite on the cases in a file, which are copied beside it.

    `columns` is the column by input, or by `id`, `expected`, `tags`, `split`, `group`; the others
    go by their names. Raises UsageError when the suite is there, DatasetError or SuiteError for
    what cannot be read.
    """
    check_name(name, "suite", NAME)
    rows = file_rows(cases)
    given: dict[str, str] = {}
    for field, column in (columns or {}).items():
        if column not in rows.columns:
            hint = did_you_mean(column, rows.columns)
            raise UsageError(f"the cases have no column {column!r}", hint=hint)
        given[column] = field if field in ROLES else f"{INPUT}{field}"
    prompt_id = prompt_id or name
    prompt = draft_prompt(workspace, prompt_id)
    roles = _roles(rows.columns, given, [i.name for i in prompt.inputs] if prompt else [])
    made = cases_of(rows, roles, prompt)
    gate = proposed_gate(len(made))
    content = suite_text(name, prompt_id, scorers, gate, len(made))
    return NewSuite(write_suite(workspace, name, made, content), len(made), roles)


def _roles(
    columns: Sequence[str], given: Mapping[str, str], inputs: Sequence[str]
) -> dict[str, str]:
    """The given roles, and what the names of the other columns propose beside them."""
    taken = set(given.values())
    free = [name for name in inputs if f"{INPUT}{name}" not in taken]
    proposed = proposed_roles([column for column in columns if column not in given], free)
    beside = {c: UNUSED if role in taken else role for c, role in proposed.items()}
    return {column: {**beside, **given}[column] for column in columns}


def draft_prompt(workspace: Workspace, prompt_id: str) -> Prompt | None:
    """The prompt of that draft, for the kinds of its inputs; None where there is no draft of it.
    Raises DraftError.
    """
    path = workspace.draft_path(prompt_id)
    return workspace.read_draft(path).prompt if path else None
