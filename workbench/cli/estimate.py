"""`workbench estimate`."""

from __future__ import annotations

from typing import Any

import click

from workbench.cli.face import Face, command
from workbench.cli.run import run_options, spec_of
from workbench.present import numbers


@command("estimate", example="workbench estimate support_triage --split gate --repeats 3")
@click.argument("suite")
@run_options
def estimate_command(face: Face, suite: str, **options: Any) -> None:
    """Say what a run would take: calls, money, time, and the cases that its margin needs."""
    from workbench.actions import run as running
    from workbench.verdicts.planner import cases_needed

    bench = face.bench()
    spec, name = spec_of(bench, suite, options)
    found = running.estimate(bench, spec)
    gate = spec.suite.gate
    needed = cases_needed(gate.margin, confidence=gate.confidence) if gate.margin else None
    lines = [
        f"{name} on {spec.suite.name}, {spec.split}: {numbers.plural(len(spec.cases), 'case')}",
        f"{numbers.plural(found.calls, 'call')}, {numbers.count(found.cached)} cached, "
        f"{numbers.money(found.usd)}, about {numbers.clock(found.seconds)}",
    ]
    if needed:
        lines.append(
            f"a margin of {100 * gate.margin:g} points needs about {needed:,} cases in the gate "
            f"set, and it has {len(spec.suite.gate_cases.cases):,}"
        )
    values = {
        "calls": found.calls,
        "cached": found.cached,
        "cost_usd": found.usd,
        "seconds": found.seconds,
        "cases": len(spec.cases),
        "cases_needed": needed,
    }
    face.answer(values, lines)
