"""The parts of a run's specification that decide its results, and its database row."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from workbench.fingerprints import canonical_json, fingerprint, short
from workbench.runs.spec.values import RunSpec, RunStatus
from workbench.runs.store.rows import prompt_content
from workbench.times import utc_now


def parts_of(spec: RunSpec) -> dict[str, str]:
    """The suite's parts with the run's own repeats, and `cases`: its own cases in their order.

    Without the dataset and the cases while these are still to be read.
    """
    repeats = {"repeats": fingerprint(spec.run_options.repeats)}
    if spec.stream:
        return {
            "scorers": spec.suite.parts["scorers"],
            "policy": spec.suite.parts["policy"],
        } | repeats
    return {
        **spec.suite.parts,
        **repeats,
        "cases": fingerprint([case.content() for case in spec.cases]),
    }


OPTIONS = "options"
"""Key of the options that were given for one run alone."""


def execution_options(spec: RunSpec) -> dict[str, Any]:
    """How a run is executed, as stored with it: concurrency, and options given for it alone."""
    options = spec.run_options
    own = {name: getattr(options, name) for name in spec.own_options}
    return {"concurrency": options.concurrency, **({OPTIONS: own} if own else {})}


def scorer_names(spec: RunSpec) -> tuple[str, ...]:
    """Scorer names in the order in which scores are stored, the headline scorer first."""
    names = [scorer.name for scorer in spec.scorers]
    headline = next((name for name in spec.suite.gate.scorers if name in names), None)
    if headline is not None:
        names.remove(headline)
        names.insert(0, headline)
    return tuple(names)


def run_row(
    keep: Callable[[Any], str],
    run_id: str,
    spec: RunSpec,
    identity: Mapping[str, Any],
    environment: Mapping[str, Any],
) -> dict[str, Any]:
    """The row of a new run; `keep` stores a content and returns its fingerprint."""
    model = spec.prompt.model
    return {
        "run_id": run_id,
        "status": RunStatus.RUNNING.value,
        "prompt_id": spec.prompt.prompt_id,
        "fingerprint": spec.prompt.fingerprint,
        "label": spec.label,
        "suite": spec.suite.name,
        "split": spec.split,
        "parts": canonical_json(parts_of(spec)),
        "prompt": keep(prompt_content(spec.prompt)),
        "case_set": keep([case.content() for case in spec.cases]),
        "identity": canonical_json(identity),
        "environment": json.dumps(environment),
        "scorers": canonical_json(scorer_names(spec)),
        "cases": spec.count,
        "repeats": spec.run_options.repeats,
        "model": model.id if model else "",
        "created_at": utc_now(),
    }


def changes(stored: Mapping[str, Any], spec: RunSpec, identity: Mapping[str, Any]) -> str:
    """A description of what differs from the stored run; empty if nothing does."""
    before = json.loads(stored["parts"])
    after = parts_of(spec)
    if spec.stream:  # what its cases were is checked as they are read
        after = {**before, **after}
    changed = []
    if stored["fingerprint"] != spec.prompt.fingerprint:
        changed.append(f"the prompt ({short(stored['fingerprint'])})")
    for part, words in (
        ("cases", "the cases"),
        ("scorers", "the scorers"),
        ("judge", "the judges"),
        ("repeats", "the number of repeats"),
        ("cells", "the reading of cells"),
        ("readings", "the reading of expected answers"),
        ("empties", "the scoring of empty answers"),
    ):
        if before.get(part) != after.get(part):
            changed.append(words)
    if stored["identity"] != canonical_json(identity):
        changed.append("the provider (endpoint, weights or SDK)")
    return " and ".join(changed)
