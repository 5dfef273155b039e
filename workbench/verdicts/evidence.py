"""The record of an evaluation: build, write, read, and judge again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.fingerprints import canonical_json
from workbench.runs.spec.suite import GatePolicy, Suite
from workbench.verdicts.raw_values import RAW, is_raw, people_of
from workbench.verdicts.rules import FIRST_RULES
from workbench.verdicts.sequential import LookDecision, conclude
from workbench.verdicts.sequential_plan import Plan, make_plan, plan_from_content
from workbench.verdicts.values import CasePair, Comparison, Evidence, Gate, Verdict

SCHEMA = 1

_EARLIER_USES = "wear"
"""The key of `Evidence.earlier_uses`, in which records are read for ever."""
_LATER = ("cases", "questions", _EARLIER_USES, "answers")
"""Keys that 0.1.0 lacks: omitted when empty, so that its records keep their canonical text."""
_ID_LISTS = ("fixed", "broke", "missing")


def make_evidence(
    *,
    suite: Suite,
    prompt_id: str,
    version: str,
    prompt_fingerprint: str,
    plan: Plan,
    pairs: Mapping[str, Sequence[CasePair]],
    decision: LookDecision,
    started_at: str,
    finished_at: str,
    baseline_version: str | None = None,
    baseline_fingerprint: str | None = None,
    run_a: str | None = None,
    run_b: str | None = None,
    attempt: int = 1,
    cases: Sequence[Case] = (),
    judged_before: Sequence[str] = (),
    questions: Sequence[str] = (),
    earlier_uses: Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    environment: Mapping[str, Any] | None = None,
) -> Evidence:
    """The record of an evaluation of ours. `pairs` are in the plan's order; those after the look
    that decided are left out. `cases` were asked now, in that order; `judged_before` are the
    digests of those that an extended evaluation had judged; `questions` are those of what is used
    of both, in one order. Times are ISO 8601 in UTC.
    """
    digests = (*judged_before, *(case.digest for case in cases))[: decision.seen]
    asked = tuple(questions[: decision.seen])
    return Evidence(
        prompt_id=prompt_id,
        version=version,
        prompt_fingerprint=prompt_fingerprint,
        suite=suite.name,
        suite_fingerprint=suite.fingerprint,
        suite_parts=dict(suite.parts),
        policy=suite.gate.content(),
        planned=plan.planned,
        pairs={
            name: tuple(pairs[name][: decision.seen])
            for name in (*suite.gate.scorers, *RAW, *map(people_of, suite.gate.scorers))
            if name in pairs
        },
        comparisons=decision.comparisons,
        gate=decision.gate,
        score=decision.comparisons[0].score_b if decision.comparisons else None,
        baseline_version=baseline_version,
        baseline_fingerprint=baseline_fingerprint,
        run_a=run_a,
        run_b=run_b,
        started_at=started_at,
        finished_at=finished_at,
        attempt=attempt,
        plan=plan.content(),
        cases=digests,
        questions=() if asked == digests else asked,
        earlier_uses=dict(earlier_uses or {}),
        answers=dict(answers or {}),
        environment=dict(environment or {}),
    )


def make_external_evidence(
    *,
    prompt_id: str,
    version: str,
    prompt_fingerprint: str,
    suite: str,
    suite_fingerprint: str,
    scores: Mapping[str, float | None],
    threshold: float,
    scorer: str,
    started_at: str,
    finished_at: str,
    suite_parts: Mapping[str, str] | None = None,
    environment: Mapping[str, Any] | None = None,
) -> Evidence:
    """The record of a team's own suite: scores by case id against its passing threshold.

    A suite that gives a single score has a single case.
    """
    policy = GatePolicy(scorers=(scorer,), baseline=None, threshold=threshold, min_cases=1)
    pairs = tuple(CasePair(case_id, (), (score,)) for case_id, score in scores.items())
    plan = make_plan(len(pairs), policy, 0, baseline=False)
    decision = conclude({scorer: pairs}, plan, policy)
    return Evidence(
        prompt_id=prompt_id,
        version=version,
        prompt_fingerprint=prompt_fingerprint,
        suite=suite,
        suite_fingerprint=suite_fingerprint,
        suite_parts=dict(suite_parts or {}),
        policy=policy.content(),
        planned=len(pairs),
        pairs={scorer: pairs},
        comparisons=decision.comparisons,
        gate=decision.gate,
        score=decision.comparisons[0].score_b,
        baseline_version=None,
        baseline_fingerprint=None,
        run_a=None,
        run_b=None,
        started_at=started_at,
        finished_at=finished_at,
        external=True,
        plan=plan.content(),
        environment=dict(environment or {}),
    )


def recompute(evidence: Evidence) -> Gate:
    """The gate's decision on the recorded pairs under the recorded policy and plan.

    Reads no recorded conclusion: no comparison, gate or critical value. NO_DECISION when the plan
    or policy cannot be read.
    """
    try:
        policy = policy_from_content(evidence.policy)
        plan = plan_of(evidence, policy)
    except UsageError:
        return Gate.NO_DECISION
    scorers = {name for name in evidence.pairs if not is_raw(name)}
    if scorers != set(policy.scorers) or plan.planned != evidence.planned:
        return Gate.NO_DECISION
    orders = [[pair.case_id for pair in pairs] for pairs in evidence.pairs.values()]
    if any(order != orders[0] or len(set(order)) < len(order) for order in orders):
        return Gate.NO_DECISION
    if evidence.baseline_fingerprint and lacks_baseline(evidence.pairs, policy):
        return Gate.NO_DECISION
    if policy.slices and _contradicting_tags(evidence):
        return Gate.NO_DECISION
    if plan.looks > 1 and not _in_order(next(iter(evidence.pairs.values())), plan):
        return Gate.NO_DECISION
    return conclude(evidence.pairs, plan, policy).gate


def lacks_baseline(pairs: Mapping[str, Sequence[CasePair]], policy: GatePolicy) -> bool:
    """Whether a gating scorer has no scores of the baseline, so that its threshold alone would
    decide. Raw values of the baseline are no scores.
    """
    return not all(any(pair.a for pair in pairs.get(name, ())) for name in policy.scorers)


def policy_from_content(content: Mapping[str, Any]) -> GatePolicy:
    """The policy of a record. Raises UsageError when it is not a policy."""
    try:
        further = {name: _margins(content[name]) for name in ("slices", "also") if name in content}
        return GatePolicy(**{**content, "scorers": tuple(content["scorers"]), **further})
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(f"the recorded gate policy cannot be read: {error!r}") from error


def evidence_to_json(evidence: Evidence) -> str:
    """The canonical text of a record: one text for equal records, so its sha256 names it."""
    content = {item.name: getattr(evidence, item.name) for item in fields(evidence)}
    content[_EARLIER_USES] = content.pop("earlier_uses")
    for name in _LATER:
        if not content[name]:
            del content[name]
    content["schema"] = SCHEMA
    content["gate"] = evidence.gate.value
    content["score"] = _number(evidence.score)
    content["pairs"] = {
        name: [_pair_row(pair) for pair in pairs] for name, pairs in evidence.pairs.items()
    }
    content["comparisons"] = [_comparison_content(item) for item in evidence.comparisons]
    return canonical_json(content)


def evidence_from_json(text: str | bytes) -> Evidence:
    """Parse a record; unknown keys are ignored. Raises UsageError for another schema or text that
    is not a record.
    """
    try:
        content = json.loads(text)
        if content["schema"] != SCHEMA:
            raise UsageError(f"this evidence has schema {content['schema']}, not {SCHEMA}")
        known = {item.name: content[item.name] for item in fields(Evidence) if item.name in content}
        known["gate"] = Gate(content["gate"])
        known["earlier_uses"] = content.get(_EARLIER_USES, {})
        known["cases"] = tuple(content.get("cases", ()))
        known["questions"] = tuple(content.get("questions", ()))
        known["pairs"] = {
            name: tuple(_pair_from_row(row) for row in rows)
            for name, rows in content["pairs"].items()
        }
        known["comparisons"] = tuple(
            _comparison_from_content(item) for item in content["comparisons"]
        )
        return Evidence(**known)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"this is no evidence record: {error!r}") from error


def _margins(content: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((str(name), float(rule["margin"])) for name, rule in content.items()))


def _contradicting_tags(evidence: Evidence) -> bool:
    """Whether a case has other tags in the pairs of another scorer."""
    tags = [
        [pair.tags for pair in pairs] for name, pairs in evidence.pairs.items() if not is_raw(name)
    ]
    return any(each != tags[0] for each in tags)


def _in_order(pairs: Sequence[CasePair], plan: Plan) -> bool:
    """Whether the pairs follow the recorded random order; early stopping is valid only then."""
    groups = {pair.case_id: pair.group for pair in pairs}
    start = 0
    for end in plan.stages or (len(pairs),):
        order = tuple(pair.case_id for pair in pairs[start:end])
        if order not in (plan.order(order), plan.order(order, groups)):
            return False
        start = end
    return True


def plan_of(evidence: Evidence, policy: GatePolicy) -> Plan:
    """The recorded plan; 0.1.0 recorded none for a single look. Raises UsageError when it is not a
    plan.
    """
    if evidence.plan:
        return plan_from_content(evidence.plan, policy)
    baseline = any(pair.a for pairs in evidence.pairs.values() for pair in pairs)
    plan = make_plan(evidence.planned, policy, 0, full=True, baseline=baseline)
    return replace(plan, rules=FIRST_RULES)


def _pair_row(pair: CasePair) -> list[Any]:
    """A pair as one short row: pairs are most of a record's size."""
    row: list[Any] = [pair.case_id, _numbers(pair.a), _numbers(pair.b)]
    if pair.group is not None or pair.reason or pair.tags:
        row.append(pair.group)
    if pair.reason or pair.tags:
        row.append(pair.reason)
    if pair.tags:
        row.append(list(pair.tags))
    return row


