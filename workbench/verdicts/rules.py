"""Which revision of the decision rules a record was judged by; it is derived by that one for ever.

1: t intervals for graded scores, a mixture of stakes for `--anytime`, no least number of cases for
   a threshold. What 0.1.0 recorded.
2: betting intervals for all but passes and failures, and a least number of cases.
3: `no_regressions` needs a threshold and the least number of cases beside a baseline too, and
   nothing passes there without a single point.
4: against a threshold, too, graded scores and groups have betting intervals: their chances are no
   binomial ones. Nothing passes there without a single point either.
"""

from __future__ import annotations

FIRST_RULES = 1
"""Of a record that names none."""

SCORE_COUNTS = 3
"""From here on the candidate's own score and the number of cases count beside a baseline."""

LEVEL_BETS = 4
"""From here on bets judge graded scores and groups against a threshold."""

RULES = 4
"""Of what is decided now."""
