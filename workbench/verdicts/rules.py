"""Which revision of the decision rules a record was judged by; it is derived by that one for ever.

1: t intervals for graded scores, a mixture of stakes for `--anytime`, no least number of cases for
   a threshold. What 0.1.0 recorded.
2: betting intervals for all but passes and failures, and a least number of cases.
"""

from __future__ import annotations

FIRST_RULES = 1
"""Of a record that names none."""

RULES = 2
"""Of what is decided now."""
