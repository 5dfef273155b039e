"""A prompt as LangChain serializes it, which LangSmith stores: written without that library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.exchange.hosted import (
    NOTE,
    SLOT,
    as_stored,
    messages_of,
    note_of,
    settings_of,
    with_evidence,
    without_evidence,
)
from workbench.exchange.mustache import LANGSMITH
from workbench.exchange.plain_templates import Slot
from workbench.exchange.targets.base import Export

SETTINGS = "settings"
"""Key of the prompt's metadata that holds model and parameters in OpenAI's words."""
_CHAT = ["langchain", "prompts", "chat"]
_CLASSES = {
    "system": "SystemMessagePromptTemplate",
    "user": "HumanMessagePromptTemplate",
    "assistant": "AIMessagePromptTemplate",
}
_ROLES = {name: role for role, name in _CLASSES.items()}


def manifest(export: Export) -> dict[str, Any]:
    """The version as LangChain serializes a ChatPromptTemplate."""
    assert export.prompt is not None
    messages = messages_of(export.prompt, LANGSMITH)
    metadata = {
        SETTINGS: settings_of(export.prompt),
        NOTE: with_evidence(note_of(export), export),
    }
    names = {name for role, text in messages for name in _names(role, text)}
    return _node(
        [*_CHAT, "ChatPromptTemplate"],
        input_variables=sorted(names),
        messages=[_entry(*message) for message in messages],
        metadata=metadata,
    )


def content_of(manifest: Any) -> dict[str, Any]:
    """What is compared of a manifest: its parts, however the serialization names their classes."""
    kwargs = _kwargs(manifest)
    class_name = _class(manifest)
    if class_name == "RunnableSequence":  # somebody saved a model with it
        return {**content_of(kwargs.get("first")), "model": as_stored(kwargs.get("last"))}
    metadata = kwargs.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, Mapping) else {}
    note = {NOTE: without_evidence(metadata.pop(NOTE))} if NOTE in metadata else {}
    listed = kwargs.get("messages")
    entries = listed if isinstance(listed, list) else []
    known = ("messages", "metadata", "input_variables")
    content = {
        "class": class_name,
        "messages": [_plain_entry(entry) for entry in entries],
        "config": metadata.pop(SETTINGS, None),
        "metadata": metadata,
        **{key: value for key, value in kwargs.items() if key not in known},
        **note,
    }
    return {key: as_stored(value) for key, value in content.items()}


def _node(class_id: list[str], **kwargs: Any) -> dict[str, Any]:
    return {"lc": 1, "type": "constructor", "id": class_id, "kwargs": kwargs}


def _entry(role: str, text: str) -> dict[str, Any]:
    if role == SLOT:
        return _node([*_CHAT, "MessagesPlaceholder"], variable_name=text)
    template = _node(
        ["langchain", "prompts", "prompt", "PromptTemplate"],
        input_variables=sorted(_names(role, text)),
        template=text,
        template_format="mustache",
    )
    if role in _CLASSES:
        return _node([*_CHAT, _CLASSES[role]], prompt=template)
    return _node([*_CHAT, "ChatMessagePromptTemplate"], prompt=template, role=role)


def _names(role: str, text: str) -> set[str]:
    if role == SLOT:
        return {text}
    return {part.name for part in LANGSMITH.read(text) or () if isinstance(part, Slot)}


def _plain_entry(entry: Any) -> dict[str, Any]:
    """Role, template and format of a message, or what else stands there."""
    kwargs, class_name = _kwargs(entry), _class(entry)
    if class_name == "MessagesPlaceholder":
        return {"role": SLOT, "template": kwargs.get("variable_name")}
    inner = _kwargs(kwargs.get("prompt"))
    role = _ROLES.get(class_name) or kwargs.get("role")
    if not role or "template" not in inner:
        return {"class": class_name, "kwargs": kwargs}
    template_format = inner.get("template_format", "f-string")
    return {"role": role, "template": inner["template"], "format": template_format}


def _class(node: Any) -> str:
    class_id = node.get("id") if isinstance(node, Mapping) else None
    return str(class_id[-1]) if isinstance(class_id, list) and class_id else ""


def _kwargs(node: Any) -> Mapping[str, Any]:
    kwargs = node.get("kwargs") if isinstance(node, Mapping) else None
    return kwargs if isinstance(kwargs, Mapping) else {}
