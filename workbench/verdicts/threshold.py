"""The gate without a baseline: the candidate's score against the threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.runs.spec.suite import GatePolicy
from workbench.units import plural
from workbench.verdicts.gate import ROUNDING
from workbench.verdicts.measure import BETTING, WILSON
from workbench.verdicts.rules import LEVEL_BETS
from workbench.verdicts.sample import Sample
from workbench.verdicts.statistics.betting import betting_interval, chance_at_most, rounds_of
from workbench.verdicts.statistics.case_counts import LUCKY_POINTS, binomial_tail, luck
from workbench.verdicts.statistics.distributions import critical_z
from workbench.verdicts.statistics.intervals import wilson
from workbench.verdicts.values import Gate, Verdict


@dataclass(frozen=True, slots=True)
class Level:
    """What the scores of one side say about its true mean; all values in [0, 1]."""

    score: float
    low: float
    high: float
    method: str
    luck: float | None
    """The chance that a version whose true mean is 5 points below the threshold reaches it (by
    bets: an upper bound); None without a threshold.
    """


def level_of(
    sample: Sample, policy: GatePolicy, rules: int, planned: int = 0, largest: int = 0
) -> Level | None:
    """None without a score. The differences of `sample` are the scores: A's are all 0.

    Passes of independent cases are binomial: Wilson's interval, exact chances. A graded score is
    not, nor are the passes of groups whose cases agree: these have the betting interval for a plan
    of `planned` cases or groups (0: those that are there), `largest` cases in the largest.
    """
    side, score, threshold = sample.complete, sample.score_b, policy.threshold
    if score is None:
        return None
    if rules < LEVEL_BETS or (side.binary and side.groups is None):
        low, high = wilson(score * side.units, side.units, critical_z(policy.confidence))
        chance = None if threshold is None else luck(threshold, side.units)
        return Level(score, low, high, WILSON, chance)
    rounds = rounds_of([2.0 * value - 1.0 for value in side.values], side.groups)
    planned = planned or side.units
    low, high = (
        (bound + 1.0) / 2.0
        for bound in betting_interval(rounds, planned, policy.confidence, largest)
    )
    chance = None if threshold is None else 1.0
    if threshold:
        tested = 2.0 * max(0.0, threshold - LUCKY_POINTS) - 1.0
        chance = chance_at_most(rounds, planned, policy.confidence, tested, largest)
    # What an earlier moment refuted may come near again: the interval always holds the mean.
    return Level(score, min(low, score), max(high, score), BETTING, chance)


def judge_threshold(
    sample: Sample,
    policy: GatePolicy,
    level: Level | None,
    seen: int,
    planned: int,
    least: int,
    rules: int,
) -> tuple[Verdict, Gate, str]:
    """The verdict is about the interval, the gate about the score itself.

    Better: the interval lies at or above the threshold; worse: below it. Not worse: the score
    reaches it, though luck could have lifted it there.
    """
    threshold = policy.threshold
    undecided = Verdict.UNDECIDED, Gate.NO_DECISION
    if level is None:
        return *undecided, "no case has a score"
    score = level.score
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
        worse = level.high < threshold and (
            level.method == BETTING or _is_beyond(1.0 - score, 1.0 - threshold, sample, policy)
        )
        verdict = Verdict.WORSE if worse else Verdict.UNDECIDED
        reason = f"B scores {100 * score:.1f} %, below the threshold of {100 * threshold:g} %"
        return verdict, Gate.FAIL, reason
    if rules >= LEVEL_BETS and score <= ROUNDING:
        reason = "B scores 0.0 %: what is never right does not pass, whatever the threshold"
        return Verdict.UNDECIDED, Gate.FAIL, reason
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
    better = level.low >= threshold and (
        level.method == BETTING or _is_beyond(score, threshold, sample, policy)
    )
    verdict = Verdict.BETTER if better else Verdict.NOT_WORSE
    reason = f"B scores {100 * score:.1f} %, at least the threshold of {100 * threshold:g} %"
    return verdict, Gate.PASS, reason


def _is_beyond(score: float, rate: float, sample: Sample, policy: GatePolicy) -> bool:
    """So high a share of passes has at most half of 1 - confidence as its chance at this true
    rate; Wilson's interval alone is too short near 0 and 1.
    """
    units = sample.complete.units
    chance = binomial_tail(math.floor(score * units + ROUNDING * units), units, rate)
    return chance <= (1.0 - policy.confidence) / 2.0
