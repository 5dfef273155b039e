"""What of a run's plan decides its results, as fingerprints."""

from __future__ import annotations

from workbench.fingerprints import fingerprint
from workbench.runs.values import RunSpec


def parts_of(spec: RunSpec) -> dict[str, str]:
    """The suite's parts with the run's own repeats, and `cases`: its own cases in their order."""
    return {
        **spec.suite.parts,
        "repeats": fingerprint(spec.run_options.repeats),
        "cases": fingerprint([case.content() for case in spec.cases]),
    }


def scorer_names(spec: RunSpec) -> tuple[str, ...]:
    """The scorers in the order in which scores are stored, the headline first."""
    names = [scorer.name for scorer in spec.scorers]
    headline = next((name for name in spec.suite.gate.scorers if name in names), None)
    if headline is not None:
        names.remove(headline)
        names.insert(0, headline)
    return tuple(names)
