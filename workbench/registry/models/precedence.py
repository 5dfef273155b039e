"""The order of versions, and the versions that a range allows.

`semver` (26 ms to import) checks what is registered; this module gives the same order without it,
as a text that sorts like the version, so that SQL and apps can compare versions too.
"""

from __future__ import annotations

from workbench.errors import RegistryError

_DIGITS = frozenset("0123456789")
_OPERATORS = (">=", "<=", "==", "!=", ">", "<", "=", "^", "~")
_MAX_DIGITS = 90


def sort_key(version: str) -> str:
    """A text that sorts (by code point) as SemVer 2.0.0 section 11 orders the version.

    Raises RegistryError when it is not MAJOR.MINOR.PATCH[-pre].
    """
    core, dash, pre = version.partition("-")
    numbers = core.split(".")
    if len(numbers) != 3 or not all(_is_number(n) for n in numbers) or (dash and not pre):
        raise RegistryError(f"{version!r} is not MAJOR.MINOR.PATCH", hint=_suggestion(version))
    key = "".join(map(_number_key, numbers))
    if not dash:
        return key + "~"
    return key + "".join(_identifier_key(version, part) for part in pre.split(".")) + "!"


def parse_range(requires: str) -> tuple[tuple[str, str], ...]:
    """`>=1.2,<2` as (operator, sort key) pairs that must all hold; `^` and `~` are spelled out.

    Raises RegistryError when it is not a range.
    """
    bounds: list[tuple[str, str]] = []
    for part in requires.split(","):
        text = part.strip()
        operator = next((o for o in _OPERATORS if text.startswith(o)), "==")
        given = text.removeprefix(operator).strip()
        try:
            bounds.extend(_bounds("==" if operator == "=" else operator, given))
        except RegistryError as error:
            raise RegistryError(
                f"{requires!r} is not a range of versions", hint="write it as >=1.2,<2"
            ) from error
    return tuple(bounds)


def allows(bounds: tuple[tuple[str, str], ...], key: str) -> bool:
    """Whether the version with this sort key is inside the range."""
    return all(_holds(operator, key, bound) for operator, bound in bounds)


def _holds(operator: str, key: str, bound: str) -> bool:
    if operator == ">=":
        return key >= bound
    if operator == "<=":
        return key <= bound
    if operator == ">":
        return key > bound
    if operator == "<":
        return key < bound
    return (key == bound) == (operator == "==")


def _bounds(operator: str, given: str) -> list[tuple[str, str]]:
    core, dash, pre = given.partition("-")
    parts = core.split(".")
    full = ".".join([*parts, "0", "0"][:3]) if len(parts) <= 3 else core
    key = sort_key(full + dash + pre)
    if operator == "==" and len(parts) < 3 and not dash:
        return [(">=", key), ("<", _next(parts, len(parts) - 1))]
    if operator == "^":
        first = next((i for i, p in enumerate(parts[:3]) if int(p)), len(parts) - 1)
        return [(">=", key), ("<", _next(parts, first))]
    if operator == "~":
        return [(">=", key), ("<", _next(parts, min(1, len(parts) - 1)))]
    if operator == "<" and not dash:
        # 2.0.0-rc.1 precedes 2.0.0, but <2 is not meant to include it.
        return [("<", key.removesuffix("~"))]
    return [(operator, key)]


def _next(parts: list[str], position: int) -> str:
    numbers = [int(p) for p in parts[: position + 1]]
    numbers[position] += 1
    filled = [*map(str, numbers), "0", "0"][:3]
    return sort_key(".".join(filled)).removesuffix("~")


def _is_number(text: str) -> bool:
    return (bool(text) and _DIGITS.issuperset(text) and (text == "0" or text[0] != "0")) and len(
        text
    ) <= _MAX_DIGITS


def _number_key(digits: str) -> str:
    return f"{len(digits):02d}{digits}."


def _identifier_key(version: str, part: str) -> str:
    if _DIGITS.issuperset(part) and _is_number(part):
        return "0" + _number_key(part) + '"'
    plain = part.isascii() and all(c.isalnum() or c == "-" for c in part)
    if not part or not plain or _DIGITS.issuperset(part):
        raise RegistryError(f"{version!r} is not a version", hint=_suggestion(version))
    return "1" + part + '"'


def _suggestion(version: str) -> str:
    text = version.strip().removeprefix("v").removeprefix("V")
    if "+" in text:
        return "leave out the build metadata after +: it has no place in the order of versions"
    core = text.partition("-")[0].split(".")
    if text.isascii() and 0 < len(core) <= 3 and all(_DIGITS.issuperset(c) and c for c in core):
        numbers = [str(int(c[:_MAX_DIGITS])) for c in core]
        return f"did you mean {'.'.join([*numbers, '0', '0'][:3])}?"
    return "write it like 1.2.0 or 1.3.0-rc.1"
