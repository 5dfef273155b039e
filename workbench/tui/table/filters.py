"""What a user types after `/`: text, `!text`, `re:...`, `score<0.5`, `status:error`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import process_time
from typing import Any, Protocol

from workbench.scorers.patterns import is_found, pattern_problem
from workbench.tui.table.columns import Column, Value


class Row(Protocol):
    """What a filter looks at."""

    def haystack(self) -> str:
        """All text that a plain search looks through."""


Test = Callable[[Row], bool]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_SEARCHES_S = 1.0
"""How long the rows of a list may take together beyond _A_ROW_S each."""
_A_ROW_S = 0.0005
_CONDITION = re.compile(r"(?P<not>!?)(?P<field>[A-Za-z_]\w*)(?P<op><=|>=|!=|<|>|=|:)(?P<value>.+)")


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows must pass every test; `problem` says what could not be understood."""

    text: str = ""
    tests: tuple[Test, ...] = ()
    problem: str = ""
    piece: str = ""
    """Where it looks for one piece of text and nothing else: that piece, in lower case."""

    def __bool__(self) -> bool:
        return bool(self.tests)

    def matches(self, row: Row) -> bool:
        return self.tests[0](row) if len(self.tests) == 1 else all(t(row) for t in self.tests)

    def narrows(self, before: Filter) -> bool:
        """Whether what passes is certain to have passed `before` too."""
        return bool(before.piece) and before.piece in self.piece

    @property
    def trouble(self) -> str:
        """Why rows may be missing that should pass, once some were looked at; or nothing."""
        slow = any(isinstance(test, _Search) and test.gave_up for test in self.tests)
        return "this pattern takes too long to search" if slow else ""


NO_FILTER = Filter()


def parse_filter(text: str, columns: Iterable[Column[Any]] = ()) -> Filter:
    """The filter that `text` describes; conditions may name these columns by their keys.

    A word of the form `key<0.5` or `key:text` with a known key is a condition. Everything
    else, with its blanks, is looked for as one piece, without regard to case. A leading `!` turns
    what follows around; `re:` makes the rest a regular expression.
    """
    values = {column.key.casefold(): column.value for column in columns}
    tests: list[Test] = []
    plain: list[str] = []
    stripped = text.strip()
    if stripped.removeprefix("!").startswith("re:"):
        return _pattern(text, stripped)
    for word in stripped.split(" "):
        match = _CONDITION.fullmatch(word)
        value_of = values.get(match["field"].casefold()) if match else None
        if match and value_of:
            test = _condition(value_of, match["op"], match["value"])
            if test is None:
                return Filter(text, (), f"{match['value']} is no number")
            tests.append(_inverted(test) if match["not"] else test)
        else:
            plain.append(word)
    rest = " ".join(plain).strip()
    if rest not in ("", "!"):
        wanted = rest.removeprefix("!").strip().casefold()
        contains = _contains(wanted)
        if not tests and not rest.startswith("!"):
            return Filter(text, (contains,), piece=wanted)
        tests.append(_inverted(contains) if rest.startswith("!") else contains)
    return Filter(text, tuple(tests))


def _pattern(text: str, stripped: str) -> Filter:
    source = stripped.removeprefix("!").removeprefix("re:")
    if not source:
        return Filter(text)
    search = _Search(f"(?i){source}", stripped.startswith("!"))
    problem = pattern_problem(search.pattern)
    if problem:
        return Filter(text, (), f"no regular expression yet: {problem}")
    return Filter(text, (search,))


@dataclass
class _Search:
    """A test that gives up for good when its searches take too long together, so that no row can
    block the screen.
    """

    pattern: str
    inverted: bool
    spent_s: float = 0.0
    gave_up: bool = False

    def __call__(self, row: Row) -> bool:
        if self.gave_up:
            return False
        started = process_time()
        try:
            matched = is_found(self.pattern, row.haystack(), started + _SEARCHES_S - self.spent_s)
        except TimeoutError:
            self.gave_up = True
            return False
        self.spent_s = max(0.0, self.spent_s + process_time() - started - _A_ROW_S)
        return matched is not self.inverted


def _contains(wanted: str) -> Test:
    def test(row: Row) -> bool:
        return wanted in row.haystack().casefold()

    return test


def _inverted(test: Test) -> Test:
    def inverse(row: Row) -> bool:
        return not test(row)

    return inverse


def _condition(value_of: Callable[[Any], Value], sign: str, wanted: str) -> Test | None:
    """None if the operator needs a number and `wanted` is none."""
    if sign == ":":
        piece = wanted.casefold()

        def contains(row: Row) -> bool:
            value = value_of(row)
            return value is not None and piece in str(value).casefold()

        return contains
    compare = _COMPARE[sign]
    try:
        number = float(wanted.removesuffix("%").removesuffix("ms").removeprefix("$"))
    except ValueError:
        if sign not in ("=", "!="):
            return None
        same = wanted.casefold()

        def equals(row: Row) -> bool:
            return compare(str(value_of(row) or "").casefold(), same)

        return equals

    def compares(row: Row) -> bool:
        value = value_of(row)
        if isinstance(value, str):
            return sign in ("=", "!=") and compare(value.casefold(), wanted.casefold())
        return value is not None and compare(value, number)

    return compares
