"""What a template may print: values. A method, a lazy list or a hole in a list is a slip in it."""

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

_PLAIN = (str, bytes, int, float, list, tuple, range, Mapping)
_LAZY = (Iterator, MappingView, range, Set)
_ENGINES = (
    *(Macro, LoopContext, Context, BlockReference, TemplateReference),
    *(Cycler, Joiner, Namespace),
)
"""What Jinja2 itself makes while it renders."""


class Lazy(Iterator[Any]):
    """The items of a filter that gives them one by one. It is always true, so it is not tested."""

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        return self._items

    def __next__(self) -> Any:
        return next(self._items)

    def __bool__(self) -> bool:
        raise TemplateRuntimeError("a lazy list is tested, which is always true: add | list")


def is_method(owner: Any, found: Any) -> bool:
    """Whether what was found by a name is a method of a plain value, and nothing of its own."""
    return callable(found) and isinstance(owner, _PLAIN) and not isinstance(found, Undefined)


def refuse(value: Any, inside: bool) -> None:
    """Raises TemplateRuntimeError for what has no text of its own, before it is printed, and
    UndefinedError for what is not there in a list that is.

    `value` is no text, number, list or mapping; `inside`: it stands in one.
    """
    if isinstance(value, Undefined):
        if inside:
            raise UndefinedError(f"what is printed has a hole: {value._undefined_message}")
        return
    said = _why_not(value)
    if said:
        raise TemplateRuntimeError(said)


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
