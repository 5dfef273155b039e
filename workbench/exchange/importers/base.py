"""What an importer is: a reader of prompts in another tool's or our own files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workbench.exchange.losses import Loss
from workbench.prompts.values import Prompt


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file brings. It is data: it brings no address, no key and no code."""

    prompts: tuple[Prompt, ...]
    losses: tuple[Loss, ...] = ()
    """What stands in the file and no draft can hold."""


class Importer(Protocol):
    """A format that drafts are made of.

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
