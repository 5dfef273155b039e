"""A comparison of a sample, for an impression: it decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.datasets.values import Case
from workbench.present.verdict_lines import PREVIEW
from workbench.verdicts.comparison import undecided
from workbench.verdicts.looks import shuffled
from workbench.verdicts.values import Comparison


@dataclass(frozen=True, slots=True)
class Preview:
    """A seeded sample: the first `cases` of a shuffle of `available`."""

    cases: int
    available: int
    seed: int

    @property
    def reason(self) -> str:
        return f"a preview of {self.cases} of {self.available} cases decides nothing"

    def mark(self, found: Comparison) -> Comparison:
        """The same figures without a verdict, called a preview wherever they are shown."""
        marked = replace(found, details={**found.details, PREVIEW: True})
        return undecided(marked, self.reason)

    def sample(self, cases: Sequence[Case]) -> tuple[Case, ...]:
        """The sample in file order. A larger one of the same cases holds a smaller one."""
        order = shuffled([case.id for case in cases], {}, self.seed)
        chosen = set(order[: self.cases])
        return tuple(case for case in cases if case.id in chosen)
