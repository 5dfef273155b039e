"""JSON keys, text lines and exit codes that `compare` and `evaluate` share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import EXIT_DONE, EXIT_GATE_FAILED, EXIT_INCOMPLETE, EXIT_NO_DECISION

if TYPE_CHECKING:
    from workbench.runs.spec.suite import GatePolicy
    from workbench.verdicts.conditions import Condition
    from workbench.verdicts.slices import SliceStanding
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
    conditions: Sequence[Condition] = (),
    slices: Sequence[SliceStanding] = (),
    informative: Sequence[Condition] = (),
) -> dict[str, Any]:
    """The JSON keys of a verdict: counts with case ids, and the headline, with `a` and `b` as
    the names of the two sides.
    """
    from workbench.present.verdict_words import headline
    from workbench.verdicts.conditions import SLICE
    from workbench.verdicts.judges.deciding import CORRECTED

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
        **({"corrected": comparison.details[CORRECTED]} if CORRECTED in comparison.details else {}),
        "run_a": run_a,
        "run_b": run_b,
        "slices": [
            _slice(standing, [one for one in conditions if one.tag == standing.tag])
            for standing in slices
        ],
        "also": [_condition(one) for one in conditions if one.kind != SLICE],
        "informative": [_told(one) for one in informative],
    }


def _slice(standing: SliceStanding, conditions: Sequence[Condition]) -> dict[str, Any]:
    """One tag: its verdict alone, and what is claimed of it among all tags."""
    from workbench.verdicts.comparison import combine_gates

    comparison = standing.comparison
    gates = [one.gate for one in conditions]
    return {
        "tag": standing.tag,
        "cases": comparison.cases,
        "enough": standing.enough,
        "verdict": comparison.verdict.value,
        "claim": standing.claim.value,
        "difference": comparison.difference,
        "low": comparison.low,
        "high": comparison.high,
        "score_a": comparison.score_a,
        "score_b": comparison.score_b,
        "fixed": len(comparison.fixed),
        "broke": len(comparison.broke),
        "same": comparison.same,
        "missing": len(comparison.missing),
        "p_value": comparison.p_value,
        "holm_p": standing.holm_p,
        "margin": standing.margin,
        "gate": combine_gates(gates).value if gates else None,
        "reason": "; ".join(dict.fromkeys(one.reason for one in conditions)),
    }


def _condition(condition: Condition) -> dict[str, Any]:
    """A condition on cost (shares of A's) or latency (seconds)."""
    return {
        "name": condition.name,
        "gate": condition.gate.value,
        "reason": condition.reason,
        "margin": condition.margin,
        "a": condition.a,
        "b": condition.b,
        "difference": condition.difference,
        "low": condition.low,
        "high": condition.high,
        "cases": condition.cases,
        "missing": condition.missing,
    }


def _told(condition: Condition) -> dict[str, Any]:
    """A condition that no gate asks for: its verdict in the place of the gate's decision."""
    from workbench.verdicts.values import Gate, Verdict

    verdicts = {Gate.PASS: Verdict.NOT_WORSE, Gate.FAIL: Verdict.WORSE}
    values = _condition(condition)
    del values["gate"]
    return {**values, "verdict": verdicts.get(condition.gate, Verdict.UNDECIDED).value}


def lines_of(
    comparisons: Sequence[Comparison],
    policy: GatePolicy,
    a: str,
    b: str,
    verbose: bool,
    ref: str = "",
    conditions: Sequence[Condition] = (),
    slices: Sequence[SliceStanding] = (),
    informative: Sequence[Condition] = (),
) -> list[str]:
    """A headline per scorer, the broken cases, what to do next; the gate's further conditions, how
    tags stand, and, of several parts, the gate.
    """
    from workbench.present.slices.lines import condition_lines, informative_lines, slice_lines
    from workbench.present.verdict_words import beneath, details, headline_lines
    from workbench.verdicts.conditions import gate_of

    lines: list[str] = []
    for comparison in comparisons:
        if len(comparisons) > 1:
            lines.append(f"{comparison.scorer}:")
        lines += headline_lines(comparison, policy, a=a, b=b)
        lines += beneath(comparison, policy, ref)
        if verbose:
            lines += [f"  {line}" for line in details(comparison)]
    lines += condition_lines(conditions)
    parts = len(comparisons) + len(conditions)
    if parts > 1:
        combined = gate_of(comparisons, conditions).value.replace("_", " ").upper()
        what = "parts" if conditions else "scorers"
        lines.append(f"the gate of all {parts} {what}: {combined}")
    return lines + informative_lines(informative) + slice_lines(slices)


def exit_code(gate: Gate, incomplete: bool) -> int:
    """0 pass, 1 fail, 4 when cases are missing because the provider failed, else 3: no decision."""
    from workbench.verdicts.values import Gate

    if gate is Gate.PASS:
        return EXIT_DONE
    if gate is Gate.FAIL:
        return EXIT_GATE_FAILED
    return EXIT_INCOMPLETE if incomplete else EXIT_NO_DECISION
