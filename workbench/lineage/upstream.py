"""What a version depends on: its parts, and the evidence with all that decided it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.fingerprints import fingerprint
from workbench.lineage.environment import SHOWN, WORDS
from workbench.lineage.values import Node, fact_text
from workbench.prompts.features import Feature, feature_of
from workbench.prompts.values import Model, Prompt
from workbench.providers.pins import is_snapshot
from workbench.registry import EvaluationRecord, PromptVersion
from workbench.registry.models.records import SuiteRecord
from workbench.runs.spec.environment import ARTIFACT, PINS
from workbench.scorers.judges.judge import CONTENT
from workbench.settings import LOCAL
from workbench.units import plural

_OF = "of"
"""The option of a scorer that holds those that it is made of."""


def version_node(version: PromptVersion) -> Node:
    """The version itself, with who registered it and why."""
    return Node(
        "version",
        version.ref,
        version.fingerprint,
        version.description,
        version.created_at or "",
        version.author,
        "revoked" if version.revoked else "",
    )


def prompt_nodes(prompt: Prompt) -> Iterator[Node]:
    """The parts of the prompt that decide what it does."""
    yield Node(
        "text",
        plural(len(prompt.messages), "message"),
        fingerprint([[message.role, message.content] for message in prompt.messages]),
        f"{prompt.template_format}, template revision {prompt.revision}",
    )
    for name, text in sorted(prompt.snippets.items()):
        yield Node("snippet", name, fingerprint(text))
    if prompt.examples:
        examples = prompt.examples
        rows = plural(len(examples.rows), "row")
        chosen = f", {examples.choose} of {examples.file}" if examples.file else ""
        digest = fingerprint(examples.behaviour())
        yield Node("examples", "few-shot examples", digest, f"{rows}{chosen}")
    if prompt.model:
        options = sorted(prompt.model.options.items())
        parameters = tuple(
            Node("parameter", str(key), detail=fact_text(value)) for key, value in options
        )
        detail = f"{prompt.model.provider}, {_pinned_by(prompt.model)}"
        yield Node("model", prompt.model.id, detail=detail, nodes=parameters)
    for item in prompt.inputs:
        need = f"computed by {item.feature}" if item.feature else ""
        need = need or ("required" if item.required else "optional")
        yield Node("input", item.name, detail=f"{item.kind}, {need}")
    for name, content in prompt.features.items():
        yield _feature_node(feature_of(name, content))
    if prompt.outputs is not None:
        yield Node("output schema", "outputs", fingerprint(prompt.outputs))
    if prompt.tools is not None:
        yield Node("tools", "tools", fingerprint(prompt.tools))


def _pinned_by(model: Model) -> str:
    """How far the version itself says which model answers."""
    if model.artifact:
        return f"pinned as {model.artifact}"
    if model.provider == LOCAL:
        return "pinned by the digest of its weights in the evidence"
    return "a dated snapshot" if is_snapshot(model.id) else "an alias: what answers may change"


def _feature_node(feature: Feature) -> Node:
    """A feature as it is pinned, with its files and packages."""
    source = feature.source
    below = [Node("file", m.path, fingerprint(m.text)) for m in source.modules.values()]
    below += [Node("package", d.name, d.record, d.version) for d in source.distributions]
    detail = f"{', '.join(feature.inputs)} -> {feature.output}, nulls {fact_text(feature.nulls)}"
    detail += f", python {source.python}"
    return Node("feature", feature.name, feature.hash, detail, nodes=tuple(below))


def evidence_node(
    record: EvaluationRecord, suite: SuiteRecord, digest: str, warning: str = ""
) -> Node:
    """A suite as it judged the version, with the evaluation; `digest` is that of its record."""
    return Node(
        "suite",
        suite.suite,
        suite.fingerprint,
        f"published as record {suite.seq}",
        suite.recorded_at,
        suite.recorded_by,
        warning,
        (*_suite_nodes(record, suite), _evaluation_node(record, digest)),
    )


def newest_by_suite(
    evaluations: Sequence[EvaluationRecord], fingerprint: str, before: float = math.inf
) -> list[EvaluationRecord]:
    """The newest evaluation of a content per suite, by the suite's name, up to a record's seq.
    `evaluations` are in the registry's order, the newest first.
    """
    newest: dict[str, EvaluationRecord] = {}
    for record in evaluations:
        if record.evidence.prompt_fingerprint == fingerprint and record.seq < before:
            newest.setdefault(record.suite, record)
    return [newest[name] for name in sorted(newest)]


def _suite_nodes(record: EvaluationRecord, suite: SuiteRecord) -> Iterator[Node]:
    """Dataset, scorers, policy and repeats as they were when the evaluation was made."""
    cases = suite.contents.get("cases")
    judged = plural(record.evidence.planned, "case")
    of = f" of {len(cases):,}" if isinstance(cases, Mapping) else ""
    yield Node("dataset", suite.suite, suite.parts.get("dataset", ""), f"{judged}{of} judged")
    listed = suite.contents.get("scorers", ())
    for name, required, digest, *options in listed:
        given = options[0] if options and isinstance(options[0], Mapping) else {}
        yield _scorer_node(str(name), given, str(digest), "" if required else "informative")
    for digest, judge in suite.contents.get("judges", {}).items():
        model = judge["model"]
        options = sorted(model["options"].items())
        below = tuple(Node("parameter", key, detail=fact_text(value)) for key, value in options)
        detail = "/".join(filter(None, (model["provider"], model["id"])))
        yield Node("judge", str(judge["prompt_id"]), digest, detail, nodes=below)
    for scorer, errors in record.evidence.plan.get("judges", {}).items():
        right, lenient, strict, wrong = errors["matrix"]
        detail = (
            f"record {errors['calibration']}: it passed {right} of {right + strict} that people"
            f" pass, and failed {wrong} of {lenient + wrong} that they fail"
        )
        yield Node("calibration", str(scorer), detail=detail)
    if not listed:
        yield Node("scorers", suite.suite, suite.parts.get("scorers", ""))
    policy = [
        Node("rule", key, detail=fact_text(value))
        for key, value in sorted(suite.policy.items())
        if value is not None
    ]
    yield Node("policy", "gate", suite.parts.get("policy", ""), nodes=tuple(policy))


def _evaluation_node(record: EvaluationRecord, digest: str) -> Node:
    """The evaluation: its decision, what it was compared with, and where its answers came from."""
    evidence = record.evidence
    verdicts = "; ".join(
        f"{comparison.scorer}: {comparison.verdict.value.replace('_', ' ')}"
        for comparison in evidence.comparisons
    )
    gate = evidence.gate.value.replace("_", " ")
    below = []
    if evidence.baseline_version:
        name = f"{evidence.prompt_id}@{evidence.baseline_version}"
        below.append(Node("baseline", name, evidence.baseline_fingerprint or ""))
    below += [_answers_node(side, origin) for side, origin in sorted(evidence.answers.items())]
    below += [
        Node("environment", WORDS.get(key, key), detail=fact_text(evidence.environment[key]))
        for key in sorted(SHOWN)
        if key in evidence.environment
    ]
    artifact = evidence.environment.get(ARTIFACT) or {}
    if artifact:
        words = (artifact.get(key, "") for key in ("stage", "approval"))
        detail = ", ".join(filter(None, [f"version {artifact['version']}", *words]))
        below.append(Node("artifact", artifact["uri"], artifact["digest"], detail))
    pins = evidence.environment.get(PINS) or {}
    below += [Node("pin", name, str(digest)) for name, digest in sorted(pins.items())]
    below += [
        Node("run", run, detail=side)
        for side, run in (("baseline", evidence.run_a), ("candidate", evidence.run_b))
        if run
    ]
    external = ", by a team's own suite" if evidence.external else ""
    return Node(
        "evaluation",
        record.id,
        digest,
        f"{gate}{external}; {verdicts}; attempt {evidence.attempt}",
        at=record.recorded_at,
        by=record.recorded_by,
        nodes=tuple(below),
    )


def _answers_node(side: str, origin: Mapping[str, Any]) -> Node:
    whose = {"a": "baseline", "b": "candidate"}.get(side, side)
    models = ", ".join(origin.get("models", ())) or "model not told"
    where = ", ".join(origin.get("endpoints", ())) or "endpoint not known"
    cached = f"{origin.get('cached', 0):,} of {origin.get('answers', 0):,} from the cache"
    return Node("answers", whose, detail=f"{models} at {where}, {cached}")


def _scorer_node(name: str, options: Mapping[str, Any], digest: str = "", note: str = "") -> Node:
    """A scorer with its options, and below it those that it is made of."""
    own = {key: value for key, value in options.items() if key not in (_OF, CONTENT)}
    detail = [f"{key} {fact_text(value)}" for key, value in sorted(own.items())]
    below = [part for entry in options.get(_OF, ()) for part in entry.items()]
    nodes = tuple(_scorer_node(kind, part) for kind, part in below)
    return Node("scorer", name, digest, ", ".join(filter(None, [note, *detail])), nodes=nodes)
