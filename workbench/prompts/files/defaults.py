"""Checks that the defaults of a draft's inputs are what these inputs take."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.prompts.files.front_matter import Front
from workbench.prompts.inputs.checks import misfit
from workbench.prompts.values import Input


def check_defaults(front: Front, inputs: Sequence[Input]) -> None:
    """Refuse a default that does not fit its input, with its line. Raises DraftError."""
    data = front.data.get("inputs")
    for place, item in enumerate(inputs):
        problem = misfit(item, item.default)
        if problem:
            at = item.name if isinstance(data, dict) else place
            front.refuse_value(("inputs", at, "default"), problem)
