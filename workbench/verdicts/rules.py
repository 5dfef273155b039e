"""Revisions of the decision rules. A record names its revision and is always derived by it.

1: t intervals for graded scores, a mixture of stakes for `--anytime`, no least number of cases for
a threshold; used by 0.1.0. 2: betting intervals for everything but independent passes and failures,
and a least number of cases. 3: `no_regressions` needs a threshold and the least number of cases
beside a baseline too; a score of 0 never passes. 4: betting intervals for graded scores and groups
against a threshold, whose counts are not binomial; a score of 0 never passes there. 5: a judge's
scores are corrected by its calibration and by labels, and pass only where both pass.
"""

from __future__ import annotations

FIRST_RULES = 1
"""The revision of a record that names none."""

SCORE_COUNTS = 3
"""From this revision the candidate's own score and the number of cases count beside a baseline."""

LEVEL_BETS = 4
"""From this revision bets judge graded scores and groups against a threshold."""

JUDGES_CORRECTED = 5
"""From this revision a plan names the calibrations by which judges are corrected."""

RULES = 5
"""The revision of new decisions."""
