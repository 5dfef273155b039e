"""Conversations as inputs: messages with their tool calls, checked for roles and order."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import TemplateError
from workbench.prompts.kinds import NEEDED, shown
from workbench.prompts.values import EXAMPLES, MESSAGES, SLOT, Message

ROLES = ("user", "assistant", "tool")
"""Who may speak in a conversation; what the system says stands in the prompt."""
_KEYS = frozenset({"role", "content", "tool_calls", "tool_call_id", "name"})
_CALL_KEYS = frozenset({"id", "type", "function", "index"})
_NAME = re.compile(r"[^\s<|\\/>]{1,64}")
"""A speaker's or a tool's name, as OpenAI's API takes it: chat templates print it beside the role,
so that it must hold nothing that could become one."""
_NAME_NEEDED = "at most 64 characters without spaces, <, |, \\, / and > are needed"
_OF_PROMPT = ("system", "developer")


def conversation_problem(value: Any) -> str:
    """What is wrong with a conversation, as the end of a sentence; empty if nothing is.

    Each tool call is answered by a message of role tool with its id before anybody goes on, and
    the assistant never speaks twice without being asked.
    """
    if not isinstance(value, (list, tuple)):
        return f"is {shown(value)}, and {NEEDED[MESSAGES]} is needed"
    waiting: list[str] = []
    before = ""
    for number, message in enumerate(value, 1):
        problem = _shape_problem(message) or _order_problem(message, before, waiting)
        if problem:
            return f"has a message {number} {problem}"
        before = message["role"]
        if before == "tool":
            waiting.remove(message["tool_call_id"])
        waiting += [call["id"] for call in message.get("tool_calls") or ()]
    if waiting:
        return (
            f"ends before the tool call {waiting[0]!r} has its result: add a message of role tool"
        )
    return ""


def _shape_problem(message: Any) -> str:
    if not isinstance(message, Mapping) or "role" not in message:
        return f"that is {shown(message)}: {{role, content}} is needed"
    role = message["role"]
    if role in _OF_PROMPT:
        return f"of role {role!r}: that text belongs in the prompt, above the conversation"
    if role not in ROLES:
        return f"of role {shown(role)}: {', '.join(ROLES)} are known"
    for key, given in message.items():
        if key not in _KEYS and given is not None:
            return f"with the key {shown(key)}, which is not sent"
    content, calls = message.get("content"), message.get("tool_calls")
    if calls is not None and role != "assistant":
        return f"of role {role!r} with tool_calls, which only the assistant makes"
    if isinstance(content, (list, tuple)) and role == "user":
        from workbench.prompts.inputs.parts import parts_problem

        problem = parts_problem(content)
        if problem:
            return problem
    elif content is not None and not isinstance(content, str):
        parts = " or parts, with files," if role == "user" else ""
        return f"whose content is {shown(content)}: text{parts} is needed"
    if content is None and not calls:
        return "without content"
    if not isinstance(message.get("name") or "", str):
        return f"whose name is {shown(message['name'])}: text is needed"
    if message.get("name") and not _NAME.fullmatch(message["name"]):
        return f"whose name is {shown(message['name'])}: {_NAME_NEEDED}"
    if role != "tool":
        if message.get("tool_call_id") is not None:
            return f"of role {role!r} with a tool_call_id, which goes with role tool"
        return _calls_problem(calls)
    if not isinstance(message.get("tool_call_id"), str) or not message["tool_call_id"]:
        return "of role tool without the tool_call_id of the call that it answers"
    return ""


def _calls_problem(calls: Any) -> str:
    if calls is None:
        return ""
    if not isinstance(calls, (list, tuple)) or not calls:
        return f"whose tool_calls are {shown(calls)}: a list of calls is needed"
    ids: set[str] = set()
    for call in calls:
        function = call.get("function") if isinstance(call, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
            return f"with the tool call {shown(call)}: {{id, function: {{name, arguments}}}}"
        if call.get("type", "function") != "function" or call.keys() - _CALL_KEYS:
            return f"with the tool call {shown(call)}: only functions are called"
        if not _NAME.fullmatch(function["name"]):
            return f"with a call of {shown(function['name'])}: {_NAME_NEEDED}"
        if not isinstance(call.get("id"), str) or not call["id"] or call["id"] in ids:
            return f"with a tool call of {function['name']!r} that has no id of its own"
        ids.add(call["id"])
        if not isinstance(function.get("arguments", ""), (str, Mapping)):
            return f"with a call of {function['name']!r} whose arguments are no JSON object"
    return ""


def _order_problem(message: Mapping[str, Any], before: str, waiting: list[str]) -> str:
    role = message["role"]
    if role == "tool":
        if message["tool_call_id"] not in waiting:
            return f"that answers the tool call {message['tool_call_id']!r}, which nobody made"
        return ""
    if waiting:
        return f"of role {role!r} before the tool call {waiting[0]!r} has its result"
    if role == before == "assistant":
        return "of role 'assistant' right after another: nobody asked in between"
    return ""


def conversation(value: Any, name: str) -> tuple[Message, ...]:
    """The messages of an input of kind messages; none if it is not given.

    Raises TemplateError for what is no conversation.
    """
    if not value:
        return ()
    problem = conversation_problem(value)
    if problem:
        raise TemplateError(f"{name} {problem}", hint=f"its kind is {MESSAGES}")
    return tuple(map(_message, value))


def check_end(last: Message, rendered: Sequence[Message]) -> None:
    """Raise TemplateError where a prompt ends with the slot `last` of a conversation, and nothing
    that was rendered asks for an answer.
    """
    is_conversation = last.role == SLOT and last.content != EXAMPLES
    if is_conversation and (not rendered or rendered[-1].role not in ("user", "tool")):
        raise TemplateError(
            f"{last.content} ends with nothing that asks for an answer",
            hint="its last message is the user's, or the result of a tool",
        )


def _message(given: Mapping[str, Any]) -> Message:
    more = {key: given[key] for key in ("tool_call_id", "name") if given.get(key)}
    if given.get("tool_calls"):
        more = {"tool_calls": [_call(call) for call in given["tool_calls"]], **more}
    content = given.get("content") or ""
    if isinstance(content, str):
        return Message(given["role"], content, more=more)
    from workbench.prompts.inputs.parts import message_parts

    text, parts = message_parts(content)
    return Message(given["role"], text, parts, more)


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call["function"]
    arguments = function.get("arguments", "")
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": function["name"], "arguments": arguments},
    }


def conversation_text(messages: Sequence[Message]) -> str:
    """Messages for a reader: the lines of each are indented under its role, so that none of them
    can be taken for a role.
    """
    return "\n".join(line for message in messages for line in _lines(message))


def _lines(message: Message) -> list[str]:
    answered = message.more.get("tool_call_id")
    role = f"{message.role} ({answered})" if answered else message.role
    return [f"{role}:", *(f"  {line}" for line in message_text(message).splitlines())]


def message_text(message: Message) -> str:
    """What a message says, and the tools that it calls."""
    calls = message.more.get("tool_calls", ())
    lines = [message.content] if message.content or not calls else []
    for call in calls:
        function = call["function"]
        lines.append(f"→ {function['name']}({function['arguments']})  {call['id']}")
    return "\n".join(lines)
