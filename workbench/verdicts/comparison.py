"""From pairs of scores to a verdict and the gate's decision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.runs.spec.suite import MIN_CASES, GatePolicy
from workbench.verdicts.gate import Ruling, Standing, rule
from workbench.verdicts.measure import BY_Z, WILSON, Measure, measure
from workbench.verdicts.planner import enough_margin, more_cases
from workbench.verdicts.repeats import flaky_cases, pass_power_k, variances
from workbench.verdicts.rules import FIRST_RULES, RULES
from workbench.verdicts.sample import SWING, Differences, Sample, sample_of
from workbench.verdicts.sequential_plan import MIN_FLIPS, conditional_power, shuffled
from workbench.verdicts.statistics.boundaries import boundaries
from workbench.verdicts.statistics.case_counts import minimum_cases
from workbench.verdicts.threshold import judge_threshold, level_of
from workbench.verdicts.values import CasePair, Comparison, Gate, Verdict

__all__ = ["combine", "combine_gates", "compare_pairs", "compare_shuffled", "compare_threshold"]


@dataclass(frozen=True, slots=True)
class _Question:
    """The parameters of a comparison, fixed before the pairs are seen."""

    policy: GatePolicy
    z: float
    z_final: float
    look: int
    looks: int
    planned: int
    n_min: int
    anytime: bool
    futility: float | None
    rules: int
    bets: int
    largest: int

    @property
    def is_last(self) -> bool:
        """No further look is planned."""
        return self.look in (0, self.looks)

    def measured(self, side: Differences) -> Measure | None:
        """The comparison of the pairs at one look."""
        return measure(
            side,
            z=self.z,
            confidence=self.policy.confidence,
            margin=self.policy.margin,
            anytime=self.anytime,
            rules=self.rules,
            bets=self.bets,
            largest=self.largest,
        )


def compare_pairs(
    pairs: Sequence[CasePair],
    policy: GatePolicy,
    scorer: str,
    *,
    planned: int | None = None,
    look: int = 0,
    looks: int = 1,
    z: Sequence[float] | None = None,
    anytime: bool = False,
    futility: float | None = None,
    rules: int = RULES,
    bets: int = 0,
    largest: int = 0,
) -> Comparison:
    """The verdict on `pairs`, the first cases of a plan of `planned`.

    `look` is the number of the planned look, from 1; 0, the default, is the last. `z`
    holds the critical values of all looks, by default those of equal blocks. `futility` is the
    conditional power below which a look before the last ends the run. `anytime`, `rules`, `bets`
    and `largest` choose the interval, see `measure`.
    """
    if z is None:
        z = boundaries([(k + 1) / looks for k in range(looks)], policy.confidence)
    question = _Question(
        policy=policy,
        z=z[look - 1],
        z_final=z[-1],
        look=look,
        looks=looks,
        planned=len(pairs) if planned is None else planned,
        n_min=minimum_cases(policy.margin, policy.confidence),
        anytime=anytime,
        futility=futility,
        rules=rules,
        bets=bets,
        largest=largest,
    )
    sample = sample_of(pairs)
    measure = question.measured(sample.complete)
    standing = _standing(sample, measure, question, len(pairs))
    ruling = rule(standing, policy)
    return _comparison(scorer, pairs, sample, measure, question, standing, ruling)


def compare_shuffled(
    pairs: Sequence[CasePair], policy: GatePolicy, scorer: str, seed: int
) -> Comparison:
    """The verdict on all of `pairs`, in any order: bets follow a seeded shuffle. Ids are listed in
    the order of `pairs`.
    """
    by_id = {pair.case_id: pair for pair in pairs}
    order = shuffled(list(by_id), {pair.case_id: pair.group for pair in pairs}, seed)
    comparison = compare_pairs([by_id[case_id] for case_id in order], policy, scorer)
    place = {case_id: number for number, case_id in enumerate(by_id)}

    def in_place(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(ids, key=place.__getitem__))

    return replace(
        comparison,
        fixed=in_place(comparison.fixed),
        broke=in_place(comparison.broke),
        missing=in_place(comparison.missing),
    )


def undecided(comparison: Comparison, reason: str) -> Comparison:
    """The same figures, but undecided."""
    return replace(
        comparison, verdict=Verdict.UNDECIDED, gate=Gate.NO_DECISION, more_cases=None, reason=reason
    )


def compare_threshold(
    pairs: Sequence[CasePair],
    policy: GatePolicy,
    scorer: str,
    *,
    planned: int | None = None,
    rules: int = RULES,
    bets: int = 0,
    largest: int = 0,
) -> Comparison:
    """Without a baseline: the candidate's mean against the threshold, with its interval. `bets` and
    `largest` are those of the plan, see `level_of`.
    """
    sample = sample_of([_alone(pair) for pair in pairs])
    n = len(pairs) - len(sample.missing)
    units = sample.complete.units if n else 0
    level = level_of(sample, policy, rules, bets, largest)
    planned = len(pairs) if planned is None else planned
    least = (policy.min_cases or MIN_CASES) if rules > FIRST_RULES else 1
    verdict, gate, reason = judge_threshold(
        sample, policy, level, len(pairs), planned, least, rules
    )
    return Comparison(
        scorer=scorer,
        verdict=verdict,
        gate=gate,
        difference=None,
        low=None if level is None else level.low,
        high=None if level is None else level.high,
        fixed=(),
        broke=tuple(p.case_id for p in pairs if _below_full(p)),
        same=0,
        missing=sample.missing,
        cases=n,
        score_a=None,
        score_b=sample.score_b,
        p_value=None,
        method=WILSON if level is None else level.method,
        planned=planned,
        reason=reason,
        details={
            "confidence": policy.confidence,
            "threshold": policy.threshold,
            "luck": None if level is None else level.luck,
            "units": units,
            "clustered": sample.complete.groups is not None,
            "missing_share": sample.missing_share,
            "worst_score": sample.worst_score_b,
            "binary": sample.complete.binary,
            "partial": list(sample.partial),
        },
    )


def combine(comparisons: Iterable[Comparison]) -> Gate:
    """All required scorers must pass; one that fails fails the gate."""
    return combine_gates(comparison.gate for comparison in comparisons)


def combine_gates(parts: Iterable[Gate]) -> Gate:
    """All parts of a gate must pass; one that fails fails it."""
    gates = list(parts)
    if Gate.FAIL in gates:
        return Gate.FAIL
    if gates and all(gate is Gate.PASS for gate in gates):
        return Gate.PASS
    return Gate.NO_DECISION


def _standing(sample: Sample, measure: Measure | None, question: _Question, seen: int) -> Standing:
    policy = question.policy
    worst = best = measure
    if sample.missing or sample.partial:
        worst, best = question.measured(sample.worst), question.measured(sample.best)
    power = None
    if measure is not None and question.futility is not None and not question.is_last:
        power = conditional_power(
            measure.z_margin,
            min(1.0, seen / question.planned),
            measure.variance,
            question.planned,
            policy.margin,
            question.z_final,
        )
    return Standing(
        measure=measure,
        worst=worst,
        best=best,
        score=sample.score_b,
        worst_score=sample.worst_score_b,
        missing=len(sample.missing),
        missing_share=sample.missing_share,
        seen=seen,
        planned=question.planned,
        last=question.is_last,
        n_min=question.n_min,
        min_flips=MIN_FLIPS,
        power=power,
        futile=power is not None and power < (question.futility or 0.0),
        rules=question.rules,
    )


def _comparison(
    scorer: str,
    pairs: Sequence[CasePair],
    sample: Sample,
    measure: Measure | None,
    question: _Question,
    standing: Standing,
    ruling: Ruling,
) -> Comparison:
    policy = question.policy
    more = None
    if ruling.gate is Gate.NO_DECISION and ruling.open and measure is not None:
        more = more_cases(
            measure,
            margin=policy.margin,
            confidence=policy.confidence,
            n_min=question.n_min,
        )
    return Comparison(
        scorer=scorer,
        verdict=ruling.verdict,
        gate=ruling.gate,
        difference=None if measure is None else measure.difference,
        low=None if measure is None else measure.low,
        high=None if measure is None else measure.high,
        fixed=sample.fixed,
        broke=sample.broke,
        same=len(sample.complete.values) - len(sample.fixed) - len(sample.broke),
        missing=sample.missing,
        cases=len(sample.complete.values),
        score_a=sample.score_a,
        score_b=sample.score_b,
        p_value=None if measure is None else measure.p_value,
        method=measure.method if measure else "none",
        planned=question.planned,
        look=question.look,
        looks=question.looks,
        more_cases=more,
        reason=ruling.reason,
        details=_details(pairs, sample, measure, question, standing),
        stopped=ruling.stopped,
    )


def _details(
    pairs: Sequence[CasePair],
    sample: Sample,
    measure: Measure | None,
    question: _Question,
    standing: Standing,
) -> dict[str, Any]:
    policy = question.policy
    details: dict[str, Any] = {
        "confidence": policy.confidence,
        "margin": policy.margin,
        "threshold": policy.threshold,
        "z": question.z if measure is not None and measure.method in BY_Z else None,
        "n_min": question.n_min,
        "min_flips": MIN_FLIPS,
        "missing_share": sample.missing_share,
        "conditional_power": standing.power,
    }
    if measure is None:
        return details
    values = sample.complete.values
    details |= {
        "alpha": measure.alpha,
        "mid_p": measure.mid_p,
        "gate_low": measure.gate_low,
        "worst_low": min(measure.gate_low, standing.worst.gate_low) if standing.worst else None,
        "worst_score": sample.worst_score_b,
        "units": measure.units,
        "clustered": sample.complete.groups is not None,
        "binary": sample.complete.binary,
        "variance": measure.variance,
        "flip_rate": (measure.wins + measure.losses) / measure.n,
        "enough_margin": enough_margin(measure, policy.confidence),
        "much_better": [p for p, d in zip(sample.ids, values, strict=True) if d >= SWING],
        "collapsed": [p for p, d in zip(sample.ids, values, strict=True) if d <= -SWING],
        "partial": list(sample.partial),
    }
    return details | _repeat_details(pairs)


def _repeat_details(pairs: Sequence[CasePair]) -> dict[str, Any]:
    """Statistics of repeated answers; empty where each case was asked once."""
    repeats = max((len(pair.b) for pair in pairs), default=0)
    details: dict[str, Any] = {}
    if repeats > 1:
        details |= {
            "repeats": repeats,
            "flaky": list(flaky_cases(pairs)),
            "pass_power": pass_power_k(pairs, repeats),
        }
    spread = variances(pairs)
    if spread is not None:
        details |= {"between": spread.between, "within": spread.within}
    return details


def _alone(pair: CasePair) -> CasePair:
    """The pair against a baseline of zeros, so that only a missing `b` makes it missing."""
    return CasePair(pair.case_id, (0.0,), pair.b, pair.group, pair.reason)


def _below_full(pair: CasePair) -> bool:
    known = [score for score in pair.b if score is not None]
    return bool(known) and any(score < 1.0 for score in known)


def verdict_of(comparisons: Sequence[Comparison]) -> Verdict:
    """The headline's verdict; undecided without any comparison."""
    return comparisons[0].verdict if comparisons else Verdict.UNDECIDED
