"""Do the cases fit the prompt? Asked before the first call that costs money."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.datasets.values import Case
from workbench.errors import DatasetError
from workbench.prompts.templates import Renderer
from workbench.prompts.values import Prompt


def check_fit(prompt: Prompt, cases: Sequence[Case], where: str) -> tuple[str, ...]:
    """Notes about columns that no template uses.

    Raises DatasetError when a case lacks an input that the prompt needs, naming both.
    """
    renderer = Renderer(prompt)
    for case in cases:
        missing = renderer.missing(case.inputs)
        if missing:
            names = ", ".join(missing)
            raise DatasetError(
                f"{where}: case {case.id!r} has no {names}, which {prompt.prompt_id} needs",
                hint=f"it has: {', '.join(sorted(case.inputs)) or 'no inputs'}",
            )
    unused = {name for case in cases for name in case.inputs} - renderer.names
    return tuple(f"the column {name!r} is used by no template" for name in sorted(unused))
