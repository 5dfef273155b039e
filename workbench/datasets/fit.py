"""Do the cases fit the prompt? Asked before the first call that costs money."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.datasets.cells import is_typed, misfit, typed
from workbench.datasets.values import Case
from workbench.errors import DatasetError, TemplateError
from workbench.prompts.templates import Renderer
from workbench.prompts.untyped import Untyped
from workbench.prompts.values import Message, Prompt


def typed_inputs(prompt: Prompt, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs as the prompt's kinds need them; a blank cell of a typed one is not given.

    An undeclared input, and one of kind string, takes whatever is there. Raises TemplateError
    when a value does not fit its kind: only cells are converted, what has a type keeps it.
    """
    kinds = {item.name: item.kind for item in prompt.inputs if is_typed(item.kind)}
    values: dict[str, Any] = {}
    for name, value in inputs.items():
        kind = kinds.get(name, "")
        if not isinstance(value, Untyped):
            problem = misfit(value, kind)
            if problem:
                raise TemplateError(f"{name} {problem}", hint=f"its kind is {kind}")
            values[name] = value
            continue
        try:
            found = typed(value, kind)
        except DatasetError as error:
            raise TemplateError(f"{name} {error.message}", hint=f"its kind is {kind}") from error
        if found is not None:
            values[name] = found
    return values


def sent_inputs(prompt: Prompt, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a stored case as they were sent: text for an input that is none was a cell."""
    cells = {k: Untyped(v) if isinstance(v, str) else v for k, v in inputs.items()}
    try:
        return typed_inputs(prompt, cells)
    except TemplateError:
        return dict(inputs)


def check_fit(
    prompt: Prompt, cases: Sequence[Case], place_of: Callable[[Case], str]
) -> tuple[str, ...]:
    """Notes about columns that no template uses.

    Raises DatasetError when a case lacks an input that the prompt needs, or has one of another
    kind, naming both and the place of the case.
    """
    renderer = Renderer(prompt)
    for case in cases:
        where = f"{place_of(case)}: case {case.id!r}"
        try:
            inputs = typed_inputs(prompt, case.inputs)
        except TemplateError as error:
            raise DatasetError(f"{where}: {error.message}", hint=error.hint) from error
        missing = renderer.missing(inputs)
        if missing:
            names = ", ".join(missing)
            given = ", ".join(sorted(inputs)) or "no inputs"
            raise DatasetError(
                f"{where} has no {names}, which {prompt.prompt_id} needs", hint=f"it has: {given}"
            )
    return unused_columns([renderer], cases)


def unused_columns(renderers: Sequence[Renderer], cases: Sequence[Case]) -> tuple[str, ...]:
    """Notes about columns that none of these prompts uses."""
    unused = {name for case in cases for name in case.inputs}
    unused.difference_update(*(renderer.names for renderer in renderers))
    return tuple(f"the column {name!r} is used by no template" for name in sorted(unused))


def has_typed_inputs(prompt: Prompt) -> bool:
    """Whether it declares an input that is not text."""
    return any(is_typed(item.kind) for item in prompt.inputs)


def asks_otherwise(prompt: Prompt, cases: Sequence[Case]) -> bool:
    """Whether the kinds of the inputs change what is asked: 0.1.0 rendered every cell as text."""
    if not has_typed_inputs(prompt):
        return False
    renderer = Renderer(prompt)
    for case in cases:
        try:
            inputs = typed_inputs(prompt, case.inputs)
        except TemplateError:
            return True
        if inputs != case.inputs and _said(renderer, inputs) != _said(renderer, case.inputs):
            return True
    return False


def _said(renderer: Renderer, inputs: Mapping[str, Any]) -> tuple[Message, ...] | str:
    try:
        return renderer.render(inputs)
    except TemplateError as error:
        return error.message
