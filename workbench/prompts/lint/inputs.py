"""Inputs that templates use and the front matter does not declare, and the other way round."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.prompts.contract import undeclared, unused
from workbench.prompts.files.front_matter import split
from workbench.prompts.files.strict_yaml import line_of
from workbench.prompts.lint.places import Placed, PlacedMessage
from workbench.prompts.lint.rules import UNDECLARED, UNUSED, Finding
from workbench.prompts.values import JINJA2, Prompt


def input_findings(placed: Placed, prompt: Prompt) -> Iterator[Finding]:
    """Undeclared names on the line of their first use, unused inputs where they are declared.

    Raises TemplateError for a template that does not compile.
    """
    for name in undeclared(prompt):
        lines = (_first_use(name, message, prompt) for message in placed.messages)
        line = next(filter(None, lines), None)
        yield Finding(UNDECLARED, f"{{{{ {name} }}}} is not declared in inputs", line)
    for name in unused(prompt):
        yield Finding(UNUSED, f"the input {name} is used by no message", _declared(name, placed))


def _first_use(name: str, message: PlacedMessage, prompt: Prompt) -> int | None:
    if prompt.template_format != JINJA2:
        at = message.content.find(f"{{{name}}}")
        return None if at < 0 else message.line + message.content.count("\n", 0, at)
    if name not in message.content:
        return None
    from jinja2 import Environment, nodes

    tree = Environment().parse(message.content)
    uses = [node.lineno for node in tree.find_all(nodes.Name) if node.name == name]
    return message.line + min(uses) - 1 if uses else None


def _declared(name: str, placed: Placed) -> int | None:
    front, _ = split("\n".join(placed.lines), "the draft")
    inputs = front.data.get("inputs")
    if isinstance(inputs, dict):
        path: tuple[str | int, ...] = ("inputs", name)
    else:
        names = [item.get("name") if isinstance(item, dict) else item for item in inputs or ()]
        path = ("inputs", names.index(name), "name") if name in names else ("inputs",)
    line = front.first_line - 1 + line_of(front.text, path)
    # An item of a list of one-line mappings has the line of its name; a plain text has none.
    return line if re.search(rf"\b{re.escape(name)}\b", placed.lines[line - 1]) else line
