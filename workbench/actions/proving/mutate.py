"""Break a prompt in planned ways and see which breakages a suite notices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from workbench.actions.comparing.compare import pair_up
from workbench.actions.comparing.side_runs import OnRun, plan_side, side_of
from workbench.actions.proving.suite_check import MUTANT
from workbench.actions.refs import Source
from workbench.actions.running.costs import OnPlanned, PlannedRun
from workbench.actions.session import Session
from workbench.errors import UsageError
from workbench.prompts.mutations import Mutant, mutants
from workbench.runs.spec.suite import NOT_WORSE, Suite
from workbench.verdicts.values import Comparison, Gate


@dataclass(frozen=True, slots=True)
class Noticed:
    """A breakage, compared with the prompt as it is."""

    mutant: Mutant
    comparison: Comparison
    gate: Gate
    """Of the broken prompt against the whole one."""

    @property
    def is_noticed(self) -> bool:
        """Whether the gate would stop it."""
        return self.gate is not Gate.PASS


def _mutants(source: Source, suite: Suite) -> tuple[Mutant, ...]:
    """What would be broken. Raises UsageError where the prompt holds nothing to break."""
    labels = Counter(
        case.expected for case in suite.dataset.cases if isinstance(case.expected, str)
    )
    broken = mutants(source.prompt, [label for label, _ in labels.most_common()])
    if not broken:
        raise UsageError(
            f"{source.name} holds no example, rule or label that could be broken",
            hint="a prompt of one line with its placeholder cannot be mutated",
        )
    return broken


def mutate(
    session: Session,
    source: Source,
    suite: Suite,
    split: str | None,
    *,
    on_planned: OnPlanned | None = None,
    on_run: OnRun | None = None,
) -> tuple[Noticed, ...]:
    """Run every mutant and the prompt itself on the split, running what is missing. Blocks.

    `on_planned` gets the runs before their first call. Raises UsageError as a comparison does.
    """
    # A threshold alone compares nothing; here the whole prompt is the baseline.
    gate = replace(suite.gate, rule=NOT_WORSE, slices=(), also=())
    suite = replace(suite.for_prompts([source.prompt]), gate=gate)
    cases = suite.distinct_cases(split, [source.prompt])
    broken = _mutants(source, suite)
    sides = [
        plan_side(session, one, suite, split, cases=cases)
        for one in (source, *(_source(mutant) for mutant in broken))
    ]
    if on_planned:
        on_planned([PlannedRun(side.spec) for side in sides if side.spec and not side.run_id])
    whole, *others = [side_of(session, side, on_run) for side in sides]
    compared = [pair_up(whole, other, suite, split) for other in others]
    return tuple(
        Noticed(mutant, one.headline, one.gate)
        for mutant, one in zip(broken, compared, strict=True)
    )


def _source(mutant: Mutant) -> Source:
    return Source(mutant.prompt, f"{MUTANT}{mutant.what}")
