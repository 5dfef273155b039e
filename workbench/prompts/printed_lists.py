"""Whether a template may print a list or a mapping that it makes itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import nodes

_LISTING = frozenset(
    {"list", "sort", "reverse", "unique", "select", "reject", "selectattr", "rejectattr", "map"}
)
_NESTING = frozenset({"batch", "slice", "dictsort", "groupby", "items"})
_TAKING = frozenset({"first", "last", "min", "max", "random", "attr"})
_SPLITTING = frozenset({"split", "rsplit", "splitlines", "partition", "rpartition"})
_READING = frozenset({"tojson", "length", "count", "int", "float", "abs", "round", "urlencode"})
"""Filters that do not print a list that they are given."""
_ENOUGH = 9


def prints_lists(tree: nodes.Template) -> bool:
    """Whether text may be made of a list, tuple or mapping from a literal, a split or a filter.

    Inputs and their parts count as plain values.
    """
    return _Depths(tree).prints_lists()


class _Depths:
    """By expression, how deep lists are nested in it at most: 0 for a plain value."""

    def __init__(self, tree: nodes.Template) -> None:
        from jinja2 import nodes

        self._tree, self._nodes = tree, nodes
        self._named: dict[str, int] = {}
        self._macros = {"caller", *(macro.name for macro in tree.find_all(nodes.Macro))}
        for _ in range(_ENOUGH):  # a name may take its depth from another
            before = dict(self._named)
            for name, depth in self._assigned():
                self._named[name] = max(depth, self._named.get(name, 0))
            if before == self._named:
                break

    def prints_lists(self) -> bool:
        n = self._nodes
        for node in self._tree.find_all((n.Output, n.Concat)):
            if any(self.depth(part) for part in node.nodes):
                return True
        for node in self._tree.find_all(n.Mod):
            many = 2 if isinstance(node.right, n.Tuple) else 1
            if self.depth(node.right) >= many:
                return True
        return any(map(self._shows, self._tree.find_all(n.Filter)))

    def _shows(self, node: nodes.Filter) -> bool:
        """Whether a filter makes text of a list."""
        given = (*node.args, *(keyword.value for keyword in node.kwargs))
        if node.name == "join":
            return self.depth(node.node) > 1 or any(map(self.depth, given))
        if node.name == "map":
            return self._maps_to_text(node) and self.depth(node.node) > 1
        passing = _LISTING | _NESTING | _TAKING | _READING | {"default", "d", "sum"}
        return node.name not in passing and any(map(self.depth, (node.node, *given)))

    def _assigned(self) -> Iterator[tuple[str, int]]:
        n = self._nodes
        for node in self._tree.find_all((n.Assign, n.With)):
            pairs = [(node.target, node.node)] if isinstance(node, n.Assign) else []
            if isinstance(node, n.With):
                pairs = list(zip(node.targets, node.values, strict=True))
            for target, value in pairs:
                yield from self._bound(target, self.depth(value))
        for loop in self._tree.find_all(n.For):
            yield from self._bound(loop.target, self._inside(self.depth(loop.iter)))
        deepest = max(
            (
                self.depth(given)
                for call in self._tree.find_all(n.Call)
                if isinstance(call.node, n.Name) and call.node.name in self._macros
                for given in (*call.args, *(keyword.value for keyword in call.kwargs))
            ),
            default=0,
        )
        for macro in self._tree.find_all((n.Macro, n.CallBlock)):
            for parameter in macro.args:
                yield parameter.name, deepest
            for parameter, value in zip(
                reversed(macro.args), reversed(macro.defaults), strict=False
            ):
                yield parameter.name, self.depth(value)
            yield from (("varargs", deepest + 1), ("kwargs", deepest + 1))

    def _bound(self, target: Any, depth: int) -> Iterator[tuple[str, int]]:
        if isinstance(target, self._nodes.Name):
            yield target.name, depth
        elif isinstance(target, self._nodes.Tuple):
            for item in target.items:
                yield from self._bound(item, self._inside(depth))

    @staticmethod
    def _inside(depth: int) -> int:
        return depth if depth >= _ENOUGH else max(0, depth - 1)

    def depth(self, node: Any) -> int:
        """Nesting of lists in the value of an expression."""
        return min(_ENOUGH, self._depth(node))

    def _depth(self, node: Any) -> int:
        n = self._nodes
        if isinstance(node, n.Name):
            return self._named.get(node.name, 0)
        if isinstance(node, (n.List, n.Tuple)):
            return 1 + max(map(self.depth, node.items), default=0)
        if isinstance(node, n.Dict):
            return 1 + max((self.depth(pair.value) for pair in node.items), default=0)
        if isinstance(node, n.Getattr):
            is_neighbour = node.attr in ("previtem", "nextitem")
            return _ENOUGH if is_neighbour else self._inside(self.depth(node.node))
        if isinstance(node, n.Getitem):
            depth = self.depth(node.node)
            return depth if isinstance(node.arg, n.Slice) else self._inside(depth)
        if isinstance(node, n.CondExpr):
            return max(self.depth(node.expr1), self.depth(node.expr2))
        if isinstance(node, (n.Add, n.Mul, n.And, n.Or)):
            return max(self.depth(node.left), self.depth(node.right))
        if isinstance(node, n.Call):
            return self._of_call(node)
        return self._of_filter(node) if isinstance(node, n.Filter) else 0

    def _of_call(self, node: nodes.Call) -> int:
        n, called = self._nodes, node.node
        given = [*map(self.depth, node.args), *(self.depth(k.value) for k in node.kwargs)]
        deepest = max(given, default=0)
        if isinstance(called, n.Getattr):
            owner = self.depth(called.node)
            if called.attr in _SPLITTING:
                return 1
            if called.attr in ("get", "pop"):
                return max(self._inside(owner), deepest)
            return _ENOUGH if owner > 1 else max(owner, deepest)
        name = called.name if isinstance(called, n.Name) else ""
        if name in self._macros:
            return 0
        return 1 + deepest if name in ("range", "dict", "namespace") else deepest

    def _of_filter(self, node: nodes.Filter) -> int:
        name, depth = node.name, self.depth(node.node)
        if name == "map" and not self._maps_to_text(node):
            is_part = any(keyword.key == "attribute" for keyword in node.kwargs)
            return max(1, self._inside(depth)) if is_part else _ENOUGH
        if name in _LISTING:
            return max(1, depth) if name != "map" else 1
        if name in _NESTING:
            return max(2, depth + 1)
        if name in _TAKING:
            return self._inside(depth)
        if name in ("default", "d", "sum"):
            given = (*node.args, *(keyword.value for keyword in node.kwargs))
            return max(depth if name != "sum" else 0, *map(self.depth, given), 0)
        return 0

    def _maps_to_text(self, node: nodes.Filter) -> bool:
        by = getattr(node.args[0], "value", "") if node.args else "list"
        return by not in _LISTING | _NESTING | _TAKING | {"default", "d", ""}
