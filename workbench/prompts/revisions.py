"""Which revision of the templates' meaning a draft needs: the first one, while it says the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbench.prompts.values import FIRST_REVISION, JINJA2, REVISION, Input, Message

if TYPE_CHECKING:
    from jinja2 import nodes

_OPEN = re.compile(r"\{[{%]")
_CLOSE = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|([%}]\})""", re.DOTALL)
_WORD = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\w+|[^\w\s]""", re.DOTALL)
_CHANGED = (
    r"(?:\||\bfilter)\s*(?:tojson|random|format)\b|['\"](?:tojson|random|format)['\"]"
    r"|\b(?:namespace|cycler|joiner)\s*\("
)
"""In a tag: what reads otherwise, or at all, since the second revision."""

_METHODS = {
    kind: frozenset(name for name in dir(kind) if not name.startswith("_"))
    for kind in (str, bytes, list, tuple, dict, int, float)
}
_ANY_METHOD = frozenset[str]().union(*_METHODS.values()) - {
    *("real", "imag", "numerator", "denominator")
}
_LAZY = frozenset(
    {"map", "select", "reject", "selectattr", "rejectattr", "batch", "slice", "reverse", "unique"}
    | {"items"}
)
"""Filters that give their items one by one."""
_PASSING = frozenset({"list", "sort", *_LAZY})
"""Filters that hand on the items of what they are given."""
_TAKING = frozenset(
    {*_PASSING, "join", "first", "last", "length", "count", "sum", "min", "max", "groupby"}
    | {"dictsort"}
)
"""Filters for which a lazy list is as good as a list."""
_NO_TEXT = frozenset(["loop", "range", "dict", "self", "caller"])
_VIEWS = frozenset(["keys", "values", "items", "encode"])


def least_revision(
    messages: Iterable[Message], inputs: Iterable[Input], template_format: str
) -> int:
    """The first revision by which these templates mean what they mean today.

    Where no rendering can differ that is the first one, so that the fingerprint stays.
    """
    if template_format != JINJA2:
        return FIRST_REVISION
    declared = tuple(inputs)
    optional = [re.escape(i.name) for i in declared if not i.required and i.default is None]
    pattern = re.compile("|".join([_CHANGED, *(rf"\b{name}\b" for name in optional)]))
    kinds = {item.name: item.kind for item in declared}
    for message in messages:
        tags = list(_tags(message.content))
        if any(map(pattern.search, tags)) or _shows_more_than_values(message.content, tags, kinds):
            return REVISION
    return FIRST_REVISION


def size_of(messages: Iterable[Message]) -> int:
    """How many words, numbers, texts and signs stand in the tags of these templates."""
    return sum(
        sum(1 for _ in _WORD.finditer(tag))
        for message in messages
        for tag in _tags(message.content)
    )


def _tags(template: str) -> Iterator[str]:
    """The text of each `{{ }}` and `{% %}`; a text within one does not end it."""
    at = 0
    while opened := _OPEN.search(template, at):
        closing = (found for found in _CLOSE.finditer(template, opened.end()) if found[1])
        closed = next(closing, None)
        at = closed.end() if closed else len(template)
        yield template[opened.start() : at]


_PLAIN = re.compile(r"\{[{%][-+]?\s*\w+\s*[-+]?[%}]\}")
"""A tag with one name alone."""


def _shows_more_than_values(template: str, tags: list[str], kinds: Mapping[str, str]) -> bool:
    """Whether it may print a method, a lazy list, or a list with a hole in it: the first revision
    prints `<generator object …>` and the like, the second one refuses.
    """
    names = {tag.strip("{}%+- \t\n") for tag in tags if _PLAIN.fullmatch(tag)}
    if all(map(_PLAIN.fullmatch, tags)) and not names & _NO_TEXT:
        return False
    from jinja2 import Environment, TemplateSyntaxError

    try:
        return _Showing(Environment().parse(template), kinds).found()
    except (TemplateSyntaxError, RecursionError, MemoryError, ValueError):
        return False  # it does not compile, by any revision


def _constant(item: Any) -> Any:
    """The key of `order['items']`, where it stands there."""
    return getattr(item.arg, "value", None)


def _assignments(node: Any) -> Iterator[tuple[Any, Any]]:
    """What a `set` or a `with` assigns: the target, and the expression."""
    return zip(
        getattr(node, "targets", None) or [node.target],
        getattr(node, "values", None) or [node.node],
        strict=True,
    )


class _Showing:
    """Looks for expressions that may be printed, joined or tested and are no plain values."""

    def __init__(self, tree: nodes.Template, kinds: Mapping[str, str]) -> None:
        from jinja2 import nodes

        self._tree, self._kinds, self._nodes = tree, kinds, nodes
        macros = {macro.name for macro in tree.find_all(nodes.Macro)}
        self._engines = (_NO_TEXT - kinds.keys()) | macros
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
        for _ in assigned:  # one may be assigned to the next
            self._odd |= {name for name, value in assigned if self._is_odd(value)}

    def found(self) -> bool:
        n = self._nodes
        parts = self._tree.find_all((n.Getattr, n.Getitem))
        names = self._tree.find_all(n.Name)
        return (
            any(map(self._is_method, parts))
            or any(map(self._is_engines, names))
            or any(map(self._is_odd, self._shown()))
        )

    def _is_engines(self, name: nodes.Name) -> bool:
        """Whether a macro, or what Jinja2 itself puts there, is used as a value."""
        used = name.ctx == "load" and id(name) not in self._called | self._looked_into
        return used and name.name in self._engines

    def _shown(self) -> Iterator[nodes.Node]:
        """What is made into a text, or tested for truth."""
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
        """Whether a method may be taken for a value: `order.items`, without a call."""
        n = self._nodes
        if id(node) in self._called:
            return False
        name = node.attr if isinstance(node, n.Getattr) else _constant(node)
        kind = self._kinds.get(node.node.name) if isinstance(node.node, n.Name) else None
        if isinstance(node.node, n.Name) and node.node.name in _NO_TEXT - self._kinds.keys():
            return False
        return name in (_METHODS[dict] if kind == "object" else _ANY_METHOD)

    def _is_odd(self, node: nodes.Node) -> bool:
        """Whether it may be no value, or a list that holds something that is none."""
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
        """Whether an item of it may be missing, or no value."""
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
