"""How the cases of two snapshots differ, matched by id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.datasets.values import Case


@dataclass(frozen=True, slots=True)
class ChangedCase:
    """One case before and after."""

    before: Case
    after: Case

    def fields(self) -> Iterator[tuple[str, Any, Any]]:
        """What differs: its name, such as `inputs.ticket`, and the old and new value; None is a
        field that is not there.
        """
        old, new = _flat(self.before), _flat(self.after)
        for name in dict.fromkeys([*old, *new]):
            # The texts tell 1 from 1.0, and 1.50 from 1.5.
            if repr(old.get(name)) != repr(new.get(name)):
                yield name, old.get(name), new.get(name)


@dataclass(frozen=True, slots=True)
class DatasetChanges:
    """Cases that were added, removed and changed, each in its dataset's order."""

    added: tuple[Case, ...]
    removed: tuple[Case, ...]
    changed: tuple[ChangedCase, ...]
    reordered: bool = False
    """The same cases in another order, and nothing else."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.reordered)


def changes_between(
    before: Iterable[Case], after: Iterable[Case], *, reordered: bool = False
) -> DatasetChanges:
    """The changes between the cases that only one of two snapshots has."""
    old = {case.id: case for case in before}
    new = {case.id: case for case in after}
    changes = DatasetChanges(
        added=tuple(case for case in new.values() if case.id not in old),
        removed=tuple(case for case in old.values() if case.id not in new),
        changed=tuple(ChangedCase(old[i], case) for i, case in new.items() if i in old),
    )
    return changes if changes or not reordered else DatasetChanges((), (), (), True)


def _flat(case: Case) -> Mapping[str, Any]:
    content = case.content()
    inputs = {f"inputs.{name}": value for name, value in content.pop("inputs").items()}
    del content["id"]
    return {**inputs, **content}
