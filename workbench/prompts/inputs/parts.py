"""Messages of a conversation in parts: text, images and documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workbench.prompts.inputs.media import Attachment, is_attachment, media_of, part_of, words
from workbench.prompts.kinds import FILE, IMAGE, shown

TEXT = "text"
_OPENAI = "image_url"
_DETAILS = ("auto", "low", "high")
_FORMS = "{type: text, text}, {type: image, image} or {type: file, file} is needed"


def held_in(part: Mapping[str, Any]) -> tuple[str, Any] | None:
    """The kind of the file in a part, and what names it; None in a text. `image_url` is OpenAI's
    spelling of an image.
    """
    kind = part.get("type")
    if kind == _OPENAI:
        address = part.get(_OPENAI)
        return IMAGE, address.get("url") if isinstance(address, Mapping) else address
    return (kind, part.get(kind)) if kind in (IMAGE, FILE) else None


def parts_problem(content: list[Any] | tuple[Any, ...]) -> str:
    """What is wrong with a content in parts, as the end of a sentence; empty if nothing is."""
    if not content:
        return "without content"
    for number, part in enumerate(content, 1):
        problem = _problem(part)
        if problem:
            return f"whose part {number} {problem}"
    return ""


def _problem(part: Any) -> str:
    if not isinstance(part, Mapping):
        return f"is {shown(part)}: {_FORMS}"
    held = held_in(part)
    if held is None:
        is_text = part.keys() == {"type", TEXT} and isinstance(part[TEXT], str)
        return "" if is_text and part["type"] == TEXT else f"is {shown(part)}: {_FORMS}"
    address = part.get(_OPENAI)
    more = {**address} if isinstance(address, Mapping) else {}
    more.pop("url", None)
    detail = more.pop("detail", None)
    if more or part.keys() != {"type", part["type"]} or detail not in (None, *_DETAILS):
        return f"is {shown(part)}: {_FORMS}"
    try:
        media_of(held[1], held[0])
    except ValueError as error:
        return str(error)
    except OSError as error:
        return str(error.strerror or error)
    return ""


def message_parts(content: list[Any] | tuple[Any, ...]) -> tuple[str, tuple[dict[str, Any], ...]]:
    """A description of the parts, and the parts as they are sent, see `media.part_of`."""
    described, parts = [], []
    for part in content:
        held = held_in(part)
        if held is None:
            described.append(part[TEXT])
            parts.append({"type": TEXT, TEXT: part[TEXT]})
            continue
        media = media_of(held[1], held[0])
        made = part_of(media, held[0])
        if isinstance(part.get(_OPENAI), Mapping) and "detail" in part[_OPENAI]:
            made[_OPENAI]["detail"] = part[_OPENAI]["detail"]
        parts.append(made)
        described.append(f"[{words(media)}]")
    return "\n".join(described), tuple(parts)


def has_files(messages: Any) -> bool:
    """Whether a message of this conversation holds a file."""
    return next(_held(messages), None) is not None


def attachments_in(messages: Any) -> Iterator[Attachment | Mapping[str, Any]]:
    """The attachments of a conversation, or what is stored of them."""
    return (value for _, value in _held(messages) if is_attachment(value))


def texts_of(content: Any) -> str:
    """The texts of a message's content, one below the other."""
    if not isinstance(content, (list, tuple)):
        return str(content or "")
    return "\n".join(str(p.get(TEXT, "")) for p in content if isinstance(p, Mapping))


def with_held(messages: Any, change: Callable[[str, Any], Any]) -> list[Any]:
    """The conversation with `change(kind, value)` for each file in it."""
    return [
        {**message, "content": [_changed(part, change) for part in message["content"]]}
        if _is_in_parts(message)
        else message
        for message in messages
    ]


def _changed(part: Any, change: Callable[[str, Any], Any]) -> Any:
    held = held_in(part) if isinstance(part, Mapping) else None
    if held is None:
        return part
    value = change(*held)
    if isinstance(part.get(_OPENAI), Mapping):
        return {**part, _OPENAI: {**part[_OPENAI], "url": value}}
    return {**part, part["type"]: value}


def _is_in_parts(message: Any) -> bool:
    return isinstance(message, Mapping) and isinstance(message.get("content"), (list, tuple))


def _held(messages: Any) -> Iterator[tuple[str, Any]]:
    for message in messages if isinstance(messages, (list, tuple)) else ():
        for part in message["content"] if _is_in_parts(message) else ():
            held = held_in(part) if isinstance(part, Mapping) else None
            if held:
                yield held
