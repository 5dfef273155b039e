"""Files in templates: each is printed as a marker, and the text is cut there after rendering."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import TemplateError
from workbench.prompts.values import Message


class Placed:
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


def printed(value: Placed) -> str:
    """The marker that stands for the file in the rendered text."""
    value._printed = True
    return value._marker


def cut(
    role: str, text: str, placed: Mapping[str, Placed], parts: Mapping[str, dict[str, Any]]
) -> Message:
    """The message of a rendered text, with the part of each file where it was printed.

    Raises TemplateError for a file in a message that is not the user's.
    """
    from workbench.prompts.inputs.media import held_by, words

    by_marker = {value._marker: name for name, value in placed.items()}
    found: list[dict[str, Any]] = []
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
            found.append(parts[name])
            shown.append(f"[{words(held_by(parts[name]))}]")
            continue
        shown.append(piece)
        if found and found[-1]["type"] == "text" and piece:
            found[-1] = {"type": "text", "text": found[-1]["text"] + piece}
        elif piece.strip():
            found.append({"type": "text", "text": piece})
    if all(part["type"] == "text" for part in found):
        return Message(role, text)
    return Message(role, "".join(shown), tuple(found))


def check_kept(placed: Mapping[str, Placed]) -> None:
    """Raise TemplateError for a file that was printed and did not arrive in any message."""
    for name, value in placed.items():
        if value._printed:
            raise TemplateError(
                f"{name} is a file, and the template changes or drops what it prints",
                hint=f"write {{{{ {name} }}}} by itself",
            )
