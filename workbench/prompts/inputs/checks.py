"""The one check of a value against what an input declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import TemplateError
from workbench.prompts.inputs.conversations import conversation_problem
from workbench.prompts.inputs.media import media_of
from workbench.prompts.kinds import MEDIA, NEEDED, NUMBERS, fits, is_typed, shown
from workbench.prompts.values import MESSAGES, Input


def check_values(declared: Sequence[Input], given: Mapping[str, Any]) -> None:
    """Raise TemplateError for the first value that does not fit its input."""
    for item in declared:
        problem = misfit(item, given.get(item.name))
        if problem:
            raise TemplateError(f"{item.name} {problem}", hint=f"its kind is {item.kind}")


def misfit(item: Input, value: Any) -> str:
    """Why a value cannot be given for an input, as the end of a sentence about it; empty if it can.

    The same words in datasets, in `try`, in the screens' forms and in an app. A null is not
    checked: whether a value is needed is another question.
    """
    if value is None:
        return ""
    if item.kind in MEDIA:
        return _file_problem(item.kind, value)
    if is_typed(item.kind) and not fits(item.kind, value):
        return f"is {shown(value)}, and {NEEDED[item.kind]} is needed"
    if item.kind == MESSAGES:
        return conversation_problem(value)
    if item.enum and not any(_same(value, one, item.kind) for one in item.enum):
        return f"is {shown(value)}, and one of {', '.join(map(shown, item.enum))} is needed"
    if item.kind not in NUMBERS:
        return ""
    if item.minimum is not None and value < item.minimum:
        return f"is {shown(value)}, and at least {item.minimum:.15g} is needed"
    if item.maximum is not None and value > item.maximum:
        return f"is {shown(value)}, and at most {item.maximum:.15g} is allowed"
    return ""


def _same(value: Any, allowed: Any, kind: str) -> bool:
    if kind == "string":
        return str(value) == str(allowed)  # 5 in JSON is rendered as the text 5
    if isinstance(value, bool) or isinstance(allowed, bool):
        return value is allowed
    return bool(value == allowed)


def _file_problem(kind: str, value: Any) -> str:
    try:
        media_of(value, kind)
    except ValueError as error:
        return str(error)
    return ""
