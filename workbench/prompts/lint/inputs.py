"""Inputs that templates use and the front matter does not declare, and the other way round, as for
its examples.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from workbench.prompts.files.front_matter import split
from workbench.prompts.files.strict_yaml import line_of
from workbench.prompts.lint.places import Placed, PlacedText, expand
from workbench.prompts.lint.rules import UNDECLARED, UNUSED, UNUSED_EXAMPLES, Finding
from workbench.prompts.values import EXAMPLES, JINJA2, SLOT, Prompt


def input_findings(placed: Placed, prompt: Prompt, used: Collection[str]) -> Iterator[Finding]:
    """Undeclared names on the line of their first use, unused inputs where they are declared.

    `used` are the names in the templates, which compile.
    """
    for name in used:
        if prompt.input_named(name) or (prompt.examples and name == EXAMPLES):
            continue
        uses = (_first_use(name, message, prompt) for message in placed.messages)
        file, line = next(filter(None, uses), ("", None))
        message = f"{{{{ {name} }}}} is not declared in inputs"
        yield Finding(UNDECLARED, message, line, file=file)
    for name in (item.name for item in prompt.inputs if item.name not in used):
        yield Finding(UNUSED, f"the input {name} is used by no message", _declared(name, placed))
    if prompt.examples and EXAMPLES not in used:
        front, _ = split("\n".join(placed.lines), "the draft")
        line = front.first_line - 1 + line_of(front.text, (EXAMPLES,))
        yield Finding(UNUSED_EXAMPLES, UNUSED_EXAMPLES.summary, line)


def _first_use(name: str, message: PlacedText, prompt: Prompt) -> tuple[str, int] | None:
    """File and line of the first use of a name in a message."""
    if message.role == SLOT:
        return ("", message.line) if message.content == name else None
    if prompt.template_format != JINJA2:
        at = message.content.find(f"{{{name}}}")
        return None if at < 0 else ("", message.line + message.content.count("\n", 0, at))
    whole = expand(message, prompt)
    if name not in whole.text:
        return None
    from jinja2 import Environment, nodes

    tree = Environment().parse(whole.text)
    uses = [node.lineno for node in tree.find_all(nodes.Name) if node.name == name]
    return whole.where(min(uses)) if uses else None


def _declared(name: str, placed: Placed) -> int | None:
    front, _ = split("\n".join(placed.lines), "the draft")
    inputs = front.data.get("inputs")
    path: tuple[str | int, ...] = ("inputs", name)
    if not isinstance(inputs, dict):
        names = [item.get("name") if isinstance(item, dict) else item for item in inputs or ()]
        path = ("inputs", names.index(name), "name") if name in names else ("inputs",)
    return front.first_line - 1 + line_of(front.text, path)
