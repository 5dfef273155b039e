"""Cases and the dataset that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from workbench.fingerprints import fingerprint, fingerprint_of_list, short

_SEED_DIGITS = 8
"""Hexadecimal digits of a fingerprint that make a seed; recorded evaluations depend on it."""
CASE_KEYS = frozenset({"id", "inputs", "expected", "tags", "split", "group"})
"""The keys of a row that are not inputs."""
TOOL_RESULTS = "tool_results"
"""A key of a row beside `inputs`. In a flat row it is an input, as it was in earlier releases."""
CHECKS = "checks"
"""A key of a row. In a flat row it is an input, as it was in earlier releases, unless it is a list
of scorers.
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a dataset."""

    id: str
    inputs: Mapping[str, Any]
    expected: Any = None
    tags: tuple[str, ...] = ()
    split: str | None = None
    group: str | None = None
    """Cases of one group (a conversation, a document) are not independent."""
    tool_results: Any = None
    """What the tools say that the model calls, see `datasets.tool_results`; None: it calls none."""
    checks: tuple[Any, ...] = ()
    """Scorers of the case's own, in the grammar of a suite's `scorers`."""

    def content(self) -> dict[str, Any]:
        """All of the case as plain JSON values."""
        return {
            "id": self.id,
            "inputs": self.inputs,
            "expected": self.expected,
            "tags": self.tags,
            "split": self.split,
            "group": self.group,
            **self._recorded(),
        }

    @property
    def digest(self) -> str:
        """Digest of inputs and expected answer, without the id, to recognise a case."""
        question = {"inputs": self.inputs, "expected": self.expected, **self._recorded()}
        return short(fingerprint(question))

    @property
    def question(self) -> Any:
        """What decides whether two cases ask the same: inputs, and what tools say."""
        return self.inputs if self.tool_results is None else [self.inputs, self.tool_results]

    def _recorded(self) -> dict[str, Any]:
        results = {} if self.tool_results is None else {TOOL_RESULTS: self.tool_results}
        return {**results, CHECKS: self.checks} if self.checks else results


@dataclass(frozen=True)
class Dataset:
    """Cases in file order; ids are unique."""

    name: str
    cases: tuple[Case, ...]
    source: str = ""
    """Its source, for display: a path, a table at a version."""
    notes: tuple[str, ...] = field(default=())
    """Notes of the reader for the user, such as made-up ids."""
    places: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Location of each case in the source by id: `line 3`."""
    unread: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Ignored keys beside `inputs`, each with its first location."""
    version: str = field(default="", compare=False, repr=False)
    """The version of its source, where that has one: `git 1a2b…`, `dvc 3c4d…`."""
    rows: int = field(default=0, compare=False, repr=False)
    """Rows of the source of which only the first cases were read; 0: all were read."""

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the parsed rows, so line ends and key order do not matter."""
        return fingerprint_of_list(case.content() for case in self.cases)

    @property
    def seed(self) -> int:
        """A seed from the fingerprint, so that the same cases are shuffled alike everywhere."""
        return int(self.fingerprint[:_SEED_DIGITS], 16)

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the splits, in order of first appearance."""
        return tuple(dict.fromkeys(case.split for case in self.cases if case.split))

    def only(self, split: str | None) -> Dataset:
        """The cases of one split; `None` or "all" gives every case."""
        if split is None or split == "all":
            return self
        cases = tuple(case for case in self.cases if case.split == split)
        return replace(self, cases=cases)

    def place_of(self, case: Case) -> str:
        """A case's location for messages: the source and its line or row."""
        place = self.places.get(case.id)
        return f"{self.source}: {place}" if place else self.source

    def case(self, case_id: str) -> Case | None:
        """The case of that id, if there is one."""
        return next((case for case in self.cases if case.id == case_id), None)
