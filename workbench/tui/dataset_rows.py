"""Rows of the datasets screen, and what it reads and writes in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.actions.bench import Bench
from workbench.datasets.values import Case
from workbench.datasets.writer import SUFFIX, add_case, free_id, replace_case
from workbench.errors import WorkbenchError
from workbench.runs.suite import Suite
from workbench.tui.case_rows import flat_json
from workbench.tui.filters import Value
from workbench.tui.table_model import Column, Sign

CASE_COLUMNS = (
    Column("case", "case", 10, frozen=True),
    Column("split", "split", 6),
    Column("input", "input", 30, grows=True),
    Column("expected", "expected", 16),
    Column("tags", "tags", 12),
    Column("group", "group", 10, hidden=True),
)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case of a dataset."""

    case: Case
    position: int

    @property
    def key(self) -> str:
        return self.case.id

    @property
    def sign(self) -> Sign:
        return ""

    @property
    def input(self) -> str:
        """All inputs, one after the other; with names where there are several."""
        inputs = self.case.inputs
        if len(inputs) == 1:
            return flat_json(next(iter(inputs.values())))
        return " · ".join(f"{name}: {flat_json(value)}" for name, value in inputs.items())

    def rank(self) -> tuple[Any, ...]:
        return (self.position,)

    def cell(self, column: str) -> str:
        value = self.value(column)
        return "" if value is None else str(value)

    def cell_sign(self, column: str) -> Sign:
        return "quiet" if column in ("split", "tags") else ""

    def haystack(self) -> str:
        case = self.case
        return "\n".join((case.id, self.input, flat_json(case.expected), *case.tags))

    def value(self, field: str) -> Value:
        case = self.case
        match field:
            case "case":
                return case.id
            case "split":
                return case.split
            case "input":
                return self.input
            case "expected":
                return flat_json(case.expected) or None
            case "tags":
                return " ".join(case.tags) or None
            case "group":
                return case.group
        return None


@dataclass(frozen=True)
class DatasetPage:
    """A suite's dataset, and the names of all suites."""

    suites: tuple[str, ...]
    suite: Suite | None
    problem: str = ""
    """Why the suite cannot be read."""

    @property
    def path(self) -> Path | None:
        """The file, where this program may write it."""
        if self.suite is None:
            return None
        path = Path(self.suite.dataset.source)
        return path if path.suffix.lower() == SUFFIX and path.is_file() else None


def read_datasets(bench: Bench, name: str | None) -> DatasetPage:
    """The named suite's dataset, else the first one's."""
    names = tuple(path.parent.name for path in bench.workspace.suite_paths())
    if not names and not name:
        return DatasetPage((), None)
    try:
        return DatasetPage(names, bench.workspace.suite(name or names[0]))
    except WorkbenchError as error:
        return DatasetPage(names, None, str(error))


def save_case(bench: Bench, path: Path, case: Case, replaces: str) -> str:
    """Add a case, or put it in another's place; says what was done."""
    del bench
    if replaces:
        replace_case(path, case, case_id=replaces)
        return f"changed {case.id} in {path.name}"
    add_case(path, case)
    return f"added {case.id} to {path.name}"


def blank_case(cases: Sequence[Case], like: Case | None = None) -> Case:
    """A new case with a free id: the inputs' names of the others, and `like`'s values."""
    taken = [case.id for case in cases]
    if like is not None:
        return Case(
            free_id(taken, like.id), dict(like.inputs), like.expected, like.tags, like.split
        )
    names = list(cases[0].inputs) if cases else ["input"]
    split = "dev" if any(case.split == "dev" for case in cases) else None
    return Case(free_id(taken), dict.fromkeys(names, ""), None, (), split)
