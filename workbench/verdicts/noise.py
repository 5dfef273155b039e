"""The noise floor: how many scores change when the same prompt runs twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.verdicts.sample import sample_of
from workbench.verdicts.statistics.distributions import critical_z
from workbench.verdicts.statistics.intervals import wilson
from workbench.verdicts.values import CasePair, Comparison, Verdict


@dataclass(frozen=True, slots=True)
class Noise:
    """Changes between two uncached runs of the same prompt, model and cases (A/A)."""

    flips: int
    cases: int
    low: float
    high: float
    """95 % interval of the flip rate."""

    @property
    def rate(self) -> float:
        """The share of cases that changed, in [0, 1]."""
        return self.flips / self.cases if self.cases else 0.0


def flip_rate(pairs: Sequence[CasePair]) -> float | None:
    """The share of complete pairs whose score changed; None without any."""
    values = sample_of(pairs).complete.values
    return sum(value != 0.0 for value in values) / len(values) if values else None


def noise_of(pairs: Sequence[CasePair]) -> Noise:
    """The noise floor of an A/A run."""
    values = sample_of(pairs).complete.values
    flips = sum(value != 0.0 for value in values)
    low, high = wilson(flips, len(values), critical_z(0.95))
    return Noise(flips, len(values), low, high)


def below_noise(comparison: Comparison, aa: Noise | float) -> bool:
    """Whether B changes no more cases than A against itself, and in neither direction more than the
    other. `aa` is an A/A run's noise or its flip rate.
    """
    if not comparison.cases or comparison.verdict in (Verdict.BETTER, Verdict.WORSE):
        return False
    rate = aa if isinstance(aa, float) else aa.rate
    flips = len(comparison.fixed) + len(comparison.broke)
    return flips / comparison.cases <= rate


def noise_sentence(comparison: Comparison, aa: Noise, *, b: str = "B", itself: bool = False) -> str:
    """A note on the noise floor of A and the candidate `b`, or with `itself` of A alone."""
    flips = len(comparison.fixed) + len(comparison.broke)
    share = flips / comparison.cases if comparison.cases else 0.0
    floor = f"{100 * aa.rate:.1f} % of {aa.cases} cases flip when A runs twice"
    if itself:
        return f"noise: {floor} (95 % interval {100 * aa.low:.1f} to {100 * aa.high:.1f})"
    if below_noise(comparison, aa):
        return f"below the noise: {floor}, and {100 * share:.1f} % flip from A to {b}"
    return f"{floor}, {100 * share:.1f} % flip from A to {b}"
