"""The rules that turn a measure into a verdict and a gate decision."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.runs.spec.suite import MIN_CASES, NO_REGRESSIONS, GatePolicy
from workbench.units import loss, plural, points_beside
from workbench.verdicts.measure import E_PROCESS, Measure
from workbench.verdicts.rules import RULES, SCORE_COUNTS
from workbench.verdicts.sequential_plan import MIN_GROUPS
from workbench.verdicts.statistics.case_counts import hidden_loss
from workbench.verdicts.values import Gate, Verdict

ROUNDING = 1e-12
"""Tolerance when a mean score is compared with the threshold."""

STOPPED_PASS = "pass"
STOPPED_FAIL = "fail"
STOPPED_FUTILITY = "futility"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the gate knows when it decides."""

    measure: Measure | None
    """On the complete pairs."""
    worst: Measure | None
    """With every missing pair as a loss."""
    best: Measure | None
    """With every missing pair as a win."""
    score: float | None
    worst_score: float | None
    missing: int
    missing_share: float
    seen: int
    planned: int
    last: bool
    """No further look is planned."""
    n_min: int
    min_flips: int
    power: float | None
    futile: bool
    rules: int = RULES
    """The revision of the decision rules."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict, the gate's decision, and one sentence with the reason."""

    verdict: Verdict
    gate: Gate
    reason: str
    stopped: str = ""
    open: bool = False
    """More cases could decide it."""


def is_better(measure: Measure, min_flips: int) -> bool:
    """The interval lies above 0, on enough changed cases."""
    changed = measure.wins + measure.losses
    return measure.low > 0.0 and changed >= min_flips and _enough_groups(measure)


def is_worse(measure: Measure, min_flips: int) -> bool:
    """The interval lies below 0, on enough changed cases."""
    changed = measure.wins + measure.losses
    return measure.high < 0.0 and changed >= min_flips and _enough_groups(measure)


def is_not_worse(measure: Measure, margin: float, n_min: int) -> bool:
    """A loss of `margin` is excluded, on enough cases to have observed a rare loss."""
    return measure.gate_low > -margin and measure.units >= n_min and _enough_groups(measure)


def verdict_of(standing: Standing, policy: GatePolicy) -> Verdict:
    """The strongest verdict that holds whatever the scores of the missing pairs."""
    measure, worst, best = standing.measure, standing.worst, standing.best
    if measure is None or worst is None or best is None:
        return Verdict.UNDECIDED
    flips, n_min = standing.min_flips, standing.n_min
    if is_better(measure, flips) and is_better(worst, flips):
        return Verdict.BETTER
    if is_worse(measure, flips) and is_worse(best, flips):
        return Verdict.WORSE
    if is_not_worse(measure, policy.margin, n_min) and is_not_worse(worst, policy.margin, n_min):
        return Verdict.NOT_WORSE
    return Verdict.UNDECIDED


def passes(standing: Standing, policy: GatePolicy, verdict: Verdict) -> bool:
    """The gate's rule on the difference; a slightly worse version may pass."""
    measure, worst = standing.measure, standing.worst
    if measure is None or worst is None:
        return False
    if verdict is Verdict.BETTER:
        # Graded scores can improve on average and still hide a collapse: see `gate_low`.
        return min(measure.gate_low, worst.gate_low) > -policy.margin
    return all(is_not_worse(side, policy.margin, standing.n_min) for side in (measure, worst))


def rule(standing: Standing, policy: GatePolicy) -> Ruling:
    """Verdict, gate decision and reason. Truncated runs, or runs with too many missing scores,
    never pass.
    """
    measure = standing.measure
    if measure is None:
        return _undecided("no case has a score on both sides")
    verdict = verdict_of(standing, policy)
    if standing.missing_share > policy.max_missing:
        return _undecided(
            f"{100 * standing.missing_share:.1f} % of the scores are missing, more than the"
            f" {100 * policy.max_missing:g} % that the gate allows; run the missing cases again"
        )
    if standing.last and standing.seen < standing.planned:
        return Ruling(
            verdict,
            Gate.NO_DECISION,
            f"only {standing.seen} of {standing.planned} planned cases were run;"
            " run it again to fill the rest",
        )
    if not _enough_groups(measure):
        return _undecided(
            f"the cases come from {plural(measure.units, 'group')}, and a gate needs at least"
            f" {MIN_GROUPS}"
        )
    below = _threshold_reason(standing, policy)
    if policy.rule == NO_REGRESSIONS:
        return _no_regressions(standing, policy, verdict, below)
    if passes(standing, policy, verdict):
        if not below:
            return Ruling(verdict, Gate.PASS, _pass_reason(verdict, measure, policy), STOPPED_PASS)
        if not standing.last:
            return Ruling(verdict, Gate.NO_DECISION, f"{below} so far", open=True)
    return _not_passed(standing, policy, verdict, below)


