"""Features of a version beside their definitions in the workspace today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from workbench.actions.workspace.checks import Check, Level
from workbench.errors import CodeError, WorkbenchError
from workbench.prompts.features import feature_change, read_feature
from workbench.prompts.values import Prompt
from workbench.registry.models.records import State, Status
from workbench.registry.models.values import PromptVersion
from workbench.registry.reader.app_features import AppFeatures
from workbench.workspace import Workspace


def changed_features(root: Path, prompt: Prompt) -> dict[str, str]:
    """How each feature that the workspace `root` defines otherwise differs, in one line."""
    changed = {}
    for name, pinned in prompt.features.items():
        try:
            today = read_feature(root, name).content
        except CodeError as error:
            changed[name] = error.message
            continue
        if today != pinned:
            changed[name] = feature_change(pinned, today)
    return changed


def status_by_features(status: Status, prompt: Prompt, root: Path) -> Status:
    """A version's status, stale where a feature is defined otherwise in the workspace today: that
    is what apps will compute its inputs by.
    """
    changed = changed_features(root, prompt) if status.tested else {}
    if not changed:
        return status
    how = "; ".join(f"the feature {name} changed since: {how}" for name, how in changed.items())
    return replace(status, state=State.STALE, reason=how)


def status_by_apps(
    status: Status, version: PromptVersion, environment: str, apps: Iterable[AppFeatures]
) -> Status:
    """A version's status, drifted where an app that reads it there computes an input otherwise.

    No deployment changes what an app computes, so that the environment takes the evidence.
    """
    if not status.current:
        return status
    problems = [p for app in apps if app.environment == environment for p in app.problems(version)]
    if not problems:
        return status
    return replace(status, state=State.DRIFTED, reason="; ".join(problems), drift_allowed=True)


def app_checks(workspace: Workspace) -> Iterator[Check]:
    """A check per live version and feature that an app computes by another definition."""
    from workbench.registry import PromptRegistry

    if not workspace.registry_path.exists():
        return
    try:
        with PromptRegistry(workspace.registry_path) as registry:
            for app in registry.app_features():
                for live in registry.live(app.prompt_id):
                    version = registry.get_version(app.prompt_id, live.version)
                    if live.environment == app.environment:
                        for problem in app.problems(version):
                            hint = "bring the app to the definition of the version"
                            yield Check(
                                "app", Level.WARNING, f"{live.environment}: {problem}", hint
                            )
    except WorkbenchError:
        return  # the check of the registry says what is wrong with it
