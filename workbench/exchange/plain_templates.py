"""Templates as text and places for inputs: the part of Jinja2 that every other engine has, too.

What goes beyond it (a loop, a condition, a filter, a part of an input) another engine would render
otherwise or not at all; it is found with its place, so that nothing of the kind is sent unseen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from workbench.exchange.losses import Loss
from workbench.prompts.values import BRACES, JINJA2, ROLES, Prompt

if TYPE_CHECKING:
    from jinja2 import nodes

_BRACES_SLOT = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_WRITTEN_OUT = re.compile(r"\{\{[-+]|[-+]\}\}|\{#|\{%-?\s*raw\b")
_EXAMPLES = "examples"
_SIGN = re.compile(r"\{(?=[{%#])|\{\Z|(?<=#)\}")
"""What opens a tag, and, to Nunjucks, what closes a comment."""
_WORDS = {
    "For": "a loop",
    "If": "a condition",
    "CondExpr": "a condition",
    "Assign": "an assignment",
    "AssignBlock": "an assignment",
    "Macro": "a macro",
    "Getattr": "a part of an input",
    "Getitem": "a part of an input",
    "Call": "a call",
}


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of an input's value."""

    name: str
    blanks: tuple[str, str] = field(default=(" ", " "), compare=False)
    """Around the name in its tag, where a template is to come back as it was."""


Part = str | Slot


