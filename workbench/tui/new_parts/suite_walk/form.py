"""What the walk through a new suite has gathered so far, and what was read of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.actions.workspace.new_parts.columns import Rows, file_rows, pasted_rows
from workbench.actions.workspace.new_parts.suite import Gate
from workbench.datasets.values import Case
from workbench.prompts.values import Prompt


@dataclass(frozen=True, slots=True)
class SuiteForm:
    """Plain values, as they are kept in `.workbench/unfinished`."""

    prompt_id: str
    text: str = ""
    """The pasted rows; empty: those of the file."""
    path: str = ""
    named: bool = True
    """The first row has the columns' names."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """By column."""
    scorers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The options that are set, by kind."""
    gate: Mapping[str, Any] = field(default_factory=dict)
    """Of `Gate`, where it was chosen."""
    name: str = ""

    @property
    def is_begun(self) -> bool:
        return bool(self.text.strip() or self.path)

    def read(self) -> Rows:
        """The rows. Raises DatasetError."""
        if self.path:
            return file_rows(Path(self.path))
        return pasted_rows(self.text, named=self.named)

    def content(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return asdict(self)


def kept_form(content: Mapping[str, Any], prompt_id: str) -> SuiteForm:
    """The form that was kept for this prompt, or an empty one."""
    empty = SuiteForm(prompt_id)
    if content.get("prompt_id") != prompt_id:
        return empty
    types = {name: type(value) for name, value in empty.content().items()}
    given = {k: v for k, v in content.items() if k in types and isinstance(v, types[k])}
    return replace(empty, **given)


@dataclass
class Walk:
    """The form, and what was read of it; each step adds to it."""

    form: SuiteForm
    prompt: Prompt | None = None
    """The draft, else the newest version, for the kinds of its inputs."""
    rows: Rows | None = None
    cases: tuple[Case, ...] = ()

    def change(self, **changes: Any) -> None:
        self.form = replace(self.form, **changes)

    def gate(self, proposed: Gate) -> Gate:
        """The gate that was chosen, or that one."""
        return Gate(**self.form.gate) if self.form.gate else proposed
