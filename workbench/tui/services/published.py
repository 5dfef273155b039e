"""What a deployment's publication came to, for the status line."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.actions.releasing.delivering import Outcome
from workbench.registry import PromptDeployment

Published = tuple[PromptDeployment, list[Outcome]]
"""What was done, and what became of its publication."""


def published_words(outcomes: Sequence[Outcome]) -> str:
    """` · published to team`, ` · not published: …`, or nothing."""
    failed = next((outcome for outcome in outcomes if outcome.error), None)
    if failed:
        return f" · not published: {failed.parcel.target}: {failed.error} · O sends it again"
    targets = dict.fromkeys(outcome.parcel.target for outcome in outcomes)
    return f" · published to {', '.join(targets)}" if targets else ""
