"""A comparison of a sample, for an impression: it decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.datasets.values import Case
from workbench.verdicts.looks import shuffled


@dataclass(frozen=True, slots=True)
class Preview:
    """A seeded sample: the first `cases` of a shuffle of `available`."""

    cases: int
    available: int
    seed: int

    @property
    def reason(self) -> str:
        return f"a preview of {self.cases} of {self.available} cases decides nothing"

    def sample(self, cases: Sequence[Case]) -> tuple[Case, ...]:
        """The sample in file order. A larger one of the same cases holds a smaller one."""
        order = shuffled([case.id for case in cases], {}, self.seed)
        chosen = set(order[: self.cases])
        return tuple(case for case in cases if case.id in chosen)
