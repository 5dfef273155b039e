"""The Jinja2 environment that templates run in: no attributes that reach out, no bombs.

Jinja2's sandbox keeps a template from what it must not touch. It does not keep it from taking all
memory or time, so here whatever can grow a value says how large it would be before it does, and
every turn of a loop and every call is counted.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.filters import do_join
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

MAX_REPEAT = 100_000
MAX_BITS = 4_000
"""Of a whole number that `*` and `**` make."""
MAX_SIZE = 10_000_000
"""Characters or items of any one value, and of the whole text."""
MAX_STEPS = 200_000
"""Turns of loops and calls in one rendering."""

_WIDE = re.compile(r"%[^a-zA-Z%]*(?:\d{4,}|\*)")
_PADDING = {"ljust", "rjust", "center", "zfill", "expandtabs"}
_steps = threading.local()


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox in which no operator, method or filter fills the memory."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "*":
            for value, times in ((left, right), (right, left)):
                if isinstance(value, Sized) and isinstance(times, int):
                    _check(len(value) * times, MAX_REPEAT)
            if isinstance(left, int) and isinstance(right, int):
                _check(left.bit_length() + right.bit_length(), MAX_BITS)
        elif operator == "+" and isinstance(left, Sized) and isinstance(right, Sized):
            _check(len(left) + len(right))
        elif operator == "%" and isinstance(left, str):
            if _WIDE.search(left):
                raise SecurityError("a width beyond 999")
        elif operator == "**" and isinstance(left, int) and isinstance(right, int):
            _check(left.bit_length() * abs(right), MAX_BITS)
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str) and attr in ("format", "format_map"):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """`str.format` is refused: its widths and fields are a language of their own."""

    def call(__self, __context: Context, __obj: Any, *args: Any, **options: Any) -> Any:
        _step()
        owner, name = getattr(__obj, "__self__", None), getattr(__obj, "__name__", "")
        if isinstance(owner, str):
            if name in _PADDING:
                _check(max((arg for arg in args if isinstance(arg, int)), default=0))
            elif name == "replace" and len(args) > 1:
                _check_replace(owner, args[0], args[1])
            elif name == "join" and args:
                args = (_checked_join(owner, args[0]),)
        return super().call(__context, __obj, *args, **options)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Guards().visit(super()._parse(source, name, filename))
        return tree


class _Guards(NodeTransformer):
    """Puts our filters where the language itself loops and joins."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        if node.recursive:
            raise TemplateSyntaxError("recursive loops are refused", node.lineno)
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "_counted", [])
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:
        self.generic_visit(node)
        first, *rest = node.nodes
        return _filtered(first, "_joined", rest)


def _filtered(node: Any, name: str, args: list[Any]) -> nodes.Filter:
    return nodes.Filter(node, name, args, [], None, None, lineno=node.lineno)


@lru_cache(maxsize=1)
def environment() -> ImmutableSandboxedEnvironment:
    """The one environment: strict about undefined names, keeps the last newline, no loader."""
    made = _Environment(
        undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False, cache_size=0
    )
    for name in ("lipsum", "cycler", "joiner", "namespace"):
        made.globals.pop(name, None)
    for name in ("format", "urlize", "pprint"):
        made.filters.pop(name, None)
    made.filters.update(_counted=_counted, _joined=_joined, join=_join)
    for name, guard in _GUARDS.items():
        made.filters[name] = _guarded(made.filters[name], guard)
    return made


def render(template: Template, values: Mapping[str, Any]) -> str:
    """The text of a compiled template. Raises SecurityError when it takes too much."""
    _steps.left = MAX_STEPS
    pieces: list[str] = []
    size = 0
    for piece in template.generate(values):
        size += len(piece)
        _check(size)
        pieces.append(piece)
    return "".join(pieces)


def _check(size: int, most: int = MAX_SIZE) -> None:
    if size > most:
        raise SecurityError(f"it would make more than {most:,} characters or items")


def _step() -> None:
    _steps.left = getattr(_steps, "left", MAX_STEPS) - 1
    if _steps.left < 0:
        raise SecurityError(f"it takes more than {MAX_STEPS:,} steps")


def _counted(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        _step()
        yield item


def _joined(first: Any, *rest: Any) -> str:
    parts = [str(part) for part in (first, *rest)]
    _check(sum(map(len, parts)))
    return "".join(parts)


def _checked_join(separator: str, items: Any) -> list[Any]:
    listed = list(items)
    _check(sum(len(str(item)) + len(separator) for item in listed))
    return listed


def _check_replace(text: str, old: Any, new: Any) -> None:
    times = str(text).count(str(old))
    _check(len(str(text)) + times * len(str(new)))


@pass_eval_context
def _join(
    context: nodes.EvalContext, value: Any, separator: str = "", attribute: Any = None
) -> str:
    items = _checked_join(str(separator), value)
    text: str = do_join(context, items, separator, attribute)
    return text


def _guarded(usual: Callable[..., Any], guard: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(usual)
    def guarded(*args: Any, **options: Any) -> Any:
        guard(*args, **options)
        return usual(*args, **options)

    return guarded


def _guard_width(_value: Any, *args: Any, **options: Any) -> None:
    for given in (*args, *options.values()):
        if isinstance(given, int):
            _check(given, MAX_REPEAT)


def _guard_replace(_context: Any, text: Any, old: Any, new: Any, *_: Any, **__: Any) -> None:
    _check_replace(str(text), old, new)


_GUARDS: dict[str, Callable[..., Any]] = {
    "center": _guard_width,
    "indent": _guard_width,
    "batch": _guard_width,
    "slice": _guard_width,
    "tojson": _guard_width,
    "truncate": _guard_width,
    "wordwrap": _guard_width,
    "replace": _guard_replace,
}
