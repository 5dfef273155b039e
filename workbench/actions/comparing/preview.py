"""A comparison of a sample, for an impression: it decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.datasets.values import Case
from workbench.present.verdict_lines import PREVIEW
from workbench.prompts.values import Prompt
from workbench.runs.spec.environment import AVAILABLE
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import RunSummary
from workbench.verdicts.comparison import undecided
from workbench.verdicts.sequential_plan import shuffled
from workbench.verdicts.values import Comparison


@dataclass(frozen=True, slots=True)
class Preview:
    """`cases` of `available`: the first of a shuffle by `seed`, or those that two stored runs were
    asked, whatever chose them (no seed).
    """

    cases: int
    available: int
    seed: int | None = None

    @property
    def reason(self) -> str:
        shown = f"{self.cases} of {self.available} cases"
        if self.seed is None:
            return f"only {shown} were asked on both sides, which decides nothing"
        return f"a preview of {shown} decides nothing"

    def mark(self, found: Comparison) -> Comparison:
        """The same figures without a verdict, called a preview wherever they are shown."""
        marked = replace(found, details={**found.details, PREVIEW: True})
        return undecided(marked, self.reason)

    def sample(self, cases: Sequence[Case]) -> tuple[Case, ...]:
        """The sample in file order. A larger one of the same cases holds a smaller one."""
        if self.seed is None:
            return tuple(cases)
        order = shuffled([case.id for case in cases], {}, self.seed)
        chosen = set(order[: self.cases])
        return tuple(case for case in cases if case.id in chosen)


def part_of(
    suite: Suite,
    split: str | None,
    cases: Sequence[Case],
    runs: Sequence[RunSummary],
    prompts: Sequence[Prompt],
) -> Preview | None:
    """What two stored runs of these prompts share is a preview where one of them asked a part of
    its split.
    """
    split = split or runs[-1].split
    if len(cases) >= len(suite.cases(split)):
        return None
    available = len(suite.distinct_cases(split, prompts))
    if len(cases) >= available:
        return None
    # A run that noted nothing was made by an older version: of this dataset, or of one unknown.
    noted = [
        run.environment.get(
            AVAILABLE,
            available if run.suite_parts.get("dataset") == suite.parts["dataset"] else 0,
        )
        for run in runs
    ]
    if any(run.cases < of for run, of in zip(runs, noted, strict=True)):
        return Preview(len(cases), available)
    return None
