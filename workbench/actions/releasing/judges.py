"""Whether the judges on which a gate rests may decide."""

from __future__ import annotations

from workbench.errors import UsageError
from workbench.runs.spec.suite import Suite
from workbench.scorers.judges.judge import judges_of


def check_judges(suite: Suite) -> None:
    """Raise UsageError where the gate rests on a judge: none is calibrated."""
    for scorer in suite.scorers:
        if scorer.name in suite.gate.scorers and judges_of((scorer,)):
            raise UsageError(
                f"{suite.path or suite.name}: the gate rests on the judge {scorer.name},"
                " which is not calibrated",
                hint="required: false, and another scorer for the gate",
            )
