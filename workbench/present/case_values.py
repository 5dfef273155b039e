"""The values of a case for a reader: a conversation as messages, a file by name and size."""

from __future__ import annotations

from typing import Any

from workbench.datasets.json_values import as_text
from workbench.datasets.values import CHECKS, TOOL_RESULTS, Case
from workbench.prompts.inputs.conversations import ROLES, conversation, conversation_problem
from workbench.prompts.inputs.conversations import conversation_text as text_of_messages
from workbench.prompts.inputs.media import is_attachment, words

_SHOWN_URI = 40


def readable(value: Any) -> str:
    """A value as text; nothing for null. The text is untrusted, and may have several lines."""
    if isinstance(value, str):  # first, since tables ask for many
        if len(value) > _SHOWN_URI and value[:5].lower() == "data:":
            return f"{value[:_SHOWN_URI]}… {len(value):,} characters"
        return str(value)
    if value is None:
        return ""
    if is_attachment(value):
        return words(value)
    if _is_conversation(value):
        return text_of_messages(conversation(value, ""))
    return as_text(value)


def readable_inputs(case: Case) -> dict[str, str]:
    """The inputs of a case, and what tools say in it, by name."""
    shown = {str(name): readable(value) for name, value in case.inputs.items()}
    if case.tool_results is not None:
        shown[TOOL_RESULTS.replace("_", " ")] = as_text(case.tool_results)
    if case.checks:
        shown[CHECKS] = as_text(case.checks)
    return shown


def input_text(case: Case) -> str:
    """All inputs, one after the other; with names where there are several."""
    if len(case.inputs) == 1:
        return readable(next(iter(case.inputs.values())))
    return " · ".join(f"{name}: {readable(value)}" for name, value in case.inputs.items())


def _is_conversation(value: Any) -> bool:
    first = value[0] if isinstance(value, (list, tuple)) and value else None
    if not isinstance(first, dict) or first.get("role") not in ROLES:
        return False
    return not conversation_problem(value)
