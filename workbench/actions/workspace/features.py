"""Features of a version beside their definitions in the workspace today."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench.errors import CodeError
from workbench.prompts.features import feature_change, read_feature
from workbench.prompts.values import Prompt
from workbench.registry.models.records import State, Status


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
