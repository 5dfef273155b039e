"""A judge's scores of two versions, corrected by what is known of its errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.runs.spec.suite import ALIKE, GatePolicy
from workbench.verdicts.judges.labelled_sample import random_sample
from workbench.verdicts.measure import TANGO, measure
from workbench.verdicts.sample import Differences, Sample, mean, sample_of
from workbench.verdicts.statistics.agreement import Interval, Matrix
from workbench.verdicts.statistics.case_counts import minimum_cases
from workbench.verdicts.statistics.corrected import (
    bonett_price,
    prediction_powered,
    rogan_gladen,
    unshrunk,
)
from workbench.verdicts.statistics.distributions import critical_z
from workbench.verdicts.values import CasePair

POWERED = "prediction_powered"
"""What the judge says of all cases, with its errors on these versions measured by labels."""
PEOPLE = "people"
"""Labels alone: beside them the judge would add more noise than it tells."""
UNSHRUNK = "errs_alike"
"""Divided by the judge's skill: right only if it errs on both versions alike."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """What people would have said, as far as is known; all values are fractions of 1."""

    a: Interval | None
    b: Interval | None
    """The sides' scores (Rogan-Gladen); None without a baseline, or without scores."""
    method: str = ""
    difference: Interval | None = None
    """None without a baseline."""
    worst_low: float = -1.0
    """The lower bound with every missing pair as a loss."""
    best_high: float = 1.0
    labelled: int = 0
    """Pairs, chosen by chance, that people labelled."""
    wanted: int = 0
    """Labelled pairs from which the margin can be excluded."""
    flips: int = 0
    """Pairs behind the difference that are not ties."""

    @property
    def is_measured(self) -> bool:
        """Whether the judge's errors on these very versions are in the difference."""
        return self.method in (POWERED, PEOPLE)

    def content(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "score_a": interval_content(self.a),
            "score_b": interval_content(self.b),
            "difference": interval_content(self.difference),
            "method": self.method,
            "labelled": self.labelled,
            "labels_wanted": self.wanted,
        }


def interval_content(interval: Interval | None) -> dict[str, float] | None:
    """An interval as plain JSON values."""
    if interval is None:
        return None
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def interval_of(content: Mapping[str, Any] | None) -> Interval | None:
    """The interval of `interval_content`."""
    return Interval(**content) if content else None


def corrected(
    pairs: Sequence[CasePair], people: Sequence[CasePair], matrix: Matrix, policy: GatePolicy
) -> Corrected:
    """`pairs` are the judge's scores, `people` those of the labels where both answers have one;
    `matrix` is the judge's calibration.
    """
    sample = sample_of(pairs)
    units = sample.complete.units if sample.ids else 0

    def rate(score: float | None) -> Interval | None:
        if score is None or not units:
            return None
        return rogan_gladen(score * units, units, matrix, policy.confidence)

    sides = rate(sample.score_a), rate(sample.score_b)
    if not any(pair.a for pair in pairs):
        alone = sample_of([CasePair(p.case_id, (0.0,), p.b, p.group) for p in pairs])
        units = alone.complete.units if alone.ids else 0
        return Corrected(None, rate(alone.score_b))
    labels = {pair.case_id: pair for pair in people if _whole(pair)}
    chosen = random_sample([p.case_id for p in pairs], labels.__contains__, policy.max_missing)
    wanted = minimum_cases(policy.margin, policy.confidence)
    labelled = sum(case_id in labels for case_id in chosen)
    if policy.judge_errors == ALIKE and labelled < wanted:
        ends = _bounds(sample, policy)
        three = [_unshrunk(each, matrix, policy) for each in ends]
        method, flips = UNSHRUNK, sample.complete.wins + sample.complete.losses
    else:
        three, method, flips = _measured(pairs, labels, chosen, matrix, policy)
    whole, worst, best = three
    return Corrected(
        *sides,
        method=method if whole else "",
        difference=whole,
        worst_low=worst.low if worst else -1.0,
        best_high=best.high if best else 1.0,
        labelled=labelled,
        wanted=wanted,
        flips=flips,
    )


