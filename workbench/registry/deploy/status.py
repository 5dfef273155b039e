"""How a version stands in an environment, derived from its evidence each time.

The database's views decide (the triggers query them); this module gives the reason.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.registry.content.evidence import evaluation_at
from workbench.registry.content.observations import newest_observations
from workbench.registry.content.rule_changes import current_suite
from workbench.registry.deploy.added_cases import only_by_added
from workbench.registry.deploy.environments import environment_named
from workbench.registry.models.answering import Observed, drift_of, with_asked
from workbench.registry.models.origins import objection
from workbench.registry.models.records import EvaluationRecord, State, Status, SuiteStatus
from workbench.registry.models.values import PromptVersion
from workbench.registry.storage.connection import Connection
from workbench.settings import EnvironmentSettings
from workbench.verdicts.values import Gate

_ORDER = (State.FAILING, State.STALE, State.DRIFTED, State.EXPIRED, State.UNTESTED)
PART_WORDS = {
    "cells": "reading of cells",
    "readings": "reading of expected answers",
    "empties": "scoring of empty answers",
    "gate_judges": "judges of the gate",
}
"""Words for parts of a suite whose names do not explain themselves."""


def status_of(connection: Connection, version: PromptVersion, environment: str) -> Status:
    """How a version stands in an environment. Raises NotInRegistry for an unknown environment."""
    rules = environment_named(connection, environment)
    revoked = connection.execute(
        "SELECT r.reason, l.actor, l.at FROM revocations r JOIN ledger l ON l.seq = r.seq"
        " WHERE r.prompt_id = ? AND r.fingerprint = ?",
        (version.prompt_id, version.fingerprint),
    ).fetchone()
    suites = _suites(connection, version, rules)
    best = next((s.evaluation for s in suites if s.evaluation), None)
    score = best.evidence.score if best else None
    if revoked:
        reason, actor, at = revoked
        sentence = f"revoked by {actor} at {_day(at)}: {reason}"
        return Status(State.REVOKED, sentence, score, best, suites)
    if not suites and not rules.external and _has_external(connection, version):
        sentence = f"only evaluations by other suites are recorded, and {environment} wants ours"
        return Status(State.UNTESTED, sentence)
    status = _combined(suites, score, best, rules)
    added = tuple(suite.only_by_added for suite in suites if suite.only_by_added)
    return replace(status, warnings=(*added, *_old_baselines(connection, version, suites)))


def accepted_evaluations(
    connection: Connection, version: PromptVersion, environment: str, suite: str = ""
) -> list[tuple[int, str]]:
    """seq and suite of the evaluations of the version's content that count in the environment,
    newest first; with `suite` only those on it.
    """
    return connection.execute(
        "SELECT seq, suite FROM accepted_evaluations WHERE prompt_id = ? AND fingerprint = ?"
        " AND environment = ? AND ? IN ('', suite) ORDER BY seq DESC",
        (version.prompt_id, version.fingerprint, environment, suite),
    ).fetchall()


def evaluators_of(connection: Connection, version: PromptVersion, environment: str) -> list[str]:
    """The actors who recorded those evaluations."""
    rows = connection.execute(
        "SELECT l.actor FROM accepted_evaluations e JOIN ledger l ON l.seq = e.seq"
        " WHERE e.prompt_id = ? AND e.fingerprint = ? AND e.environment = ?",
        (version.prompt_id, version.fingerprint, environment),
    ).fetchall()
    return [name for (name,) in rows]


def _old_baselines(
    connection: Connection, version: PromptVersion, suites: tuple[SuiteStatus, ...]
) -> tuple[str, ...]:
    """Passes that compared the version with something other than what is live now."""
    sentences = []
    for suite in suites:
        if not suite.tested or suite.evaluation is None:
            continue
        evidence = suite.evaluation.evidence
        where = evidence.policy.get("baseline")
        row = connection.execute(
            "SELECT version FROM heads WHERE prompt_id = ? AND environment = ?"
            " AND action <> 'retire'",
            (version.prompt_id, where),
        ).fetchone()
        live = row[0] if row else None
        if live not in (None, version.version, evidence.baseline_version):
            before = evidence.baseline_version or "nothing"
            sentences.append(
                f"{suite.suite} compared it with {before}; {live} is live in {where} now"
            )
    return tuple(sentences)


def _has_external(connection: Connection, version: PromptVersion) -> bool:
    row = connection.execute(
        "SELECT 1 FROM evaluations WHERE prompt_id = ? AND fingerprint = ? AND external = 1",
        (version.prompt_id, version.fingerprint),
    ).fetchone()
    return row is not None


def _combined(
    suites: tuple[SuiteStatus, ...],
    score: float | None,
    best: EvaluationRecord | None,
    rules: EnvironmentSettings,
) -> Status:
    required = bool(rules.requires) or any(
        s.evaluation is None or not s.evaluation.evidence.external for s in suites
    )
    passed = [s for s in suites if s.tested]
    if suites and (len(passed) == len(suites) or (passed and not required)):
        # Where one suite is enough, one that did not drift; else the first that did.
        chosen = min(passed, key=lambda s: (s.state is State.DRIFTED) != required)
        evaluation = chosen.evaluation
        passed_with = evaluation.evidence.score if evaluation else None
        allowed = chosen.drift_allowed
        return Status(
            chosen.state, chosen.reason, passed_with, evaluation, suites, drift_allowed=allowed
        )
    for state in _ORDER:
        for suite in suites:
            if suite.state is state and not suite.tested:
                return Status(state, suite.reason, score, best, suites)
    return Status(State.UNTESTED, "no evaluation of this version is recorded", None, None, suites)


def _suites(
    connection: Connection, version: PromptVersion, rules: EnvironmentSettings
) -> tuple[SuiteStatus, ...]:
    # The view `required_suites` would give the same, over the suites of all prompts.
    names: Sequence[str] = rules.requires or [
        row[0]
        for row in connection.execute(
            "SELECT DISTINCT s.suite FROM suites s WHERE s.prompt_id = ? AND s.external = 0"
            " AND s.removed = 0"
            " AND s.seq = (SELECT max(x.seq) FROM suites x"
            "  WHERE x.prompt_id = s.prompt_id AND x.suite = s.suite) ORDER BY s.suite",
            (version.prompt_id,),
        )
    ]
    if not names and rules.external:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT DISTINCT suite FROM evaluations WHERE prompt_id = ? AND fingerprint = ?",
                (version.prompt_id, version.fingerprint),
            )
        ]
    return tuple(_suite(connection, version, rules, name) for name in names)


def _suite(
    connection: Connection, version: PromptVersion, rules: EnvironmentSettings, suite: str
) -> SuiteStatus:
    rows = connection.execute(
        "SELECT e.seq, e.gate, s.fingerprint, s.parts, s.policy FROM evaluations e"
        " JOIN suites s ON s.seq = e.suite_seq WHERE e.prompt_id = ? AND e.fingerprint = ?"
        " AND e.suite = ? AND e.external <= ? ORDER BY e.seq DESC",
        (version.prompt_id, version.fingerprint, suite, int(rules.external)),
    ).fetchall()
    accepted = accepted_evaluations(connection, version, rules.name, suite)
    if accepted:
        passed = (evaluation_at(connection, seq) for seq, _ in accepted)
        against = only_by_added(connection, (version.prompt_id, suite), passed)
        added = str(against or "")
        return _accepted(connection, suite, [seq for seq, _ in accepted], added)
    current = current_suite(connection, version.prompt_id, suite)
    if current is None or current["removed"]:
        sentence = f"the suite {suite} is required, and this prompt has none of that name"
        return SuiteStatus(suite, State.UNTESTED, sentence)
    if not rows:
        return SuiteStatus(suite, State.UNTESTED, _never(connection, version, suite))
    return _not_accepted(connection, suite, rows, current, rules)


def _accepted(
    connection: Connection, suite: str, accepted: Sequence[int], added: str
) -> SuiteStatus:
    """The newest accepted evaluation that did not drift, else the newest."""
    observed = newest_observations(connection)
    newest = evaluation_at(connection, accepted[0])
    others = (evaluation_at(connection, seq) for seq in accepted[1:])
    for evaluation in itertools.chain((newest,), others):
        if not _drift(evaluation, observed):
            sentence = f"passed {suite} on {_day(evaluation.recorded_at)}"
            return SuiteStatus(suite, State.TESTED, sentence, evaluation, added)
    sentence = f"it passed {suite} on {_day(newest.recorded_at)}, but {_drift(newest, observed)}"
    return SuiteStatus(suite, State.DRIFTED, sentence, newest, added, drift_allowed=True)


def _drift(record: EvaluationRecord, observed: Observed) -> str:
    evidence = record.evidence
    return drift_of(
        with_asked(evidence.answers, evidence.environment),
        observed,
        prompt_id=evidence.prompt_id,
        seq=record.seq,
        baseline=evidence.baseline_fingerprint is not None,
    )


def _not_accepted(
    connection: Connection,
    suite: str,
    rows: list[tuple[Any, ...]],
    current: Any,
    rules: EnvironmentSettings,
) -> SuiteStatus:
    now = tuple(current[name] for name in ("fingerprint", "parts", "policy"))
    fresh = [row for row in rows if tuple(row[2:5]) == now]
    if not fresh:
        passed = next((row for row in rows if row[1] == Gate.PASS), None)
        evaluation = evaluation_at(connection, (passed or rows[0])[0])
        changed = _changed(json.loads((passed or rows[0])[3]), json.loads(current["parts"]))
        if passed:
            sentence = f"{changed} changed since it passed {suite}"
            sentence += f" on {_day(evaluation.recorded_at)}"
            return SuiteStatus(suite, State.STALE, sentence, evaluation)
        sentence = f"it did not pass {suite}, and the {changed} changed since"
        return SuiteStatus(suite, State.UNTESTED, sentence, evaluation)
    decisive = next((row for row in fresh if row[1] != Gate.NO_DECISION), fresh[0])
    evaluation = evaluation_at(connection, decisive[0])
    why = "" if evaluation.gate is Gate.PASS else _why(evaluation)
    # A reason names sides A and B; a status is about one version, so name it and its baseline.
    why = re.sub(r"\bA\b", evaluation.evidence.baseline_version or "the baseline", why)
    if why.startswith("B "):
        why = f"it {why[2:]}"
    why = re.sub(r"\bB\b", "it", why)
    if evaluation.gate is Gate.FAIL:
        return SuiteStatus(suite, State.FAILING, f"failed {suite}: {why or 'see it'}", evaluation)
    if evaluation.gate is Gate.NO_DECISION:
        sentence = f"no decision on {suite}: {why or 'not enough data'}"
        return SuiteStatus(suite, State.UNTESTED, sentence, evaluation)
    sound = connection.execute(
        "SELECT 1 FROM sound_evaluations WHERE seq = ?", (evaluation.seq,)
    ).fetchone()
    if sound is None:
        sentence = f"its recorded pass on {suite} does not follow from its scores"
        return SuiteStatus(suite, State.FAILING, sentence, evaluation)
    passed_on = f"it passed {suite} on {_day(evaluation.evidence.finished_at)}"
    evidence = evaluation.evidence
    baseline = evidence.baseline_fingerprint is not None
    drifted = _drift(evaluation, newest_observations(connection))
    against = objection(evidence.answers, rules, baseline=baseline, drifted=drifted)
    if against:
        state = State.DRIFTED if drifted and drifted in against else State.UNTESTED
        return SuiteStatus(suite, state, f"{passed_on}, but {against}", evaluation)
    sentence = f"{passed_on}, too long ago"
    return SuiteStatus(suite, State.EXPIRED, sentence, evaluation)


def _never(connection: Connection, version: PromptVersion, suite: str) -> str:
    """Why a version has no evaluation on a suite, with what changed since one that passed."""
    row = connection.execute(
        "SELECT v.version, v.content, v.body FROM passing_evaluations p JOIN versions v"
        " ON v.prompt_id = p.prompt_id AND v.version = p.version"
        " WHERE p.prompt_id = ? AND p.suite = ? ORDER BY p.seq DESC LIMIT 1",
        (version.prompt_id, suite),
    ).fetchone()
    if row is None:
        return f"not evaluated on {suite}"
    other = PromptVersion(version.prompt_id, row[0], row[1], body=row[2])
    changed = _behaviour_changes(other, version)
    return f"not evaluated on {suite}: {changed} changed since {row[0]}, which passed"


def _behaviour_changes(old: PromptVersion, new: PromptVersion) -> str:
    before, after = old.prompt.behaviour(), new.prompt.behaviour()
    apart = {"model", "features"} | ({"revision"} - before.keys())
    keys = [key for key in {**before, **after} if key not in apart]
    changed = [key for key in keys if before.get(key) != after.get(key)]
    changed += _feature_changes(before.get("features", {}), after.get("features", {}))
    model, other = before["model"] or {}, after["model"] or {}
    if {**model, "options": 0} != {**other, "options": 0}:
        changed.append("model")
    if model.get("options") != other.get("options"):
        changed.append("parameters")
    return " and ".join(changed) or "nothing"


def _feature_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Each feature that is defined otherwise, with its files and packages."""
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if not changed:
        return []
    from workbench.prompts.features import feature_change

    return [
        f"the feature {name}"
        + (f" ({feature_change(old[name], new[name])})" if name in old and name in new else "")
        for name in changed
    ]


def _changed(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if "judge" in names and "gate_judges" in names:
        names.remove("gate_judges")  # it is one of them that was edited
    return " and ".join(PART_WORDS.get(name, name) for name in names) or "policy"


def _why(evaluation: EvaluationRecord) -> str:
    """The reason of what did not pass."""
    evidence = evaluation.evidence
    why = next((one.reason for one in evidence.comparisons if one.gate is not Gate.PASS), "")
    if why or not {"slices", "also"} & evidence.policy.keys():
        return why
    # Late: the statistics are needed only for what a record does not hold.
    from workbench.verdicts.slices import decisive_reason

    return decisive_reason(evidence)


def _day(at: str) -> str:
    return at[:16].replace("T", " ")
