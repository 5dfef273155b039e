"""Is it better? Pairs, intervals, verdicts, plans and the evidence of an evaluation.

Exported names are imported on first use, so that reading a stored verdict does not load the
statistics.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.verdicts.comparison import combine, compare_pairs, compare_threshold
    from workbench.verdicts.evidence import (
        evidence_from_json,
        evidence_to_json,
        make_evidence,
        make_external_evidence,
        recompute,
    )
    from workbench.verdicts.pairing import check_comparable, pair_results
    from workbench.verdicts.planner import plan_sentence
    from workbench.verdicts.sequential import LookDecision, conclude, decide_prefix
    from workbench.verdicts.sequential_plan import Plan, make_plan
    from workbench.verdicts.statistics.case_counts import cases_needed
    from workbench.verdicts.values import CasePair, Comparison, Evidence, Gate, Verdict

__all__ = [
    "CasePair",
    "Comparison",
    "Evidence",
    "Gate",
    "LookDecision",
    "Plan",
    "Verdict",
    "cases_needed",
    "check_comparable",
    "combine",
    "compare_pairs",
    "compare_threshold",
    "conclude",
    "decide_prefix",
    "evidence_from_json",
    "evidence_to_json",
    "make_evidence",
    "make_external_evidence",
    "make_plan",
    "pair_results",
    "plan_sentence",
    "recompute",
]

_HOMES = {
    "CasePair": "values",
    "Comparison": "values",
    "Evidence": "values",
    "Gate": "values",
    "Verdict": "values",
    "LookDecision": "sequential",
    "conclude": "sequential",
    "decide_prefix": "sequential",
    "Plan": "sequential_plan",
    "make_plan": "sequential_plan",
    "cases_needed": "statistics.case_counts",
    "plan_sentence": "planner",
    "check_comparable": "pairing",
    "pair_results": "pairing",
    "combine": "comparison",
    "compare_pairs": "comparison",
    "compare_threshold": "comparison",
    "evidence_from_json": "evidence",
    "evidence_to_json": "evidence",
    "make_evidence": "evidence",
    "make_external_evidence": "evidence",
    "recompute": "evidence",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