_Three = list[Interval | None]
"""Of the complete pairs, with each missing one as a loss, and as a win."""


def _measured(
    pairs: Sequence[CasePair],
    labels: Mapping[str, CasePair],
    chosen: Sequence[str],
    matrix: Matrix,
    policy: GatePolicy,
) -> tuple[_Three, str, int]:
    """By labels on these versions; three times None without any."""
    inside = set(chosen)
    by_id = {pair.case_id: pair for pair in pairs}
    rest = sample_of([pair for pair in pairs if pair.case_id not in inside])
    people = sample_of([labels.get(one) or _unknown(by_id[one]) for one in chosen])
    if not people.ids:
        return [None, None, None], "", 0
    changed = people.complete.wins + people.complete.losses
    if not _judge_helps(rest.complete, len(people.ids), matrix):
        return [*_bounds(people, policy)], PEOPLE, changed
    errors = _errors(by_id, labels, chosen)
    three: _Three = [
        prediction_powered(judged, error) if judged and error else None
        for judged, error in zip(_bounds(rest, policy), _bounds(errors, policy, 2.0), strict=True)
    ]
    return three, POWERED, changed + rest.complete.wins + rest.complete.losses


def _judge_helps(rest: Differences, labelled: int, matrix: Matrix) -> bool:
    """Whether the judge's scores of the other cases are expected to tell more than the noise that
    its errors bring. Read from its calibration and its own scores: no label chooses the method.
    """
    if len(rest.values) <= labelled or not matrix.cases:
        return False
    error = (matrix.passed_by_judge + matrix.passed_by_people) / matrix.cases
    noise = 2.0 * error * (1.0 - error)
    changed = (rest.wins + rest.losses) / len(rest.values)
    truly = max(0.0, changed - noise)
    return changed / len(rest.values) + noise / labelled < truly / labelled


def _errors(
    by_id: Mapping[str, CasePair], labels: Mapping[str, CasePair], chosen: Sequence[str]
) -> Sample:
    """How far people's difference is from the judge's in each chosen pair, halved into [-1, 1]; a
    pair without a label or a verdict is missing.
    """
    halves = []
    for case_id in chosen:
        judged, label = by_id[case_id], labels.get(case_id)
        sides = [mean(judged.a), mean(judged.b)]
        if label is None or None in sides:
            halves.append(_unknown(judged))
            continue
        theirs = (mean(label.b) or 0.0) - (mean(label.a) or 0.0)
        error = (theirs - ((sides[1] or 0.0) - (sides[0] or 0.0))) / 2.0
        halves.append(CasePair(case_id, (max(0.0, -error),), (max(0.0, error),), judged.group))
    return sample_of(halves)


def _bounds(sample: Sample, policy: GatePolicy, scale: float = 1.0) -> _Three:
    """The intervals of the mean difference, times `scale`."""
    return [_interval(each, policy, scale) for each in (sample.complete, sample.worst, sample.best)]


def _interval(side: Differences, policy: GatePolicy, scale: float) -> Interval | None:
    if scale != 1.0 and all(abs(value) * scale in (0.0, 1.0) for value in side.values):
        side = Differences(tuple(scale * v for v in side.values), side.groups, binary=True)
        scale = 1.0
    z = critical_z(policy.confidence)
    known = measure(side, z=z, confidence=policy.confidence, margin=policy.margin)
    if known is None:
        return None
    low, high = known.gate_low, known.high
    if known.method == TANGO:
        # Labels are few, and where few cases changed Tango's interval is too short at one end.
        ends = bonett_price(known.wins, known.losses, known.n, z)
        low, high = min(low, ends[0]), max(high, ends[1])
    return Interval(scale * known.difference, scale * low, scale * high)


def _unshrunk(interval: Interval | None, matrix: Matrix, policy: GatePolicy) -> Interval | None:
    return unshrunk(interval, matrix, policy.confidence) if interval else None


def _unknown(pair: CasePair) -> CasePair:
    return CasePair(pair.case_id, (None,), (None,), pair.group)


def _whole(pair: CasePair) -> bool:
    return bool(pair.a) and bool(pair.b) and None not in (*pair.a, *pair.b)
