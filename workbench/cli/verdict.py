"""JSON keys, text lines and exit codes that `compare` and `evaluate` share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import EXIT_DONE, EXIT_GATE_FAILED, EXIT_INCOMPLETE, EXIT_NO_DECISION

if TYPE_CHECKING:
    from workbench.runs.spec.suite import GatePolicy
    from workbench.verdicts.values import Comparison, Gate


def as_json(
    comparison: Comparison,
    gate: Gate,
    policy: GatePolicy,
    *,
    a: str,
    b: str,
    run_a: str | None,
    run_b: str,
) -> dict[str, Any]:
    """The JSON keys of a verdict: counts with case ids, and the headline, with `a` and `b` as
    the names of the two sides.
    """
    from workbench.present.verdict_words import headline

    return {
        "headline": headline(comparison, policy, a=a, b=b),
        "verdict": comparison.verdict.value,
        "gate": gate.value,
        "scorer": comparison.scorer,
        "difference": comparison.difference,
        "low": comparison.low,
        "high": comparison.high,
        "score_a": comparison.score_a,
        "score_b": comparison.score_b,
        "fixed": len(comparison.fixed),
        "broke": len(comparison.broke),
        "same": comparison.same,
        "missing": len(comparison.missing),
        "cases": comparison.cases,
        "planned": comparison.planned,
        "p_value": comparison.p_value,
        "method": comparison.method,
        "reason": comparison.reason,
        "fixed_ids": list(comparison.fixed),
        "broke_ids": list(comparison.broke),
        "missing_ids": list(comparison.missing),
        "run_a": run_a,
        "run_b": run_b,
    }


def lines_of(
    comparisons: Sequence[Comparison],
    policy: GatePolicy,
    a: str,
    b: str,
    verbose: bool,
    ref: str = "",
) -> list[str]:
    """A headline per scorer, the broken cases, what to do next; for several scorers the gate."""
    from workbench.present.verdict_words import beneath, details, headline_lines
    from workbench.verdicts.comparison import combine

    lines: list[str] = []
    for comparison in comparisons:
        if len(comparisons) > 1:
            lines.append(f"{comparison.scorer}:")
        lines += headline_lines(comparison, policy, a=a, b=b)
        lines += beneath(comparison, policy, ref)
        if verbose:
            lines += [f"  {line}" for line in details(comparison)]
    if len(comparisons) > 1:
        combined = combine(comparisons).value.replace("_", " ").upper()
        lines.append(f"the gate of all {len(comparisons)} scorers: {combined}")
    return lines


def exit_code(gate: Gate, incomplete: bool) -> int:
    """0 pass, 1 fail, 4 when cases are missing because the provider failed, else 3: no decision."""
    from workbench.verdicts.values import Gate

    if gate is Gate.PASS:
        return EXIT_DONE
    if gate is Gate.FAIL:
        return EXIT_GATE_FAILED
    return EXIT_INCOMPLETE if incomplete else EXIT_NO_DECISION
