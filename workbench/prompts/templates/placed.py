"""Files in templates: each is printed as a marker, and the text is cut there after rendering."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import TemplateError
from workbench.prompts.values import Message


class PlacedFile:
    """The value of a file's input while a template is rendered. Only `{{ name }}` takes it."""

    __slots__ = ("_marker", "_name", "_printed")

    def __init__(self, name: str) -> None:
        self._name = name
        # Unguessable, so that no text of a case is taken for it; without letters, so that no
        # filter such as upper changes it.
        self._marker = f"[[{int.from_bytes(os.urandom(12)):030d}]]"
        self._printed = False

    def __str__(self) -> str:
        name = self._name
        raise TypeError(f"{name} is a file: it stands alone, as {{{{ {name} }}}}")

    __repr__ = __str__


def printed(value: PlacedFile) -> str:
    """The marker that stands for the file in the rendered text."""
    value._printed = True
    return value._marker


def cut(
    message: Message, placed: Mapping[str, PlacedFile], parts: Mapping[str, dict[str, Any]]
) -> Message:
    """A rendered message, with the part of each file where it was printed.

    Raises TemplateError for a file in a message that is not the user's.
    """
    from workbench.prompts.inputs.media import held_by, words

    role, text = message.role, message.content
    by_marker = {value._marker: name for name, value in placed.items()}
    split_parts: list[dict[str, Any]] = []
    shown: list[str] = []
    for at, piece in enumerate(re.split(r"(\[\[[0-9]{30}\]\])", text)):
        name = by_marker.get(piece) if at % 2 else None
        if name is not None:
            if role != "user":
                raise TemplateError(
                    f"{name} is a file, and stands in a message of role {role}",
                    hint="only a message of the user may hold it: put it under 'user:'",
                )
            placed[name]._printed = False
            split_parts.append(parts[name])
            shown.append(f"[{words(held_by(parts[name]))}]")
            continue
        shown.append(piece)
        if split_parts and split_parts[-1]["type"] == "text" and piece:
            split_parts[-1] = {"type": "text", "text": split_parts[-1]["text"] + piece}
        elif piece.strip():
            split_parts.append({"type": "text", "text": piece})
    if all(part["type"] == "text" for part in split_parts):
        return message
    return Message(role, "".join(shown), tuple(split_parts))


def place_files(
    kinds: Mapping[str, str], values: Mapping[str, Any]
) -> tuple[dict[str, PlacedFile], dict[str, dict[str, Any]]]:
    """What stands in templates for the given files, and their parts of a message, by input.

    Raises TemplateError for a value that is no file of its kind.
    """
    placed: dict[str, PlacedFile] = {}
    parts: dict[str, dict[str, Any]] = {}
    for name, kind in kinds.items():
        if not values.get(name):
            continue
        from workbench.prompts.inputs.media import media_of, part_of

        try:
            parts[name] = part_of(media_of(values[name], kind), kind)
        except ValueError as error:
            raise TemplateError(f"{name} {error}", hint=f"its kind is {kind}") from error
        placed[name] = PlacedFile(name)
    return placed, parts


def check_kept(placed: Mapping[str, PlacedFile]) -> None:
    """Raise TemplateError for a file that was printed and did not arrive in any message."""
    for name, value in placed.items():
        if value._printed:
            raise TemplateError(
                f"{name} is a file, and the template changes or drops what it prints",
                hint=f"write {{{{ {name} }}}} by itself",
            )
