"""What printing a value means: lists and mappings are JSON; methods, generators and undefined items
of a list are refused.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, MappingView, Set
from typing import Any

from jinja2.exceptions import TemplateRuntimeError, UndefinedError
from jinja2.runtime import (
    BlockReference,
    Context,
    LoopContext,
    Macro,
    TemplateReference,
    Undefined,
)
from jinja2.utils import Cycler, Joiner, Namespace

from workbench.json_text import dumps

_PLAIN = (str, bytes, int, float, list, tuple, range, Mapping)
_LAZY = (Iterator, MappingView, range, Set)
_ENGINES = (
    *(Macro, LoopContext, Context, BlockReference, TemplateReference),
    *(Cycler, Joiner, Namespace),
)
"""Types that Jinja2 itself creates while rendering."""


class Null(str):
    """JSON's null as an input: renders as empty text, and as null in JSON."""

    __slots__ = ()


def json_text(value: Any, indent: int | None = None) -> str:
    """Plain UTF-8 JSON, with keys in their given order. What JSON does not have is its text."""
    if isinstance(value, Null):
        return "null"
    return dumps(value, literal=_null, indent=indent, default=str)


def _null(text: str) -> str | None:
    return "null" if isinstance(text, Null) else None


class Lazy(Iterator[Any]):
    """The items of a filter that returns a generator; it refuses to be tested for truth."""

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        return self._items

    def __next__(self) -> Any:
        return next(self._items)

    def __bool__(self) -> bool:
        raise TemplateRuntimeError("a lazy list is tested, which is always true: add | list")


def is_method(owner: Any, attribute: Any) -> bool:
    """Whether an attribute found by name is a method of a plain value, not an item."""
    return (
        callable(attribute) and isinstance(owner, _PLAIN) and not isinstance(attribute, Undefined)
    )


def refuse(value: Any, inside: bool) -> None:
    """Raise TemplateRuntimeError for a value without a text form, before it is printed, and
    UndefinedError for an undefined item in a list.

    `value` is not a text, number, list or mapping; `inside`: it is inside a list or mapping.
    """
    if isinstance(value, Undefined):
        if inside:
            raise UndefinedError(f"what is printed has a hole: {value._undefined_message}")
        return
    problem = _why_not(value)
    if problem:
        raise TemplateRuntimeError(problem)


def _why_not(value: Any) -> str:
    if isinstance(value, Macro):
        return f"the macro {value.name!r} is printed, not its text: write {value.name}()"
    if isinstance(value, LoopContext):
        return "'loop' is printed, which is no text: write loop.index"
    if isinstance(value, _ENGINES) or (callable(value) and not isinstance(value, _LAZY)):
        name = getattr(value, "__name__", type(value).__name__).removeprefix("safe_")
        return f"{name!r} is printed, which is no text: is it to be called, {name}()?"
    if isinstance(value, _LAZY):
        kind = "lazy list" if isinstance(value, (Lazy, Generator)) else type(value).__name__
        return f"a {kind} is printed, which is no text: add | list or | join(', ')"
    if isinstance(value, (bytes, bytearray)):
        return "bytes are printed, which are no text"
    of: Any = type(value)
    if of.__str__ is object.__str__ and of.__repr__ is object.__repr__:
        return f"a {of.__name__} is printed, which is no text"
    return ""
