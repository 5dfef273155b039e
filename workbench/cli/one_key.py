"""Answers of one key: at a terminal without the enter key, else one line of stdin each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

import click

from workbench.cli.context import CommandContext

END = "q"
_ARROWS = {"\x1b[D": "left", "\x1b[C": "right", "\x1bOD": "left", "\x1bOC": "right"}


def read_key() -> str:
    """The key or the line, without surrounding white space; END where there are no more.

    Raises KeyboardInterrupt.
    """
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return line.strip() if line else END
    try:
        key = click.getchar()
    except EOFError:
        return END
    return _ARROWS.get(key, key)


def read_text(prompt: str) -> str:
    """One line of text; empty where there are no more."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    try:
        return str(click.prompt(prompt, default="", show_default=False, err=True)).strip()
    except click.Abort:
        return ""


def narrator(context: CommandContext) -> Callable[[Iterable[str]], None]:
    """Writes what is asked about to stdout, and to stderr where that is for JSON."""

    def say(lines: Iterable[str]) -> None:
        for line in lines:
            if context.as_json:
                context.note(line)
            else:
                context.data(line)

    return say
