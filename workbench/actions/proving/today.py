"""What differs today from what an evaluation judged, as far as it can be told without a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workbench.actions.session import Session
from workbench.actions.trust import is_trusted
from workbench.actions.workspace.features import changed_features
from workbench.errors import WorkbenchError
from workbench.fingerprints import canonical_json, fingerprint, short
from workbench.lineage.environment import environment_differences
from workbench.lineage.values import NOTE, STALE, Difference, fact_text
from workbench.prompts.values import Prompt
from workbench.registry import EvaluationRecord, PromptVersion
from workbench.registry.content.rule_words import rule_words
from workbench.registry.models.records import SuiteRecord
from workbench.registry.models.strictness import suite_changes
from workbench.runs.spec.environment import PINS, SOURCE_VERSION, installed_facts
from workbench.runs.spec.suite import Suite

_PARTS = {"text": "messages", "output schema": "outputs", "tools": "tools", "inputs": "inputs"}
"""Words for the parts of a prompt, and their keys in its behaviour."""


def differences_today(
    session: Session, version: PromptVersion, records: Iterable[EvaluationRecord]
) -> Iterator[Difference]:
    """From the draft, the suites, the weights and the environment of today; `records` are
    evaluations of the version.
    """
    yield from draft_differences(session, version)
    judged = [record for record in records if not record.evidence.external]
    model = model_today(session, version.prompt) if judged else {}
    for record in judged:
        suite = _suite_today(session, record)
        yield from _of_suite(session, record, suite)
        start = suite.path if isinstance(suite, Suite) and suite.path else session.workspace.root
        now: dict[str, Any] = dict(installed_facts(start))
        if isinstance(suite, Suite):
            now["timeout_s"] = suite.run.timeout_s
        yield from environment_differences(record.evidence.environment, now | model)


def workspace_differences(
    session: Session, version: PromptVersion, record: EvaluationRecord
) -> Iterator[Difference]:
    """From the draft and the suite of today."""
    yield from draft_differences(session, version)
    yield from _of_suite(session, record, _suite_today(session, record))


def _of_suite(
    session: Session, record: EvaluationRecord, suite: Suite | str
) -> Iterator[Difference]:
    if isinstance(suite, str):
        place = ("suite", record.suite)
        yield Difference(f"the suite {record.suite}", "there", suite, STALE, place)
        return
    yield from suite_differences(session.registry.judged_by(record.seq), suite)
    yield from _source_difference(record, suite)


def draft_differences(session: Session, version: PromptVersion) -> Iterator[Difference]:
    """How the draft has moved on from the version, with the code that computes its inputs."""
    workspace = session.workspace
    pinned = version.features
    for name, how in changed_features(workspace.root, version.prompt).items():
        yield _of_draft("feature", short(pinned[name]), how, name)
    try:
        path = workspace.draft_path(version.prompt_id)
        draft = workspace.draft(path).prompt if path else None
    except WorkbenchError as error:
        yield Difference("the draft", version.version, error.message, STALE, of_draft=True)
        return
    if draft is None or draft.fingerprint == version.fingerprint:
        return
    before, now = version.prompt.behaviour(), draft.behaviour()
    for what, key in _PARTS.items():
        if before[key] != now[key]:
            yield _of_draft(what, fingerprint(before[key]), fingerprint(now[key]))
    yield from _model_differences(version.prompt, draft)
    for name in sorted({*version.prompt.snippets, *draft.snippets}):
        old, new = version.prompt.snippets.get(name), draft.snippets.get(name)
        if old != new:
            yield _of_draft("snippet", _digest(old), _digest(new), name)
    if before.get("examples") != now.get("examples"):
        yield _of_draft("examples", _digest(before.get("examples")), _digest(now.get("examples")))


def _model_differences(before: Prompt, now: Prompt) -> Iterator[Difference]:
    old, new = before.model, now.model
    names = [f"{model.provider}/{model.id}" if model else "" for model in (old, new)]
    if names[0] != names[1]:
        yield _of_draft("model", names[0], names[1])
    pins = [model.artifact if model else "" for model in (old, new)]
    if pins[0] != pins[1]:
        yield _of_draft("model", pins[0], pins[1])
    options = [dict(model.options) if model else {} for model in (old, new)]
    for name in sorted({*options[0], *options[1]}):
        if options[0].get(name) != options[1].get(name):
            values = [fact_text(each.get(name)) for each in options]
            yield _of_draft("parameter", values[0], values[1], name)


def _of_draft(what: str, before: str, now: str, name: str = "") -> Difference:
    words = f"{what} {name} of the draft" if name else f"{what} of the draft"
    return Difference(words, before, now, STALE, (what, name), of_draft=True)


def _digest(value: Any) -> str:
    return "" if value is None else short(fingerprint(value))


def suite_differences(judged: SuiteRecord, suite: Suite) -> Iterator[Difference]:
    """Cases, scorers, rules and repeats that are other ones than those that judged."""
    if judged.parts == suite.parts and judged.policy == suite.gate.content():
        return  # what they are made of need not be listed
    before, after = (
        _row(judged.parts, judged.policy, judged.contents),
        _row(suite.parts, suite.gate.content(), suite.contents),
    )
    for fact in rule_words(suite_changes(before, after), before, after):
        kind, _, name = fact.fact.partition(" ")
        if kind == "gate_judges":
            continue  # they are named one by one
        if kind == "judge":
            yield from _judge_differences(judged.contents, suite.contents)
            continue
        node = {"cases": ("dataset", ""), "scorer": ("scorer", name)}.get(kind, ("policy", ""))
        yield Difference(fact.fact, fact.old, fact.new, STALE, node)


def _judge_differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    """Each judge that is told or asked otherwise."""
    old, new = (
        {judge["prompt_id"]: digest for digest, judge in each.get("judges", {}).items()}
        for each in (before, now)
    )
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            digests = old.get(name, ""), new.get(name, "")
            yield Difference(f"judge {name}", *digests, STALE, ("judge", name))


def _row(
    parts: Mapping[str, str], policy: Mapping[str, Any], contents: Mapping[str, Any]
) -> dict[str, Any]:
    """A form of a suite as the row that would keep it."""
    return {
        "parts": canonical_json(parts),
        "policy": canonical_json(policy),
        "contents": canonical_json(contents) if contents else "",
        "fingerprint": fingerprint(parts),
        "external": 0,
        "removed": 0,
    }


def _suite_today(session: Session, record: EvaluationRecord) -> Suite | str:
    """The suite as the workspace has it, or why it cannot be had."""
    try:
        suite = session.workspace.suite_for(record.evidence.prompt_id, record.suite)
        return session.with_reading_changes(suite)
    except WorkbenchError as error:
        return error.message


def _source_difference(record: EvaluationRecord, suite: Suite) -> Iterator[Difference]:
    """Another version of the dataset's source; where its cases are the same, that is a note."""
    before, now = record.evidence.environment.get(SOURCE_VERSION, ""), suite.dataset.version
    if before != now:
        same = record.evidence.suite_parts.get("dataset") == suite.parts["dataset"]
        reads = NOTE if same else STALE
        yield Difference("the version of the source", before, now, reads, ("dataset", ""))


def model_today(session: Session, prompt: Prompt) -> dict[str, Any]:
    """Identity and digests of a model on this machine, as evidence records them; empty for any
    other, and for one that the user did not allow to be opened. One that cannot be opened has
    the reason, which has blanks, for the digest of its weights.
    """
    from workbench.providers.opening import open_provider
    from workbench.providers.pins import pins_of

    try:
        settings = session.provider_settings(prompt)
        if not settings.is_embedded or (settings.model_path and not is_trusted(session.workspace)):
            return {}
        provider = open_provider(settings)
        return {"identity": dict(provider.identity), PINS: dict(pins_of(provider))}
    except WorkbenchError as error:
        return {PINS: {"weights": error.message}}
