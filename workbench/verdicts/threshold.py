"""The gate without a baseline: the candidate's score against the threshold."""

from __future__ import annotations

import math

from workbench.runs.spec.suite import GatePolicy
from workbench.units import plural
from workbench.verdicts.gate import ROUNDING
from workbench.verdicts.sample import Sample
from workbench.verdicts.statistics.case_counts import binomial_tail
from workbench.verdicts.values import Gate, Verdict


def judge_threshold(
    sample: Sample,
    policy: GatePolicy,
    low: float | None,
    high: float | None,
    seen: int,
    planned: int,
    least: int,
) -> tuple[Verdict, Gate, str]:
    """The verdict is about the interval, the gate about the score itself.

    Better: the interval lies at or above the threshold; worse: below it, and in both cases the
    binomial chance agrees, as Wilson's interval is too short near 0 and 1. Not worse: the score
    reaches it, though luck could have lifted it there.
    """
    score, threshold = sample.score_b, policy.threshold
    undecided = Verdict.UNDECIDED, Gate.NO_DECISION
    if score is None or low is None or high is None:
        return *undecided, "no case has a score"
    if threshold is None:
        return *undecided, "there is neither a baseline nor a threshold to judge by: set one"
    if sample.missing_share > policy.max_missing:
        return (
            *undecided,
            f"{100 * sample.missing_share:.1f} % of the scores are missing, more than the"
            f" {100 * policy.max_missing:g} % that the gate allows; run the missing cases again",
        )
    if seen < planned:
        return *undecided, f"only {seen} of {planned} planned cases were run; run the rest"
    if score < threshold - ROUNDING:
        worse = high < threshold and _is_beyond(1.0 - score, 1.0 - threshold, sample, policy)
        verdict = Verdict.WORSE if worse else Verdict.UNDECIDED
        reason = f"B scores {100 * score:.1f} %, below the threshold of {100 * threshold:g} %"
        return verdict, Gate.FAIL, reason
    units = sample.complete.units
    if units < least:
        return (
            *undecided,
            f"{plural(units, 'case is', 'cases are')} too few for a threshold: at least {least}"
            " are needed (gate: min_cases)",
        )
    if sample.worst_score_b is None or sample.worst_score_b < threshold - ROUNDING:
        return (
            *undecided,
            f"B reaches the threshold of {100 * threshold:g} %, but not if the missing cases are"
            " losses; run them again",
        )
    better = low >= threshold and _is_beyond(score, threshold, sample, policy)
    verdict = Verdict.BETTER if better else Verdict.NOT_WORSE
    reason = f"B scores {100 * score:.1f} %, at least the threshold of {100 * threshold:g} %"
    return verdict, Gate.PASS, reason


def _is_beyond(score: float, rate: float, sample: Sample, policy: GatePolicy) -> bool:
    """So high a score has at most half of 1 - confidence as its chance at this true rate."""
    units = sample.complete.units
    chance = binomial_tail(math.floor(score * units + ROUNDING * units), units, rate)
    return chance <= (1.0 - policy.confidence) / 2.0