def _no_regressions(standing: Standing, policy: GatePolicy, verdict: Verdict, below: str) -> Ruling:
    """A rule of thumb for few cases: none may score lower than under A."""
    measure, worst = standing.measure, standing.worst
    if measure is None or worst is None:
        return _undecided("no case has a score on both sides")
    if measure.losses:
        lower = plural(measure.losses, "case scores", "cases score")
        reason = f"{lower} lower under B than under A"
        return Ruling(verdict, Gate.FAIL, reason, STOPPED_FAIL)
    if below and _is_too_low(standing, policy):
        return Ruling(verdict, Gate.FAIL, below, STOPPED_FAIL)
    lacking = _lacking(measure, policy) if standing.rules >= SCORE_COUNTS else ""
    if lacking:
        return Ruling(verdict, Gate.NO_DECISION, lacking)
    if worst.losses:
        reason = "no case falls, but missing ones may have; run them again"
        return Ruling(verdict, Gate.NO_DECISION, reason)
    if below:
        return Ruling(verdict, Gate.NO_DECISION, below)
    hidden = loss(hidden_loss(measure.units, policy.confidence), 0)
    cases = plural(measure.units, "case")
    reason = f"no case falls (a rule of thumb: {cases} can hide {hidden})"
    return Ruling(verdict, Gate.PASS, reason, STOPPED_PASS)


def _lacking(measure: Measure, policy: GatePolicy) -> str:
    """What the rule for few cases still lacks, or ""."""
    if policy.threshold is None:
        return (
            f"{NO_REGRESSIONS} needs a threshold, for where both score badly (gate: threshold: 0.8)"
        )
    least = policy.min_cases or MIN_CASES
    if measure.units >= least:
        return ""
    cases = plural(measure.units, "case is", "cases are")
    return f"{cases} too few to decide on: at least {least} are needed (gate: min_cases)"


def _not_passed(standing: Standing, policy: GatePolicy, verdict: Verdict, below: str) -> Ruling:
    measure = standing.measure
    if measure is None:
        return _undecided("no case has a score on both sides")
    if standing.last and below and _is_too_low(standing, policy):
        return Ruling(verdict, Gate.FAIL, below, STOPPED_FAIL)
    if verdict is Verdict.WORSE:
        beyond = measure.high < -policy.margin
        if standing.last or beyond or standing.futile:
            reason = "B is worse than A" + (" by more than the margin" if beyond else "")
            stopped = STOPPED_FAIL if standing.last or beyond else STOPPED_FUTILITY
            return Ruling(verdict, Gate.FAIL, reason, stopped)
    if standing.futile:
        chance = 100 * (standing.power or 0.0)
        return Ruling(
            verdict,
            Gate.NO_DECISION,
            f"B cannot reasonably pass any more ({chance:.0f} % even if as good as A)",
            STOPPED_FUTILITY,
        )
    if below and passes(standing, policy, verdict):
        return Ruling(verdict, Gate.NO_DECISION, below)
    return _open(standing, policy, verdict)


def _open(standing: Standing, policy: GatePolicy, verdict: Verdict) -> Ruling:
    """No decision, which more cases or the missing scores could change."""
    measure = standing.measure
    if measure is not None and measure.gate_low > -policy.margin:
        if measure.units < standing.n_min:
            what = "group" if measure.clustered else "case"
            few = plural(measure.units, f"{what} is", f"{what}s are")
            reason = (
                f"{few} too few for a margin of {loss(policy.margin)}:"
                f" at least {standing.n_min} are needed"
            )
            return Ruling(verdict, Gate.NO_DECISION, reason, open=True)
        reason = (
            f"it passes on the complete pairs, but not if the {standing.missing or 'partly'}"
            " missing ones are losses; run them again"
        )
        return Ruling(verdict, Gate.NO_DECISION, reason)
    reason = f"a loss of {loss(policy.margin)} is not excluded"
    return Ruling(verdict, Gate.NO_DECISION, reason, open=True)


def _pass_reason(verdict: Verdict, measure: Measure, policy: GatePolicy) -> str:
    if verdict is Verdict.BETTER:
        return "B is better than A"
    if verdict is Verdict.WORSE:
        return f"B is a little worse than A, inside the margin of {loss(policy.margin)}"
    bound = points_beside(measure.gate_low, -policy.margin)
    return f"a loss of {loss(policy.margin)} is excluded (at worst {bound})"


def _threshold_reason(standing: Standing, policy: GatePolicy) -> str:
    """Why the score is too low, or ""."""
    if _has_nothing(standing):
        return "B scores 0.0 %: what is never right does not pass, whatever A scores"
    if policy.threshold is None:
        return ""
    wanted = f"the threshold of {100 * policy.threshold:g} %"
    if standing.score is not None and _is_below(standing.score, policy.threshold):
        return f"B scores {100 * standing.score:.1f} %, below {wanted}"
    if _is_below(standing.worst_score, policy.threshold):
        return f"B reaches {wanted}, but not if the missing cases are losses; run them again"
    return ""


def _is_too_low(standing: Standing, policy: GatePolicy) -> bool:
    return _has_nothing(standing) or _is_below(standing.score, policy.threshold)


def _has_nothing(standing: Standing) -> bool:
    score = standing.score
    return standing.rules >= SCORE_COUNTS and score is not None and score <= ROUNDING


def _is_below(score: float | None, threshold: float | None) -> bool:
    return threshold is not None and (score is None or score < threshold - ROUNDING)


def _enough_groups(measure: Measure) -> bool:
    return not measure.clustered or measure.method == E_PROCESS or measure.units >= MIN_GROUPS


def _undecided(reason: str) -> Ruling:
    return Ruling(Verdict.UNDECIDED, Gate.NO_DECISION, reason)
