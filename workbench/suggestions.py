"""The nearest known name, for messages about unknown ones."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

_MOST_LISTED = 20
_SIMILARITY = 0.6
"""Similarity, from 0 to 1, from which a known name counts as near."""
_LEAST_BEGUN = 3
"""Length from which a unique prefix of a known name counts as near: `prod`."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?` for the nearest known name, else the list of them.

    Never suggests `name` itself. Names that differ in case or Unicode compatibility
    forms, and prefixes, count as near; look-alike characters are shown with their code points.
    """
    others = sorted(set(known) - {name})
    by_form: dict[str, str] = {}
    for other in others:
        by_form.setdefault(_form(other), other)
    form = _form(name)
    near = difflib.get_close_matches(form, by_form, n=1, cutoff=_SIMILARITY)
    begun = [other for other in by_form if len(form) >= _LEAST_BEGUN and other.startswith(form)]
    if not near and len(begun) == 1:
        near = begun
    if near:
        meant = by_form[near[0]]
        return f"did you mean {meant!r}?{_code_points(name, meant)}"
    if not others:
        return "there are none"
    more = len(others) - _MOST_LISTED
    rest = f" and {more:,} more" if more > 0 else ""
    return f"known: {', '.join(others[:_MOST_LISTED])}{rest}"


def _form(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _code_points(name: str, meant: str) -> str:
    """The code points of non-ASCII characters that only one of the two names has."""
    notes = ""
    for which, chars in (("without", set(name) - set(meant)), ("with", set(meant) - set(name))):
        numbers = [f"U+{ord(char):04X}" for char in sorted(chars) if not char.isascii()]
        notes += f" ({which} {', '.join(numbers)})" if numbers else ""
    return notes
