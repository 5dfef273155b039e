"""A comparison of a sample, for a first impression: it decides nothing."""

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
    """`cases` of `available`: the first of a shuffle by `seed`, or, without a seed, those that two
    stored runs share.
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

    def mark(self, comparison: Comparison) -> Comparison:
        """The same comparison without a verdict, marked as a preview."""
        marked = replace(comparison, details={**comparison.details, PREVIEW: True})
        return undecided(marked, self.reason)

    def sample(self, cases: Sequence[Case]) -> tuple[Case, ...]:
        """The sample in file order. A larger sample of the same cases contains a smaller one."""
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
    """A preview if one of two stored runs of these prompts covers only a part of its split."""
    split = split or runs[-1].split
    if len(cases) >= len(suite.cases(split)):
        return None
    available = len(suite.distinct_cases(split, prompts))
    if len(cases) >= available:
        return None
    # Runs of older releases do not record the number: they are of this dataset or an unknown one.
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
