"""Estimates the cost of filters, methods and operators before they run.

Each guard takes the arguments of the guarded function and raises SecurityError when the result
would be too large or take too long. Only functions that can cost more than the size of their
arguments need one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sized
from typing import Any

from jinja2.exceptions import SecurityError

from workbench.prompts.templates.metering import A_TEST, MAX_SIZE, check, current
from workbench.prompts.templates.texts import MAX_REPEAT, check_json, text_of

MAX_BITS = 4_000
"""Maximum bits of an integer that `*` and `**` make."""
_MOST_BITS = 40_000
"""Maximum bits of an integer in any calculation."""
_MOST_DIGITS = 1_000
_WORD_BYTES = 64
_BLANKS = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_WIDE = re.compile(r"%[^a-zA-Z%]*(?:\d{4,}|\*)")
_KEY = re.compile(r"%\([^()]*\)")

Guard = Callable[..., None]


def operator(name: str, left: Any, right: Any) -> None:
    """Check `left name right` before it is computed. Raises SecurityError."""
    if isinstance(left, int) and isinstance(right, int):
        _whole_numbers(name, left, right)
    elif name == "*":
        for value, times in ((left, right), (right, left)):
            if isinstance(value, Sized) and isinstance(times, int):
                check(len(value) * times, MAX_REPEAT)
    elif name == "+" and isinstance(left, Sized) and isinstance(right, Sized):
        check(len(left) + len(right))
    elif name == "%" and isinstance(left, (str, bytes)):
        _formatted(left if isinstance(left, str) else left.decode("latin-1"), right)
    elif name == "-" and isinstance(left, Sized):
        current().spend(current().weigh(left) + current().weigh(right))


def _whole_numbers(name: str, left: int, right: int) -> None:
    longer, shorter = sorted((left.bit_length(), right.bit_length()), reverse=True)
    check(longer, _MOST_BITS)
    current().spend(longer // 1024 * (2 + shorter // 1024 // 3))
    if name == "*":
        check(left.bit_length() + right.bit_length(), MAX_BITS)
    elif name == "**":
        check(left.bit_length() * abs(right), MAX_BITS)


def _formatted(pattern: str, values: Any) -> None:
    """Check `pattern % values`, which may use a mapping's value many times."""
    bare = _KEY.sub("%", pattern)
    if _WIDE.search(bare) or "%(" in bare:
        raise SecurityError("a width beyond 999")
    times = pattern.count("%") if isinstance(values, Mapping) else 1
    shown = current().show([values], ascii)
    check(len(pattern) + 1_000 * pattern.count("%") + times * shown)


def _format(pattern: Any, *args: Any, **options: Any) -> None:
    _formatted(text_of(pattern), options or args)


def _width(value: Any, *args: Any, **options: Any) -> None:
    text_of(value)
    for given in (*args, *options.values()):
        if isinstance(given, int):
            check(abs(given), MAX_REPEAT)


def _pieces(_value: Any, *args: Any, **options: Any) -> None:
    for given in (*args, *options.values()):
        if isinstance(given, int):
            check(abs(given), MAX_REPEAT)
    _listed(_value)


def _replace(text: Any, old: Any, new: Any, *_: Any, **__: Any) -> None:
    given = text_of(text)
    check(len(given) + given.count(text_of(old)) * len(text_of(new)))


def _indent(text: Any, width: Any = 4, *_: Any, **__: Any) -> None:
    size = len(width) if isinstance(width, str) else abs(int(width))
    check(size, MAX_REPEAT)
    given = text_of(text)
    check(len(given) + (_lines(given) + 1) * size)
    current().make(_WORD_BYTES * _lines(given))


