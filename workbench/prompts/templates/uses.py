"""What the templates of a prompt do with its inputs: test them for truth, loop over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.prompts.values import JINJA2, Prompt

if TYPE_CHECKING:
    from jinja2 import nodes

_SAME_ITEMS = frozenset({"list", "reverse", "sort", "unique"})


@dataclass(frozen=True, slots=True)
class Uses:
    """Names of inputs, by what the templates do with the value itself."""

    tested: frozenset[str] = frozenset()
    """By `{% if vip %}`, `not vip`, `vip and …`."""
    looped: frozenset[str] = frozenset()
    """By `{% for item in items %}`."""
    defaulted: frozenset[str] = frozenset()
    """By `x | default('d')` and `x is defined`."""


def uses_of(prompt: Prompt) -> Uses:
    """Raises jinja2.TemplateSyntaxError for a template that does not compile."""
    templates = [m.content for m in prompt.messages if "{%" in m.content or "{{" in m.content]
    if prompt.template_format != JINJA2 or not templates:
        return Uses()
    from jinja2 import Environment

    trees = [Environment().parse(template) for template in templates]
    return Uses(
        frozenset(name for tree in trees for name in _names(_tested(tree))),
        frozenset(name for tree in trees for name in _names(_looped(tree))),
        frozenset(name for tree in trees for name in _names(_defaulted(tree))),
    )


def how_to_leave_out(prompt: Prompt, names: Iterable[str]) -> str:
    """What to do about names that the templates take for optional and that are not declared."""
    undeclared = [name for name in names if prompt.input_named(name) is None]
    found = sorted(uses_of(prompt).defaulted.intersection(undeclared))
    return f"declare {', '.join(found)} with required: false" if found else ""


def _names(found: Iterator[nodes.Node]) -> Iterator[str]:
    from jinja2 import nodes

    return (node.name for node in found if isinstance(node, nodes.Name))


def _tested(tree: nodes.Template) -> Iterator[nodes.Node]:
    from jinja2 import nodes

    for node in tree.find_all((nodes.If, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not)):
        if isinstance(node, (nodes.If, nodes.CondExpr)):
            yield node.test
        elif isinstance(node, nodes.Not):
            yield node.node
        elif isinstance(node, (nodes.And, nodes.Or)):
            yield node.left
            yield node.right


def _looped(tree: nodes.Template) -> Iterator[nodes.Node]:
    from jinja2 import nodes

    for loop in tree.find_all(nodes.For):
        items = loop.iter
        while isinstance(items, nodes.Filter) and items.name in _SAME_ITEMS and items.node:
            items = items.node
        yield items


def _defaulted(tree: nodes.Template) -> Iterator[nodes.Node]:
    from jinja2 import nodes

    for node in tree.find_all((nodes.Filter, nodes.Test)):
        if node.name in ("default", "d", "defined", "undefined") and node.node:
            yield node.node
