"""What a gate makes of a judge's scores once they are corrected: never more than of them alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.runs.spec.suite import NO_REGRESSIONS, GatePolicy
from workbench.units import plural, points
from workbench.verdicts.judges.correction import Corrected, corrected
from workbench.verdicts.judges.errors import JudgeErrors
from workbench.verdicts.sequential_plan import MIN_FLIPS
from workbench.verdicts.statistics.agreement import Interval
from workbench.verdicts.statistics.case_counts import minimum_cases
from workbench.verdicts.values import CasePair, Comparison, Gate, Verdict

CORRECTED = "corrected"
"""Key of a comparison's details: `Corrected.content`."""
ROUNDING = 1e-12
"""Tolerance when a score is compared with the threshold."""


def by_correction(
    comparison: Comparison,
    pairs: Sequence[CasePair],
    people: Sequence[CasePair],
    errors: JudgeErrors,
    policy: GatePolicy,
    *,
    final: bool = True,
) -> Comparison:
    """The comparison of a judge's scores with the corrected figures beside the raw ones, and with
    what follows from both: it passes, or fails, only where both say so.

    `final`: this look is the only one; labels that are looked at again and again prove nothing.
    """
    known = corrected(pairs, people, errors.matrix, policy)
    verdict, reason = _claim(known, comparison, policy)
    if not final and verdict is not Verdict.UNDECIDED:
        verdict = Verdict.UNDECIDED
        reason = "a judge's scores are corrected at one look only, without extensions"
    gate = comparison.gate
    if gate is Gate.PASS and not _may_pass(verdict, known, policy):
        gate, reason = Gate.NO_DECISION, reason or _below(known.b, policy)
    elif gate is Gate.FAIL and not _may_fail(verdict, known, policy):
        gate = Gate.NO_DECISION
        reason = f"{comparison.reason}; corrected for the judge's errors, this does not hold"
    changed = gate is not comparison.gate
    return replace(
        comparison,
        verdict=_weaker(comparison.verdict, verdict),
        gate=gate,
        reason=reason if changed else comparison.reason,
        stopped="" if changed else comparison.stopped,
        more_cases=None,
        details={**comparison.details, CORRECTED: known.content()},
    )


def _weaker(raw: Verdict, claim: Verdict) -> Verdict:
    """What both support."""
    if raw is claim:
        return raw
    both = {raw, claim}
    return Verdict.NOT_WORSE if both == {Verdict.BETTER, Verdict.NOT_WORSE} else Verdict.UNDECIDED


def _claim(known: Corrected, raw: Comparison, policy: GatePolicy) -> tuple[Verdict, str]:
    """What the corrected figures support, and else why they support nothing."""
    if raw.difference is None:
        return _level_claim(known.b, policy)
    true, margin = known.difference, policy.margin
    if policy.rule == NO_REGRESSIONS:
        return Verdict.UNDECIDED, "a judge errs on single cases, and no_regressions counts them"
    if true is None:
        return Verdict.UNDECIDED, (
            f"how the judge errs on these two versions is not known: label both answers of"
            f" {known.wanted} cases or more"
        )
    enough = known.flips >= MIN_FLIPS
    if true.low > 0.0 and known.worst_low > 0.0 and enough:
        return Verdict.BETTER, ""
    if true.high < 0.0 and known.best_high < 0.0 and enough:
        return Verdict.WORSE, "corrected by people's labels, B is worse than A"
    n_min = minimum_cases(margin, policy.confidence)
    excluded = true.low > -margin and known.worst_low > -margin
    if excluded and raw.details.get("units", 0) >= n_min:
        return Verdict.NOT_WORSE, ""
    reason = f"corrected for the judge's errors, a loss of {100 * margin:g} points is not excluded"
    if known.is_measured:
        labelled = plural(known.labelled, "case")
        reason += f": at worst {points(true.low)}, by labels on {labelled}"
    return Verdict.UNDECIDED, reason


def _level_claim(score: Interval | None, policy: GatePolicy) -> tuple[Verdict, str]:
    threshold = policy.threshold
    if score is None or threshold is None:
        return Verdict.UNDECIDED, "there is no corrected score"
    if score.high < threshold:
        return Verdict.WORSE, _below(score, policy)
    if score.low >= threshold:
        return Verdict.BETTER, ""
    if score.value >= threshold - ROUNDING:
        return Verdict.NOT_WORSE, ""
    return Verdict.UNDECIDED, _below(score, policy)


def _below(score: Interval | None, policy: GatePolicy) -> str:
    value = "nothing" if score is None else f"{100 * score.value:.1f} %"
    wanted = f"{100 * (policy.threshold or 0.0):g} %"
    return f"corrected for the judge's errors, B scores {value}, below the threshold of {wanted}"


def _may_pass(verdict: Verdict, known: Corrected, policy: GatePolicy) -> bool:
    if policy.threshold is not None and _is_below(known.b, policy.threshold):
        return False
    if known.difference is None:
        return verdict in (Verdict.BETTER, Verdict.NOT_WORSE)
    if verdict is Verdict.WORSE:  # a little, inside the margin
        return min(known.difference.low, known.worst_low) > -policy.margin
    return verdict is not Verdict.UNDECIDED


def _may_fail(verdict: Verdict, known: Corrected, policy: GatePolicy) -> bool:
    below = policy.threshold is not None and _is_below(known.b, policy.threshold)
    return verdict is Verdict.WORSE or below


def _is_below(score: Interval | None, threshold: float) -> bool:
    return score is None or score.value < threshold - ROUNDING