def _pair_from_row(row: Sequence[Any]) -> CasePair:
    case_id, a, b, *rest = row
    group = rest[0] if rest else None
    reason = rest[1] if len(rest) > 1 else ""
    tags = tuple(rest[2]) if len(rest) > 2 else ()
    return CasePair(case_id, tuple(a), tuple(b), group, reason, tags)


def _comparison_content(comparison: Comparison) -> dict[str, Any]:
    content = {item.name: getattr(comparison, item.name) for item in fields(comparison)}
    content["verdict"], content["gate"] = comparison.verdict.value, comparison.gate.value
    for name in ("difference", "low", "high", "score_a", "score_b", "p_value"):
        content[name] = _number(content[name])
    return content


def _comparison_from_content(content: Mapping[str, Any]) -> Comparison:
    known = {item.name: content[item.name] for item in fields(Comparison) if item.name in content}
    known["verdict"], known["gate"] = Verdict(content["verdict"]), Gate(content["gate"])
    for name in _ID_LISTS:
        known[name] = tuple(content[name])
    return Comparison(**known)


def _numbers(scores: Sequence[float | None]) -> list[float | None]:
    return [_number(score) for score in scores]


def _number(value: float | None) -> float | None:
    """Equal scores as one value (1 and 1.0, -0.0 and 0): equal records must have equal text."""
    return None if value is None else float(value) + 0.0
