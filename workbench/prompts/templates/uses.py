"""How a prompt's templates use its inputs: truth tests, loops, defaults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.prompts.snippets import expanded
from workbench.prompts.values import JINJA2, Prompt

if TYPE_CHECKING:
    from jinja2 import nodes

_SAME_ITEMS = frozenset({"list", "reverse", "sort", "unique"})
_SAME_TRUTH = frozenset({"capitalize", "d", "default", "lower", "string", "title", "trim", "upper"})
"""Filters that do not change whether a text is true."""


@dataclass(frozen=True, slots=True)
class Uses:
    """Names of inputs by how templates use their values."""

    decides: frozenset[str] = frozenset()
    """In `{% if vip %}`, `not vip`, `vip and …`: their truth selects text."""
    tested: frozenset[str] = frozenset()
    """In those, or in `vip or …`, which renders the value itself if it is true."""
    looped: frozenset[str] = frozenset()
    """In `{% for item in items %}`."""
    defaulted: frozenset[str] = frozenset()
    """In `x | default('d')` and `x is defined`."""
    printed: frozenset[str] = frozenset()
    """In `{{ x }}`, with or without filters."""


def uses_of(prompt: Prompt) -> Uses:
    """The uses of all inputs; none where a template does not compile: compiling it says why."""
    texts = [m.content for m in prompt.messages if "{%" in m.content or "{{" in m.content]
    templates = [expanded(prompt, text).text for text in texts]
    if prompt.template_format != JINJA2 or not templates:
        return Uses()
    from jinja2 import Environment, TemplateSyntaxError

    try:
        trees = [Environment().parse(template) for template in templates]
    except TemplateSyntaxError:
        return Uses()
    return Uses(
        frozenset(name for tree in trees for name in _holding(tree, _decides(tree))),
        frozenset(name for tree in trees for name in _holding(tree, _tested(tree))),
        frozenset(name for tree in trees for name in _names(_looped(tree))),
        frozenset(name for tree in trees for name in _names(_defaulted(tree))),
        frozenset(name for tree in trees for name in _names(_printed(tree))),
    )


def how_to_leave_out(prompt: Prompt, names: Iterable[str]) -> str:
    """A hint about undeclared names that the templates treat as optional; else empty."""
    undeclared = [name for name in names if prompt.input_named(name) is None]
    optional = sorted(uses_of(prompt).defaulted.intersection(undeclared))
    return f"declare {', '.join(optional)} with required: false" if optional else ""


def _names(nodes_found: Iterator[nodes.Node]) -> Iterator[str]:
    from jinja2 import nodes

    return (node.name for node in nodes_found if isinstance(node, nodes.Name))


def _holding(tree: nodes.Template, tests: Iterator[nodes.Node]) -> Iterator[str]:
    """Names tested for truth, also through `set`, except names that the same test compares."""
    from jinja2 import nodes

    names: set[str] = set()
    for test in tests:
        known = (
            node for side in test.find_all(nodes.Compare) for node in side.find_all(nodes.Name)
        )
        names.update(set(_names(_operands(test))) - {node.name for node in known})
    sets = [node for node in tree.find_all(nodes.Assign) if isinstance(node.target, nodes.Name)]
    for node in reversed(sets):
        if node.target.name in names:  # type: ignore[attr-defined]
            names.update(_names(_operands(node.node)))
    return iter(names)


def _operands(test: nodes.Node) -> Iterator[nodes.Node]:
    """The operands that decide the truth of a test."""
    from jinja2 import nodes

    inner = test.node if isinstance(test, (nodes.Not, nodes.Filter)) else None
    if isinstance(test, (nodes.And, nodes.Or)):
        yield from _operands(test.left)
        yield from _operands(test.right)
    elif inner and (isinstance(test, nodes.Not) or getattr(test, "name", "") in _SAME_TRUTH):
        yield from _operands(inner)
    else:
        yield test


def _decides(tree: nodes.Template) -> Iterator[nodes.Node]:
    from jinja2 import nodes

    tests: list[nodes.Node | None] = [node.test for node in tree.find_all(nodes.If)]
    tests += [node.test for node in tree.find_all(nodes.CondExpr)]
    tests += [node.test for node in tree.find_all(nodes.For)]
    inner: set[int] = set()
    for test in filter(None, tests):
        inner.update(map(id, (test, *test.find_all((nodes.And, nodes.Not)))))
        yield test
    sides: list[tuple[nodes.Expr, nodes.Expr]]
    sides = [(part, part.left) for part in tree.find_all(nodes.And)]
    sides += [(part, part.node) for part in tree.find_all(nodes.Not)]
    yield from (side for part, side in sides if id(part) not in inner)


def _tested(tree: nodes.Template) -> Iterator[nodes.Node]:
    from jinja2 import nodes

    yield from _decides(tree)
    yield from tree.find_all((nodes.And, nodes.Or))


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


def _printed(tree: nodes.Template) -> Iterator[nodes.Node]:
    from jinja2 import nodes

    texts: list[nodes.Output | nodes.Concat] = [*tree.find_all(nodes.Output)]
    for text in (*texts, *tree.find_all(nodes.Concat)):
        for printed in text.nodes:
            while isinstance(printed, nodes.Filter) and printed.node:
                printed = printed.node
            yield printed
