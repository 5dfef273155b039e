"""Reproduces an evaluation, and says to which degree it succeeded."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

from workbench.actions.comparing.side_runs import OnRun
from workbench.actions.proving.asking import Asked, ask_again
from workbench.actions.proving.recorded import Recorded, recall, recorded_evaluation
from workbench.actions.running.costs import OnPlanned
from workbench.actions.session import Session
from workbench.verdicts.evidence import plan_of
from workbench.verdicts.sequential import LookDecision, conclude
from workbench.verdicts.values import CasePair, Comparison, Evidence


class Degree(enum.StrEnum):
    """How far a reproduction agrees with its evaluation."""

    SAME_ANSWERS = "same_answers"
    SAME_VERDICT = "same_verdict"
    OTHER_VERDICT = "other_verdict"


@dataclass(frozen=True)
class Reproduction:
    """An evaluation asked again."""

    recorded: Recorded
    asked: Asked
    degree: Degree
    decision: LookDecision
    """The gate's decision with today's answers of the candidate, and the recorded baseline's."""
    comparisons: tuple[Comparison, ...]
    """Today's answers of the candidate against its recorded ones, by gating scorer."""

    @property
    def evidence(self) -> Evidence:
        return self.recorded.record.evidence


def reproduce(
    session: Session,
    ref: str,
    *,
    suite_name: str | None = None,
    from_cache: bool = False,
    budget_usd: float | None = None,
    on_planned: OnPlanned | None = None,
    on_run: OnRun | None = None,
) -> Reproduction:
    """Ask the candidate of an evaluation again, from what was kept. Blocks.

    Raises NotReproducible before any call for what is not to be had any more, NotFound, and
    RunCutShort when the provider left cases out.
    """
    recorded = recall(session, recorded_evaluation(session, ref, suite_name))
    asked = ask_again(
        session,
        recorded,
        from_cache=from_cache,
        budget_usd=budget_usd,
        on_planned=on_planned,
        on_run=on_run,
    )
    evidence, policy = recorded.record.evidence, recorded.suite.gate
    decision = conclude(_with_answers_of_today(evidence, asked), plan_of(evidence, policy), policy)
    return Reproduction(
        recorded,
        asked,
        _degree(evidence, asked, decision),
        decision,
        asked.comparisons(policy, recorded.suite.dataset.seed),
    )


def _with_answers_of_today(evidence: Evidence, asked: Asked) -> Mapping[str, tuple[CasePair, ...]]:
    today = {name: {p.case_id: p for p in pairs} for name, pairs in asked.pairs.items()}
    return {
        name: tuple(
            replace(pair, b=today[name][pair.case_id].b, reason=today[name][pair.case_id].reason)
            for pair in pairs
        )
        for name, pairs in evidence.pairs.items()
        if name in today
    }


def _degree(evidence: Evidence, asked: Asked, decision: LookDecision) -> Degree:
    if asked.same_answers == asked.cases:
        return Degree.SAME_ANSWERS
    verdicts = [comparison.verdict for comparison in evidence.comparisons]
    again = [comparison.verdict for comparison in decision.comparisons]
    same = decision.gate is evidence.gate and again == verdicts
    return Degree.SAME_VERDICT if same else Degree.OTHER_VERDICT
