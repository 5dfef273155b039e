"""What an importer is: a reader of prompts and suites in another tool's or our own files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from workbench.exchange.losses import Loss
from workbench.prompts.values import Prompt
from workbench.runs.imported.values import ImportedRun


@dataclass(frozen=True, slots=True)
class ImportedSuite:
    """A suite, and its cases."""

    name: str
    prompt_id: str
    scorers: Sequence[Any]
    """As they stand in suite.yaml."""
    rows: Sequence[Mapping[str, Any]]
    """The cases as they stand in cases.jsonl."""
    gate: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file brings. It is data: it brings no address, no key and no code."""

    prompts: tuple[Prompt, ...] = ()
    losses: tuple[Loss, ...] = ()
    """What stands in the file and no draft or suite can hold, and what to do about it."""
    suites: tuple[ImportedSuite, ...] = ()
    variants: tuple[tuple[str, Prompt], ...] = ()
    """Further drafts of a prompt, by the name of the variant."""
    runs: tuple[ImportedRun, ...] = ()
    """What was answered there, each with a suite of `suites`."""


class Importer(Protocol):
    """A format that drafts and suites are made of.

    A plug-in brings one under an entry point in `workbench.importers`; the entry point's name is
    what `workbench import --format` calls it.
    """

    @property
    def summary(self) -> str:
        """What it reads, in one sentence."""

    @property
    def suffixes(self) -> Sequence[str]:
        """Of the files that may be of this format: `.json`."""

    def recognizes(self, path: Path, /) -> bool:
        """Whether a file, of any suffix, is of this format; cheap, and raises nothing."""

    def read(self, path: Path, /) -> Imported:
        """What stands in the file. Raises DraftError with its path for what is no prompt."""
