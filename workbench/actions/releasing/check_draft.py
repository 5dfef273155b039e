"""A suite's gate on a draft: the decision that an evaluation would come to, without a record."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.actions.comparing.compare import compare_many
from workbench.actions.comparing.gate_uses import note_comparison
from workbench.actions.comparing.side_runs import finished_run
from workbench.actions.refs import Source, resolve
from workbench.actions.releasing.gate_run import baseline_of
from workbench.actions.running import run as running
from workbench.actions.running.costs import OnPlanned, PlannedRun
from workbench.actions.session import Session
from workbench.runs.spec.suite import GATE_SPLIT, Suite
from workbench.verdicts.comparison import compare_threshold
from workbench.verdicts.conditions import Condition, gate_of
from workbench.verdicts.pairing import pair_results
from workbench.verdicts.values import Comparison, Gate


@dataclass(frozen=True)
class CheckedDraft:
    """A draft on all gate cases of a suite, against the gate's baseline if there is one."""

    source: Source
    suite: Suite
    baseline: str
    """Its version; empty: none was ever live, the threshold alone decides."""
    comparisons: tuple[Comparison, ...]
    """One per gating scorer, the headline scorer first."""
    conditions: tuple[Condition, ...]
    gate: Gate
    run_id: str


def check_draft(
    session: Session, prompt_id: str, suite: Suite, *, on_planned: OnPlanned | None = None
) -> CheckedDraft:
    """Run the draft on all gate cases, and the baseline where no stored run has them. Blocks.

    It counts as a use of the gate cases, as a comparison does. `on_planned` gets the runs to make.
    Raises UsageError like `compare`.
    """
    source = resolve(session, prompt_id)
    baseline = baseline_of(session, source, suite)
    if baseline is not None:
        best = compare_many(
            session, baseline, [source], suite.name, split=GATE_SPLIT, on_planned=on_planned
        )
        compared = best.candidates[0].compared
        return CheckedDraft(
            source,
            compared.suite,
            str(baseline.version),
            compared.comparisons,
            compared.beside.conditions,
            compared.gate,
            compared.b.summary.run_id,
        )
    suite = suite.for_prompts((source.prompt,))
    spec = running.make_spec(source, suite, split=GATE_SPLIT)
    if on_planned:
        on_planned([PlannedRun(spec)])
    run_id = finished_run(session, spec, source.name, None)
    note_comparison(session, suite, source.prompt, spec.cases)
    results = session.store.results(run_id)
    comparisons = tuple(
        compare_threshold(pair_results([], results, spec.cases, name), suite.gate, name)
        for name in suite.gate.scorers
    )
    return CheckedDraft(source, suite, "", comparisons, (), gate_of(comparisons, ()), run_id)
