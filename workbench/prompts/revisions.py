"""The template revision that a draft needs: the first one if its rendering is the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from workbench.prompts.kinds import PART_KINDS, is_typed
from workbench.prompts.printed_lists import prints_lists
from workbench.prompts.snippets import includes_in
from workbench.prompts.values import (
    FIRST_REVISION,
    JINJA2,
    PARTS_REVISION,
    REVISION,
    SLOT,
    Input,
    Message,
)

if TYPE_CHECKING:
    from jinja2 import nodes

_OPEN = re.compile(r"\{[{%]")
_CLOSE = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|([%}]\})""", re.DOTALL)
_WORD = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\w+|[^\w\s]""", re.DOTALL)
_CHANGED = (
    r"(?:\||\bfilter)\s*(?:tojson|random|format)\b|['\"](?:tojson|random|format)['\"]"
    r"|\b(?:namespace|cycler|joiner)\s*\("
)
"""Matches tags whose meaning changed with the second revision."""

_METHODS = frozenset(
    name
    for kind in (str, bytes, list, tuple, dict, int, float)
    for name in dir(kind)
    if not name.startswith("_")
) - {"real", "imag", "numerator", "denominator"}
_LAZY = frozenset(
    {"map", "select", "reject", "selectattr", "rejectattr", "batch", "slice", "reverse", "unique"}
    | {"items"}
)
"""Filters that return a generator."""
_PASSING = frozenset({"list", "sort", *_LAZY})
"""Filters that pass on the items of their argument."""
_TAKING = frozenset(
    {*_PASSING, "join", "first", "last", "length", "count", "sum", "min", "max", "groupby"}
    | {"dictsort"}
)
"""Filters that accept a generator in place of a list."""
_NO_TEXT = frozenset(["loop", "range", "dict", "self", "caller"])
_VIEWS = frozenset(["keys", "values", "items", "encode"])


def least_revision(
    messages: Iterable[Message],
    inputs: Iterable[Input],
    template_format: str,
    *,
    has_examples: bool = False,
) -> int:
    """The first revision by which these templates render as they do now.

    If no rendering can differ that is the first one, so that the fingerprint stays the same.
    """
    messages, declared = tuple(messages), tuple(inputs)
    if has_examples or _has_parts(messages, declared, template_format):
        return PARTS_REVISION
    if any(is_typed(item.kind) for item in declared):
        return REVISION  # which refuses values of another kind, and prints lists as JSON
    if template_format != JINJA2:
        return FIRST_REVISION
    optional = [re.escape(i.name) for i in declared if not i.required and i.default is None]
    pattern = re.compile("|".join([_CHANGED, *(rf"\b{name}\b" for name in optional)]))
    names = frozenset(item.name for item in declared)
    for message in messages:
        tags = list(_tags(message.content))
        if any(map(pattern.search, tags)) or _shows_more_than_values(message.content, tags, names):
            return REVISION
    return FIRST_REVISION


def _has_parts(
    messages: tuple[Message, ...], inputs: tuple[Input, ...], template_format: str
) -> bool:
    """Whether it has slots, snippets, or inputs that only the third revision has."""
    return any(item.kind in PART_KINDS or item.more() for item in inputs) or any(
        message.role == SLOT
        or (template_format == JINJA2 and next(includes_in(message.content), None))
        for message in messages
    )


def size_of(messages: Iterable[Message]) -> int:
    """Number of words, numbers, texts and signs in the tags of these templates."""
    return sum(
        sum(1 for _ in _WORD.finditer(tag))
        for message in messages
        for tag in _tags(message.content)
    )


def _tags(template: str) -> Iterator[str]:
    """The text of each `{{ }}` and `{% %}`; string literals in a tag do not end it."""
    at = 0
    while opened := _OPEN.search(template, at):
        closing = (end for end in _CLOSE.finditer(template, opened.end()) if end[1])
        closed = next(closing, None)
        at = closed.end() if closed else len(template)
        yield template[opened.start() : at]


_PLAIN = re.compile(r"\{[{%][-+]?\s*\w+\s*[-+]?[%}]\}")
"""A tag with a single name."""


def _shows_more_than_values(template: str, tags: list[str], inputs: frozenset[str]) -> bool:
    """Whether it may print a method, a generator, or a list: the first revision prints
    `<generator object …>` and the like, the second refuses, and prints lists as JSON.
    """
    names = {tag.strip("{}%+- \t\n") for tag in tags if _PLAIN.fullmatch(tag)}
    if all(map(_PLAIN.fullmatch, tags)) and not names & _NO_TEXT:
        return False
    from jinja2 import Environment, TemplateSyntaxError

    try:
        tree = Environment().parse(template)
        return prints_lists(tree) or _NonValueFinder(tree, inputs).finds_any()
    except (TemplateSyntaxError, RecursionError, MemoryError, ValueError):
        return False  # does not compile by any revision


def _constant(item: Any) -> Any:
    """The key of `order['items']`, if it is a constant."""
    return getattr(item.arg, "value", None)


def _assignments(node: Any) -> Iterator[tuple[Any, Any]]:
    """The target and expression of each `set` and `with`."""
    if hasattr(node, "targets"):  # `with`, which may assign nothing
        return zip(node.targets, node.values, strict=True)
    return iter([(node.target, node.node)])


class _NonValueFinder:
    """Looks for expressions that may be printed, joined or tested and are not plain values."""

    def __init__(self, tree: nodes.Template, inputs: frozenset[str]) -> None:
        from jinja2 import nodes

        self._tree, self._inputs, self._nodes = tree, inputs, nodes
        macros = {macro.name for macro in tree.find_all(nodes.Macro)}
        self._engines = (_NO_TEXT - inputs) | macros
        self._odd: set[str] = set()
        self._called = {id(call.node) for call in tree.find_all(nodes.Call)}
        self._looked_into = {id(part.node) for part in tree.find_all(nodes.Getattr)}
        assigned = [
            (target.name, value)
            for node in tree.find_all((nodes.Assign, nodes.With))
            for into, value in _assignments(node)
            for target in (into, *into.find_all(nodes.Name))
            if isinstance(target, nodes.Name)
        ]
        for _ in assigned:  # assignments may depend on each other
            self._odd |= {name for name, value in assigned if self._is_odd(value)}

    def finds_any(self) -> bool:
        n = self._nodes
        parts = self._tree.find_all((n.Getattr, n.Getitem))
        names = self._tree.find_all(n.Name)
        return (
            any(map(self._is_method, parts))
            or any(map(self._is_engines, names))
            or any(map(self._is_odd, self._shown()))
        )

    def _is_engines(self, name: nodes.Name) -> bool:
        """Whether a macro, or one of Jinja2's own objects, is used as a value."""
        used = name.ctx == "load" and id(name) not in self._called | self._looked_into
        return used and name.name in self._engines

    def _shown(self) -> Iterator[nodes.Node]:
        """Expressions that are converted to text or tested for truth."""
        n = self._nodes
        for node in self._tree.find_all(
            (n.Output, n.Concat, n.If, n.CondExpr, n.And, n.Or, n.Not, n.Filter, n.Call)
        ):
            if isinstance(node, (n.Output, n.Concat)):
                yield from node.nodes
            elif isinstance(node, (n.If, n.CondExpr)):
                yield node.test
            elif isinstance(node, (n.And, n.Or)):
                yield node.left
                yield node.right
            elif isinstance(node, n.Not):
                yield node.node
            elif isinstance(node, n.Call):
                yield from (*node.args, *(keyword.value for keyword in node.kwargs))
            elif isinstance(node, n.Filter) and node.name not in _TAKING and node.node:
                yield node.node

    def _is_method(self, node: nodes.Getattr | nodes.Getitem) -> bool:
        """Whether a method may be used as a value: `order.items`, without a call."""
        n = self._nodes
        if id(node) in self._called:
            return False
        name = node.attr if isinstance(node, n.Getattr) else _constant(node)
        if isinstance(node.node, n.Name) and node.node.name in _NO_TEXT - self._inputs:
            return False
        return name in _METHODS

    def _is_odd(self, node: nodes.Node) -> bool:
        """Whether it may be no plain value, or a list with an item that is none."""
        n = self._nodes
        if isinstance(node, n.Name):
            return node.name in self._odd
        if isinstance(node, n.CondExpr):
            return any(self._is_odd(x) for x in (node.expr1, node.expr2) if x is not None)
        if isinstance(node, (n.And, n.Or)):
            return self._is_odd(node.left) or self._is_odd(node.right)
        if isinstance(node, n.Call):
            called = node.node
            if isinstance(called, n.Name):
                return called.name == "range" and called.name in self._engines
            return isinstance(called, n.Getattr) and called.attr in _VIEWS
        if isinstance(node, n.Filter) and node.node is not None:
            return node.name in _LAZY or (node.name in _PASSING and self._has_holes(node.node))
        return isinstance(node, (n.List, n.Tuple, n.Dict)) and self._has_holes(node)

    def _has_holes(self, items: nodes.Node) -> bool:
        """Whether an item of it may be undefined, or no plain value."""
        n = self._nodes
        if isinstance(items, n.Filter) and items.node is not None:
            made = items.name == "map"
            if made and any(keyword.key == "attribute" for keyword in items.kwargs):
                return all(keyword.key != "default" for keyword in items.kwargs)
            if made or items.name in ("batch", "slice"):
                by = getattr(items.args[0], "value", "") if items.args else ""
                return by in _LAZY | {"attr", "first", "last"} or self._has_holes(items.node)
            return items.name in _PASSING and self._has_holes(items.node)
        if isinstance(items, n.Dict):
            return any(self._may_lack(pair.value) for pair in items.items)
        if isinstance(items, (n.List, n.Tuple)):
            return any(self._may_lack(item) for item in items.items)
        return isinstance(items, n.Name) and items.name in self._odd

    def _may_lack(self, item: nodes.Node) -> bool:
        return isinstance(item, (self._nodes.Getattr, self._nodes.Getitem)) or self._is_odd(item)
