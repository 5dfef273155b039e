"""Which of two versions a pairwise judge prefers, case by case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.actions.comparing.compare import Compared
from workbench.actions.running.calibrating import OnAhead, ask_pairs, judge_named, spent_on
from workbench.actions.session import Session
from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.providers.base import Answer, Outcome
from workbench.runs.spec.suite import NOT_WORSE, GatePolicy
from workbench.runs.spec.values import Result
from workbench.scorers.base import Scorer
from workbench.scorers.judges.judge import Judge
from workbench.scorers.judges.pair_judge import both_orders
from workbench.scorers.models import Models
from workbench.scorers.transforms import NotApplicable, seen_through
from workbench.verdicts.comparison import compare_shuffled
from workbench.verdicts.judges.pairwise import (
    TIE,
    A,
    B,
    PairMonitor,
    PairVerdict,
    monitor,
    pairs_of,
)
from workbench.verdicts.values import Comparison

_SAID = ({"first": A, "second": B, "tie": TIE}, {"first": B, "second": A, "tie": TIE})
"""Which side a place is: A was shown first, or B was."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What a pairwise judge says of a comparison."""

    judge: str
    comparison: Comparison
    policy: GatePolicy
    """The suite's, without a threshold: a preference has none."""
    monitor: PairMonitor
    verdicts: tuple[PairVerdict, ...]
    calls: int
    cost_usd: float | None


def prefer_by(
    session: Session,
    compared: Compared,
    name: str,
    *,
    budget_usd: float | None = None,
    on_ahead: OnAhead | None = None,
) -> Preference:
    """Ask the suite's pairwise judge `name` about both answers to every case, in both orders; equal
    answers are ties, and nobody is asked. Blocks. Of repeats the first counts.

    Raises UsageError, and ProviderError.
    """
    suite = compared.suite
    scorer, judge = judge_named(suite, name)
    if not isinstance(judge, Judge) or not judge.is_pairwise:
        raise UsageError(
            f"{name} judges one answer, and compares none",
            hint="a pairwise judge has the inputs first and second",
        )
    a, b = _first(compared.a.all_results), _first(compared.b.all_results)
    tasks = [
        PairQuestion(judge, scorer, case, a.get(case.id), b.get(case.id)) for case in compared.cases
    ]
    done = ask_pairs(session, suite, judge, tasks, budget_usd, on_ahead)
    verdicts = tuple(verdict for verdict, _ in done if verdict is not None)
    policy = replace(
        suite.gate, scorers=(name,), threshold=None, rule=NOT_WORSE, slices=(), also=()
    )
    pairs = pairs_of(verdicts, [case.group for case in compared.cases])
    comparison = compare_shuffled(pairs, policy, name, suite.dataset.seed)
    calls, cost = spent_on([reply for _, replies in done for reply in replies])
    return Preference(name, comparison, policy, monitor(verdicts), verdicts, calls, cost)


def _first(results: Sequence[Result]) -> dict[str, Answer]:
    return {result.case_id: result.answer for result in results if result.repeat == 0}


@dataclass(frozen=True, slots=True)
class PairQuestion:
    """The question about one case."""

    judge: Judge
    scorer: Scorer
    case: Case
    a: Answer | None
    b: Answer | None

    def __call__(self, models: Models) -> PairVerdict | None:
        if self.a is None or self.b is None or self.a.outcome.is_error or self.b.outcome.is_error:
            return PairVerdict(self.case.id, None, None, reason="an answer is missing")
        lacking = self.judge.lacks(self.case)
        if lacking:
            return PairVerdict(self.case.id, None, None, reason=lacking)
        one, other = self._seen(self.a), self._seen(self.b)
        if one is None or other is None:  # what the model spoilt loses to what it did not
            won = TIE if one is other else B if one is None else A
            return PairVerdict(self.case.id, won, won, unasked=True, reason="no text to compare")
        if one == other:
            return PairVerdict(self.case.id, TIE, TIE, unasked=True, reason="equal answers")
        orders = both_orders(self.judge, one, other, self.case, models)
        if orders is None:
            return None
        a_first, b_first = (
            places[order.verdict] if order.verdict else None
            for order, places in zip(orders, _SAID, strict=True)
        )
        reasons = " / ".join(order.reason for order in orders)
        return PairVerdict(self.case.id, a_first, b_first, False, len(one), len(other), reasons)

    def _seen(self, answer: Answer) -> str | None:
        """The text that is compared; None where the model gave none."""
        if answer.outcome is not Outcome.OK:
            return None
        try:
            text = seen_through(self.scorer.transforms, answer.text)
        except NotApplicable:
            return None
        return text if text.strip() else None
