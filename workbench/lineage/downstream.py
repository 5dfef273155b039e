"""What depends on a version: environments, apps, other evidence, exports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from workbench.lineage.values import Node
from workbench.registry import EvaluationRecord, LogEntry, PromptDeployment, PromptVersion
from workbench.registry.reader.app_features import AppFeatures

_DEPLOYMENTS = ("deploy", "rollback", "retire")


def environment_nodes(
    version: PromptVersion,
    live: Sequence[PromptDeployment],
    history: Sequence[LogEntry],
    consumers: Sequence[tuple[str, str, str]],
    apps: Sequence[AppFeatures] = (),
) -> Iterator[Node]:
    """Where the version is live, with the apps that read there, and where it was."""
    here = {item.environment: item for item in live if item.version == version.version}
    for environment, deployment in sorted(here.items()):
        readers = (
            *(
                Node("consumer", name, detail=f"needs {wanted}")
                for where, name, wanted in consumers
                if where == environment
            ),
            *(_app(app, version) for app in apps if _reads(app, version, environment)),
        )
        entry = next((e for e in history if _made_live(e, version, environment)), None)
        yield Node(
            "live",
            environment,
            entry.hash if entry else "",
            entry.reason if entry else "",
            deployment.deployed_at,
            deployment.deployed_by,
            _mark(entry),
            readers,
        )
    earlier = dict.fromkeys(
        entry.environment
        for entry in history
        if entry.action in _DEPLOYMENTS and version.version == entry.previous_version
    )
    for environment in sorted(set(earlier) - here.keys()):
        yield Node("was live", environment)


def comparison_nodes(
    version: PromptVersion, evaluations: Sequence[EvaluationRecord]
) -> Iterator[Node]:
    """Evidence of other versions that compares them with this one."""
    for record in evaluations:
        evidence = record.evidence
        if evidence.baseline_fingerprint == version.fingerprint and (
            evidence.version != version.version
        ):
            yield Node(
                "baseline of",
                f"{evidence.prompt_id}@{evidence.version}",
                evidence.prompt_fingerprint,
                f"suite {evidence.suite}: {evidence.gate.value.replace('_', ' ')}",
                record.recorded_at,
                record.recorded_by,
            )


def staleness_nodes(
    live: Sequence[PromptDeployment], suites: Sequence[str], prompt_id: str
) -> Iterator[Node]:
    """What would read stale if the cases, scorers or rules of a suite changed."""
    for suite in suites:
        at_risk = tuple(
            Node("live", item.environment, detail=f"{prompt_id}@{item.version}") for item in live
        )
        if at_risk:
            yield Node("stale if changed", suite, nodes=at_risk)


def _reads(app: AppFeatures, version: PromptVersion, environment: str) -> bool:
    place = (app.prompt_id, app.version, app.environment)
    return place == (version.prompt_id, version.version, environment)


def _app(app: AppFeatures, version: PromptVersion) -> Node:
    problems = "; ".join(app.problems(version))
    at = datetime.fromtimestamp(app.at, UTC).isoformat(timespec="seconds")
    detail = f"computes {', '.join(sorted(app.hashes))}"
    warning = f"drifted: {problems}" if problems else ""
    return Node("consumer", app.app, detail=detail, at=at, warning=warning)


def _made_live(entry: LogEntry, version: PromptVersion, environment: str) -> bool:
    return (
        entry.action in _DEPLOYMENTS
        and entry.version == version.version
        and entry.environment == environment
    )


def _mark(entry: LogEntry | None) -> str:
    if entry is None:
        return ""
    if entry.override:
        return "deployed without the evidence that the rules ask for"
    if entry.loosened_by:
        return f"allowed by loosened rules, record {entry.loosened_by}"
    return ""
