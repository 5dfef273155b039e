"""Cases and the dataset that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from workbench.fingerprints import fingerprint, short

CASE_KEYS = frozenset({"id", "inputs", "expected", "tags", "split", "group"})
"""The keys of a row that are not inputs of their own."""


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

    def content(self) -> dict[str, Any]:
        """All of the case as plain JSON values."""
        return {
            "id": self.id,
            "inputs": self.inputs,
            "expected": self.expected,
            "tags": self.tags,
            "split": self.split,
            "group": self.group,
        }

    @property
    def digest(self) -> str:
        """Of what is asked and expected, under whatever id: a case is known again by this."""
        return short(fingerprint({"inputs": self.inputs, "expected": self.expected}))


@dataclass(frozen=True)
class Dataset:
    """Cases in file order; ids are unique."""

    name: str
    cases: tuple[Case, ...]
    source: str = ""
    """Where it came from, in words: a path, a table at a version."""
    notes: tuple[str, ...] = field(default=())
    """What the reader wants the user to know, such as made-up ids."""
    places: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Where each case stands in the source, by its id: `line 3`."""
    unread: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Keys beside `inputs` that nothing reads, and where each stands first."""

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the parsed rows, so line ends and key order do not matter."""
        return fingerprint([case.content() for case in self.cases])

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
        """Where a case stands, for messages: the source and the line or row in it."""
        place = self.places.get(case.id)
        return f"{self.source}: {place}" if place else self.source

    def case(self, case_id: str) -> Case | None:
        """The case of that id, if there is one."""
        return next((case for case in self.cases if case.id == case_id), None)
