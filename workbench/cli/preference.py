"""What a pairwise judge says of a comparison, in words and as JSON values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.actions.comparing.preferring import Preference


def preference_values(preference: Preference) -> dict[str, Any]:
    """Verdict, interval, and how steadily the judge decided."""
    comparison, monitor = preference.comparison, preference.monitor
    rate = monitor.flip_rate
    return {
        "judge": preference.judge,
        "verdict": comparison.verdict.value,
        "difference": comparison.difference,
        "low": comparison.low,
        "high": comparison.high,
        "won": len(comparison.fixed),
        "lost": len(comparison.broke),
        "cases": monitor.cases,
        "asked": monitor.asked,
        "ties": monitor.ties,
        "missing": monitor.missing,
        "flips": monitor.flips,
        "flip_rate": rate and {"value": rate.value, "low": rate.low, "high": rate.high},
        "position_p": monitor.position_p,
        "length": monitor.length,
        "warnings": list(monitor.warnings),
        "calls": preference.calls,
        "cost_usd": preference.cost_usd,
    }


def preference_lines(preference: Preference, a: str, b: str) -> list[str]:
    """The same in words; it decides nothing."""
    from workbench.cli.verdict import lines_of

    monitor = preference.monitor
    head = (
        f"{preference.judge} prefers, in both orders: B in {len(preference.comparison.fixed)},"
        f" A in {len(preference.comparison.broke)} of {numbers.plural(monitor.cases, 'case')};"
        f" {numbers.plural(monitor.ties, 'tie')}, {numbers.plural(monitor.flips, 'flip')} by order,"
        f" {monitor.missing} missing"
    )
    calls = numbers.plural(preference.calls, "call")
    return [
        head,
        *(
            f"  {line}"
            for line in lines_of((preference.comparison,), preference.policy, a, b, False)
        ),
        *(f"  beware: {warning}" for warning in monitor.warnings),
        f"  {calls}, {numbers.money(preference.cost_usd)}; it decides nothing beside the gate",
    ]