def _wordwrap(
    text: Any,
    width: int = 79,
    _long: bool = True,
    wrapstring: Any = None,
    *_: Any,
    **__: Any,
) -> None:
    given, width = text_of(text), max(1, int(width))
    check(width, MAX_REPEAT)
    pieces = len(given) // width + _lines(given) + _words(given) + 1
    check(len(given) + pieces * len(text_of(wrapstring or "\n")))
    longest = max(map(len, given.split()), default=0) if len(given) > width else 0
    # The rest of a long word is copied for each line.
    current().spend(2 * len(given) + longest * longest // width // 64)
    current().make(2 * _WORD_BYTES * pieces)


def _striptags(text: Any) -> None:
    given = text_of(text)
    # The rest is copied for each tag; each entity is looked up.
    copied = given.count("<") * len(given) // 256
    current().spend(len(given) // 8 + copied + 6 * given.count("&"))
    current().make(_WORD_BYTES * _words(given))


def _listed(items: Any, *_: Any, **__: Any) -> None:
    """Check a value that becomes a list."""
    if isinstance(items, str):
        current().make((8 if items.isascii() else 88) * len(items))
    elif isinstance(items, range):
        current().make(40 * len(items))
    if isinstance(items, Sized):
        current().spend(len(items) // 4)


def _compared(items: Any, *_: Any, **__: Any) -> None:
    _listed(items)
    weight = current().weigh(items)
    current().spend(weight * (4 + weight.bit_length() // 4))


def _sum(items: Any, attribute: Any = None, start: Any = 0) -> None:
    del attribute
    _listed(items)
    if not isinstance(start, (int, float)) and isinstance(items, Sized):
        # Each partial sum is a new, longer value.
        current().spend((len(items) + 1) * (current().weigh(items) + current().weigh(start)) // 16)


def _shown(value: Any, *_: Any, **__: Any) -> None:
    current().spend(len(text_of(value)) // 32)


def _cut(value: Any) -> None:
    """Check a filter that splits a text into words."""
    text = text_of(value)
    current().spend(len(text) // 4)
    current().make(2 * _WORD_BYTES * _words(text))


def _six_times(value: Any, *_: Any, **__: Any) -> None:
    size = current().show(value)
    check(6 * size)
    current().spend(size)


def _to_int(value: Any, _default: Any = 0, _base: int = 10) -> None:
    if isinstance(value, str):
        check(len(value), _MOST_DIGITS if _base != 10 else MAX_SIZE)
        # Parsing time grows with the square of the number of digits, up to Python's limit.
        current().spend(min(len(value), 10 * _MOST_DIGITS) ** 2 // 40_000)


def _trim(value: Any, chars: Any = None) -> None:
    _stripped(text_of(value), text_of(chars or ""))


def _stripped(text: str | bytes, chars: str | bytes) -> None:
    """Check a strip, which searches all of `chars` for each character at the ends."""
    current().spend(len(text) // 32 + len(text) * len(chars) // 2048)


def _round(_value: Any, precision: int = 0, *_: Any, **__: Any) -> None:
    check(abs(int(precision)), _MOST_DIGITS)


def _lines(text: str) -> int:
    return sum(text.count(end) for end in "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")


def _words(text: str) -> int:
    return sum(text.count(blank) for blank in _BLANKS) + 1


FILTERS: dict[str, Guard] = {
    **dict.fromkeys(["capitalize", "lower", "upper", "string"], _shown),
    **dict.fromkeys(["wordcount", "title"], _cut),
    **dict.fromkeys(["e", "escape", "forceescape", "urlencode", "xmlattr"], _six_times),
    **dict.fromkeys(["list", "reverse", "map", "select", "reject", "random"], _listed),
    **dict.fromkeys(["selectattr", "rejectattr", "items"], _listed),
    **dict.fromkeys(["sort", "dictsort", "groupby", "unique", "min", "max"], _compared),
    "batch": _pieces,
    "center": _width,
    "format": _format,
    "indent": _indent,
    "int": _to_int,
    "replace": _replace,
    "round": _round,
    "slice": _pieces,
    "striptags": _striptags,
    "sum": _sum,
    "tojson": check_json,
    "trim": _trim,
    "truncate": _width,
    "wordwrap": _wordwrap,
}
MAKES_NOTHING = frozenset(
    ["default", "d", "first", "last", "attr", "min", "max", "random", "length", "count"]
)
"""Filters that return an existing value."""


def test(name: str, *args: Any) -> None:
    """Check `args[0] is name(...)` before it runs. Raises SecurityError."""
    if name in ("lower", "upper"):
        text_of(args[0])
    else:
        current().spend(A_TEST + sum(current().weigh(arg) for arg in args if _holds(arg)) // 4)


def compared(value: Any) -> Any:
    """Count a value before it is compared or searched; returns it. Raises SecurityError."""
    if _holds(value):
        current().spend(current().weigh(value) // 4)
    return value


def hashed(key: Any) -> Any:
    """Count a key before it is hashed; returns it. Raises SecurityError."""
    if isinstance(key, tuple):
        current().spend(current().weigh(key))
    return key


def _holds(value: Any) -> bool:
    return isinstance(value, (str, bytes, list, tuple, Mapping))


_FOUND_METHODS = frozenset(["get", "cycle", "keys", "values", "items"])
"""Methods that return an existing value."""
_PADDING = frozenset(["ljust", "rjust", "center", "zfill"])
_CUTTING = frozenset(["split", "rsplit", "splitlines", "partition", "rpartition"])


def makes(method: Any) -> bool:
    """Whether calling this creates a new value."""
    return getattr(method, "__name__", "") not in _FOUND_METHODS


def call(method: Any, args: tuple[Any, ...], options: Mapping[str, Any]) -> tuple[Any, ...]:
    """Check a call before it is made; returns the arguments to use. Raises SecurityError."""
    meter = current()
    # Keyword arguments are copied several times.
    meter.step(len(args) + len(options) + 10 * max(0, len(options) - 16))
    owner, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
    if isinstance(owner, (str, bytes)):
        meter.spend(len(owner) // 32)
        return _text_method(owner, name, args, options)
    given = (*args, *options.values())
    if isinstance(owner, int) or owner is int:
        for arg in given:
            if isinstance(arg, int):
                check(arg, MAX_REPEAT)
            elif isinstance(arg, (bytes, bytearray)):  # from_bytes
                check(8 * len(arg), _MOST_BITS)
    elif name in ("count", "index", "copy", "fromkeys", "changed", "dict"):
        meter.spend(sum(meter.weigh(part) for part in (owner, *given)) // 8)
    for arg in given:
        hashed(arg)
    return args


def _text_method(
    owner: str | bytes, name: str, args: tuple[Any, ...], options: Mapping[str, Any]
) -> tuple[Any, ...]:
    given = (*args, *options.values())
    text = owner if isinstance(owner, str) else owner.decode("latin-1")
    wide = max((arg for arg in given if isinstance(arg, int)), default=8)
    if name in _PADDING:
        check(wide)
    elif name in ("strip", "lstrip", "rstrip"):
        for arg in given:
            _stripped(owner, arg if isinstance(arg, (str, bytes)) else "")
    elif name == "expandtabs":
        check(len(owner) + text.count("\t") * wide)
    elif name == "replace" and len(args) > 1:
        check(len(owner) + (owner.count(args[0]) if args[0] else len(owner)) * len(args[1]))
    elif name == "translate" and args and isinstance(args[0], Mapping):
        longest = max((len(v) for v in args[0].values() if isinstance(v, str)), default=1)
        check(len(owner) * max(1, longest))
    elif name in ("join", "fromhex") and args:
        listed = list(drawn_items(args[0]))
        check(sum(len(item) + len(owner) for item in listed if isinstance(item, Sized)))
        return (listed,) if name == "join" else args
    elif name in _CUTTING:
        split = text.count(str(args[0])) if args and isinstance(args[0], str) and args[0] else 0
        current().make(_WORD_BYTES * (split or _words(text)))
    elif name in ("striptags", "unescape", "escape"):
        _striptags(text)
        check(6 * sum(len(arg) for arg in args if isinstance(arg, str)))
    return args


def drawn_items(items: Any) -> Any:
    """The items, each counted; of a text its characters."""
    _listed(items)
    meter = current()
    for item in items:
        meter.spend(1)
        yield item
