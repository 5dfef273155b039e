"""What the templates of a prompt do with its inputs: test them for truth, loop over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.prompts.values import JINJA2, Prompt

if TYPE_CHECKING:
    from jinja2 import nodes

_SAME_ITEMS = frozenset({"list", "reverse", "sort", "unique"})
_SAME_TRUTH = frozenset({"capitalize", "d", "default", "lower", "string", "title", "trim", "upper"})
"""Filters that leave a text that holds one that holds."""


@dataclass(frozen=True, slots=True)
class Uses:
    """Names of inputs, by what the templates do with the value itself."""

    decides: frozenset[str] = frozenset()
    """By `{% if vip %}`, `not vip`, `vip and …`: whether it holds chooses what is said."""
    tested: frozenset[str] = frozenset()
    """So, or by `vip or …`, which says the text itself where it holds."""
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
        frozenset(name for tree in trees for name in _holding(tree, _decides(tree))),
        frozenset(name for tree in trees for name in _holding(tree, _tested(tree))),
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


def _holding(tree: nodes.Template, tests: Iterator[nodes.Node]) -> Iterator[str]:
    """The names whose truth these tests take, also where `set` gives them another name; who
    compares the name with something in the same test knows what it holds.
    """
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
    """What the truth of a test is made of."""
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
