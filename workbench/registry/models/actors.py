"""Actors, and whether two names belong to one person."""

from __future__ import annotations

import functools
import getpass
import os
import unicodedata
from collections.abc import Iterable

from workbench.errors import RegistryError
from workbench.registry.models.look_alikes import LOOKS

RULES = 1
"""The revision of `same_person` that new approvals record; 0.1.0 compared the text."""
_LONGEST = 200
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters and a symbol by their category, and blank."""
_DIACRITICS = ((0x300, 0x36F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF))
"""Marks that go with any letter; those of Indic scripts are vowels."""
_VARIATIONS = ((0x180B, 0x180F), (0xFE00, 0xFE2F), (0xE0100, 0xE01EF))


def actor_named(name: str, what: str = "") -> str:
    """A name as the ledger records it; "" stands for the login. Raises RegistryError for a missing
    name that is required (`what` says for what), or one that is not a single line of visible text.
    """
    clean = " ".join(name.split())
    if not clean and what:
        raise RegistryError(f"{what} needs a name", hint="say who does it")
    if not clean:
        try:
            clean = getpass.getuser()
        except (KeyError, OSError):
            clean = f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
    if len(clean) > _LONGEST or "\0" in clean:
        raise RegistryError("a name is one line of at most 200 characters", hint="shorten it")
    if not all(_keys(clean)):
        raise RegistryError(f"{clean!r} is no name: nothing of it can be seen", hint="use letters")
    return clean


def same_person(one: str, other: str) -> bool:
    """Whether two names may belong to one person: they look alike, or differ only in case, width,
    marks, blanks or punctuation.

    Prefers a false match to a missed one: a second person can choose another name.
    """
    return not _keys(one).isdisjoint(_keys(other))


def can_be_seen(text: str) -> bool:
    """Whether any of it is visible: blanks and zero-width characters are not."""
    return not all(_unseen(character) for character in text)


def distinct(names: Iterable[str]) -> list[str]:
    """The names, each person once."""
    given = list(names)
    return [
        name
        for at, name in enumerate(given)
        if not any(same_person(name, earlier) for earlier in given[:at])
    ]


@functools.lru_cache(maxsize=4096)
def _keys(name: str) -> frozenset[str]:
    """How it reads as it is written, a capital I also as the l that it looks like, and how it
    reads in small letters: a Greek capital nu looks like N, and a small one like v.
    """
    plain = _unmarked(unicodedata.normalize("NFKD", name))
    small = _unmarked(unicodedata.normalize("NFKD", plain.casefold()))
    written = plain.translate(LOOKS)
    texts = (written, written.replace("I", "l"), small.translate(LOOKS))
    return frozenset(_bare(text.casefold()) for text in texts)


def _unmarked(text: str) -> str:
    return "".join(c for c in text if not _within(c, _DIACRITICS))


def _bare(text: str) -> str:
    """Without blanks and punctuation, as far as something is left."""
    seen = "".join(c for c in text if not _unseen(c))
    for dropped in ("PS", "P"):
        letters = "".join(c for c in seen if unicodedata.category(c)[0] not in dropped)
        if letters:
            return letters.replace("rn", "m").replace("vv", "w")
    return seen


def _unseen(character: str) -> bool:
    category = unicodedata.category(character)
    blank = category in ("Cc", "Cf") or category[0] == "Z" or character in _BLANK
    return blank or _within(character, _VARIATIONS)


def _within(character: str, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= ord(character) <= last for first, last in ranges)
