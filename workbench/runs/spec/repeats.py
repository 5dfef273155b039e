"""How consistent a prompt's answers are over repeats of the same request."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.runs.spec.values import Result

PASSED = 1.0


@dataclass(frozen=True, slots=True)
class Steadiness:
    """Scores of one scorer over the repeats of each case."""

    repeats: int
    cases: int
    """Cases with a score in every repeat; the others are left out."""
    mean: float | None
    spread: float | None
    """Standard deviation of the repeats' mean scores; None for fewer than two repeats."""
    pass_all: Mapping[int, float]
    """pass^k by k: the probability that k answers to a case are all right, averaged over cases."""
    flaky: tuple[str, ...]
    """Cases that are right in some repeats and wrong in others."""


def steadiness(results: Sequence[Result], scorer: str) -> Steadiness:
    """How consistent the answers are over repeats.

    pass^k is the unbiased estimate C(c, k) / C(n, k) for c right answers of n (Yao et al. 2024,
    tau-bench, section 3).
    """
    by_case = _by_case(results, scorer)
    repeats = max((len(values) for values in by_case.values()), default=0)
    whole = {case: values for case, values in by_case.items() if len(values) == repeats}
    means = [
        statistics.fmean(values[at] for values in whole.values()) for at in range(repeats) if whole
    ]
    right = {case: sum(v >= PASSED for v in values.values()) for case, values in whole.items()}
    return Steadiness(
        repeats=repeats,
        cases=len(whole),
        mean=statistics.fmean(means) if means else None,
        spread=statistics.stdev(means) if len(means) > 1 else None,
        pass_all={
            k: statistics.fmean(math.comb(c, k) / math.comb(repeats, k) for c in right.values())
            for k in range(1, repeats + 1)
            if right
        },
        flaky=tuple(case for case, c in right.items() if 0 < c < repeats),
    )


def _by_case(results: Sequence[Result], scorer: str) -> dict[str, dict[int, float]]:
    """Scores by case id and repeat, without missing ones."""
    scores: dict[str, dict[int, float]] = {}
    for result in results:
        score = result.scores.get(scorer)
        if score is not None and score.value is not None:
            scores.setdefault(result.case_id, {})[result.repeat] = score.value
    return scores
