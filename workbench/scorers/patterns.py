"""Regular expressions that are searched for in answers, with an end to the search.

Python's `re` keeps the interpreter to itself while it searches: one answer that makes a pattern
backtrack would freeze the run and the screens. The `regex` package lets other threads run and
gives up in time. A pattern is written as for `re`; what `regex` would read in another way is
escaped.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from time import process_time
from typing import Any

SEARCH_S = 1.0
"""The longest search, in seconds of the whole process's computing."""
TOO_SLOW = f"the pattern took longer than {SEARCH_S:g} s on this answer"

# An escaped character, a set, or a brace that begins no repetition: `regex` would take [:alpha:]
# for a class, and {e} for an error that is allowed.
_READ_OTHERWISE = re.compile(
    r"(?P<escaped>\\N\{[^}]*\}|\\.)"
    r"|\[\^?(?P<set>\]?(?:\\.|[^\]\\])*)\]"
    r"|(?P<brace>\{(?!\d+\}|\d*,\d*\}))",
    re.DOTALL,
)
_BRACKET = re.compile(r"(\\.)|\[", re.DOTALL)


def pattern_problem(pattern: str) -> str:
    """What is wrong with a pattern, or nothing."""
    import regex

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sets that `re` may read in another way one day
            re.compile(pattern)
        _compiled(pattern)
    except (re.error, regex.error, OverflowError, RecursionError) as error:
        return f"{pattern!r}: {error}"
    return ""


def is_found(pattern: str, text: str, until: float | None = None) -> bool:
    """Whether the pattern occurs, see `first_match`."""
    return first_match(pattern, text, until) is not None


def first_match(pattern: str, text: str, until: float | None = None) -> Any:
    """The first match, with its groups, or None. Raises TimeoutError when that takes longer than
    SEARCH_S.

    `until` is a moment of `time.process_time` that ends several searches together.
    """
    left = SEARCH_S if until is None else until - process_time()
    if left <= 0:
        raise TimeoutError(TOO_SLOW)
    try:
        return _compiled(pattern).search(text, timeout=left)
    except TimeoutError:
        raise TimeoutError(TOO_SLOW) from None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    import regex

    return regex.compile(_READ_OTHERWISE.sub(_as_for_re, pattern), regex.VERSION0)


def _as_for_re(match: re.Match[str]) -> str:
    if match["brace"]:
        return r"\{"
    if match["set"] is None:
        return match[0]
    start = match.start("set") - match.start()
    return match[0][:start] + _BRACKET.sub(lambda one: one[1] or r"\[", match["set"]) + "]"
