"""Role markers: the lines that divide a text into messages."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from workbench.prompts.values import SLOT, Message

MARKER = re.compile(r"[ \t]*(?:#[ \t]*)?(system|developer|user|assistant|tool)[ \t]*:[ \t]*", re.I)
_SLOT = re.compile(r"[ \t]*\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}[ \t]*")


class MisplacedText(ValueError):
    """Text between messages that belongs to no role; `line` counts from 1."""

    def __init__(self, line: int, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.line, self.problem, self.hint = line, problem, hint


@dataclass(frozen=True, slots=True)
class Placed:
    """A message and the line, from 1, that its text begins at."""

    message: Message
    line: int


def first_marker(text: str) -> int:
    """The line, from 1, of the first role marker; 0 without one."""
    lines = text.split("\n")
    return next((number for number, line in enumerate(lines, 1) if MARKER.fullmatch(line)), 0)


def split_messages(body: str, slots: Collection[str] = ()) -> tuple[Placed, ...]:
    """The messages of a text. What stands before the first marker is the system's.

    A line `{{ NAME }}` with a name in `slots` is a slot between messages. Raises MisplacedText for
    a slot inside of a message, and for text after a slot that has no role.
    """
    placed: list[Placed] = []
    role, marked, lines, first = "system", False, list[str](), 1

    def end(at_marker: bool = True) -> None:
        text = "\n".join(lines).strip("\n")
        start = first + next((at for at, line in enumerate(lines) if line), 0)
        if not text.strip():
            if at_marker and role != SLOT and (placed or role != "system"):
                placed.append(Placed(Message(role, ""), first))
            return
        if role == SLOT:
            raise MisplacedText(start, "text after a slot has no role", "write 'user:' above it")
        placed.append(Placed(Message(role, text), start))

    for number, line in enumerate(body.split("\n"), 1):
        marker = MARKER.fullmatch(line)
        slot = None if marker or not slots else _SLOT.fullmatch(line)
        if slot and slot[1] in slots:
            if marked and not "".join(lines).strip():
                problem = f"the slot {line.strip()} stands in a message, below '{role}:'"
                raise MisplacedText(number, problem, "a slot stands between messages: move it up")
            end()
            placed.append(Placed(Message(SLOT, slot[1]), number))
            role, marked, lines, first = SLOT, False, [], number + 1
        elif marker:
            end()
            role, marked, lines, first = marker[1].lower(), True, [], number + 1
        else:
            lines.append(line)
    end(at_marker=False)
    return tuple(placed)


def join_messages(messages: Collection[Message]) -> str:
    """The inverse: each message under its role, slots as lines of their own."""
    parts = (
        f"{{{{ {m.content} }}}}" if m.role == SLOT else f"{m.role}:\n{m.content}" for m in messages
    )
    return "\n\n".join(parts) + "\n"