@dataclass(frozen=True, slots=True)
class PlainMessage:
    """A message as text and slots, in order."""

    role: str
    parts: tuple[Part, ...]

    def text(self, slot: str = "{{{{ {} }}}}", literal: Callable[[str], str] = str) -> str:
        """The message with each slot by a format for its name, and each text through `literal`."""
        return "".join(
            slot.format(part.name) if isinstance(part, Slot) else literal(part)
            for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class Feature:
    """What a template has beside text and slots, and where."""

    number: int
    """The message's, from 1."""
    role: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"message {self.number} ({self.role}), line {self.line}: {self.what}"


def read_templates(prompt: Prompt) -> tuple[tuple[PlainMessage, ...], tuple[Feature, ...]]:
    """The prompt's messages as text and slots, and what cannot be said so. Where there are such
    features, the messages lack them.
    """
    messages: list[PlainMessage] = []
    features: list[Feature] = []
    for number, message in enumerate(prompt.messages, 1):
        parts, unreadable = read_template(message.content, prompt.template_format)
        messages.append(PlainMessage(message.role, parts))
        features += [Feature(number, message.role, line, what) for line, what in unreadable]
    return tuple(messages), (*features, *own_features(prompt))


def own_features(prompt: Prompt) -> tuple[Feature, ...]:
    """What no engine but ours has, Jinja2 included: slots between messages, and examples."""
    features = []
    is_own = prompt.input_named(_EXAMPLES) is None
    for number, message in enumerate(prompt.messages, 1):
        if message.role not in ROLES:
            features.append(Feature(number, message.role, 1, "a slot for messages"))
        elif is_own and re.search(rf"\{{[{{%][^}}%]*\b{_EXAMPLES}\b", message.content):
            features.append(Feature(number, message.role, 1, "few-shot examples"))
        elif re.search(r"\{%-?\s*(?:include|import|from|extends)\b", message.content):
            features.append(Feature(number, message.role, 1, "an included text"))
    return tuple(features)


def losses_of_inputs(prompt: Prompt) -> list[Loss]:
    """What a target loses that knows inputs by their names alone."""
    optional = [i.name for i in prompt.inputs if not i.required and i.default is None]
    defaults = [i.name for i in prompt.inputs if i.default is not None]
    losses = []
    if defaults:
        losses.append(Loss(f"the default of {', '.join(defaults)}", "apps pass a value"))
    if optional:
        losses.append(Loss(f"that {', '.join(optional)} may be left out", "apps pass a value"))
    return losses


def is_written_out(prompt: Prompt) -> bool:
    """Whether comments, raw blocks or control of white space get lost where slots and text alone
    are written.
    """
    return prompt.template_format == JINJA2 and any(
        _WRITTEN_OUT.search(message.content) for message in prompt.messages
    )


def rereads(text: str, parts: tuple[Part, ...], slot: re.Pattern[str]) -> bool:
    """Whether another engine reads a text as these parts; `slot` with its one group is what is an
    input to it.
    """
    pieces = slot.split(text)
    read = [Slot(piece) if at % 2 else piece for at, piece in enumerate(pieces)]
    return joined(read) == parts


def as_jinja(text: str, slot: re.Pattern[str]) -> str:
    """Another engine's template as one of Jinja2; what Jinja2 would take for a tag is quoted."""
    pieces = slot.split(text)
    return "".join(
        f"{{{{ {piece} }}}}" if at % 2 else quoted(piece) for at, piece in enumerate(pieces)
    )


def quoted(text: str) -> str:
    """A text as a template of Jinja2 or Nunjucks that renders to it."""
    return _SIGN.sub(lambda sign: f"{{{{ '{sign.group()}' }}}}", text)


def read_template(
    text: str, template_format: str
) -> tuple[tuple[Part, ...], list[tuple[int, str]]]:
    """A template as text and slots, and the line and the name of what cannot be said so."""
    parts, unreadable = _read(text, template_format)
    return joined(parts), unreadable


def _read(text: str, template_format: str) -> tuple[list[Part], list[tuple[int, str]]]:
    if template_format == BRACES:
        pieces = _BRACES_SLOT.split(text)
        return [Slot(p, ("", "")) if at % 2 else p for at, p in enumerate(pieces)], []
    if template_format != JINJA2:
        return [], [(1, f"the template format {template_format}")]
    if not any(sign in text for sign in ("{{", "{%", "{#")):
        return [text], []
    from jinja2 import Environment, TemplateSyntaxError, nodes

    environment = Environment(keep_trailing_newline=True)
    try:
        tree = environment.parse(text)
    except TemplateSyntaxError as error:
        return [], [(error.lineno, f"it does not compile: {error.message}")]
    except (RecursionError, MemoryError, ValueError):
        return [], [(1, "it is nested too deeply")]
    parts: list[Part] = []
    unreadable: list[tuple[int, str]] = []
    for node in tree.body:
        for item in node.nodes if isinstance(node, nodes.Output) else [node]:
            part = _part(item, environment.globals)
            if part is None:
                unreadable.append((item.lineno, _named(item)))
            else:
                parts.append(part)
    return _with_blanks(parts, environment.lex(text)), unreadable


def _with_blanks(parts: list[Part], tokens: Iterator[tuple[int, str, str]]) -> list[Part]:
    """The parts, their slots with the blanks that the tokens of the template have around them."""
    tags: list[list[str]] = []
    for _, kind, value in tokens:
        if kind == "variable_begin":
            tags.append([])
        elif tags and kind in ("name", "whitespace"):
            tags[-1].append(value)
    spelled = iter(["".join(tag) for tag in tags])
    return [_spelled(part, spelled) if isinstance(part, Slot) else part for part in parts]


def _spelled(slot: Slot, tags: Iterator[str]) -> Slot:
    """The slot with the blanks of the next tag that holds its name alone."""
    for tag in tags:
        if tag.strip() == slot.name:
            before, _, after = tag.partition(slot.name)
            return replace(slot, blanks=(before, after)) if "\n" not in tag else slot
    return slot


def _part(node: nodes.Node, known: Mapping[str, Any]) -> Part | None:
    from jinja2 import nodes

    if isinstance(node, nodes.TemplateData):
        return node.data
    if isinstance(node, nodes.Const) and isinstance(node.value, (str, int)):
        return str(node.value)
    if isinstance(node, nodes.Name) and node.name not in known and node.name.isascii():
        return Slot(node.name)
    return None


def _named(node: nodes.Node) -> str:
    kind = type(node).__name__
    if kind in ("Filter", "FilterBlock"):
        inner = node if kind == "Filter" else getattr(node, "filter", node)
        return f"the filter {getattr(inner, 'name', '')}"
    return _WORDS.get(kind, "an expression")


def joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts with neighbouring texts as one, and none empty."""
    return tuple(_joining(parts))


def _joining(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts with neighbouring texts as one: a sign may begin in one and end in the next."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
        yield part
        text = ""
    if text:
        yield text
