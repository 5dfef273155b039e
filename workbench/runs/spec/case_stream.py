"""Which cases a run reads while it goes on, in place of a dataset in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.datasets.values import Case
from workbench.prompts.values import MESSAGES, Prompt
from workbench.runs.spec.suite import Suite

BLOCK = 500
"""Cases that are read and checked together."""
EVERY = "all"


@dataclass(frozen=True, slots=True)
class Position:
    """How far a run's cases were read: their number, and the sha256 of their contents so far."""

    cases: int
    digest: str


@dataclass(frozen=True, slots=True)
class Block:
    """Some cases of the dataset."""

    cases: tuple[Case, ...]
    """Those of the run, in the dataset's order."""
    lines: tuple[bytes, ...]
    """The canonical content of all of them."""
    position: Position
    """How far the run's cases were read with it."""


@dataclass(frozen=True)
class CaseStream:
    """What a run reads while it goes on, in place of a dataset in memory."""

    prompt: Prompt
    suite: Suite
    """Its dataset is the beginning of the file."""
    split: str
    """The cases of the run: those of one split, or all."""
    recorded: tuple[str, str, str] = ("", "", "")
    """Who runs it, why, and what from: for the record of the dataset's content."""

    @property
    def rows(self) -> int:
        """Rows of the file, which the run cannot have more cases than."""
        return self.suite.dataset.rows

    @property
    def path(self) -> Path:
        return Path(self.suite.dataset.source)


def may_stream(prompt: Prompt, suite: Suite) -> bool:
    """Whether each case can be checked by itself, given a few digests of the others.

    Examples are searched for in all cases, turns of a conversation are grouped across them, and
    features compute ahead of the calls.
    """
    leaves = [leaf for scorer in suite.scorers for leaf in scorer.leaves]
    return not (
        prompt.computed
        or prompt.examples
        or any(item.kind == MESSAGES for item in prompt.taken)
        or any(leaf.kind.of_case or leaf.kind.judge for leaf in leaves)
    )
