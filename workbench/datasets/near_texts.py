"""An index of texts that finds, for another text, one that is equal, contained in it, or near.

Texts are forms, see `form`: letters and digits in lower case with single blanks.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from unicodedata import normalize

from workbench.datasets.questions import seen_text

NEAR = 90.0
"""Similarity from which two forms are near: Indel similarity in percent."""
LEAST_NEAR = 8
"""Letters of a text from which near ones are looked for."""
LEAST_CONTAINED = 20
"""Letters of a text from which it counts as contained in another."""
LONG = 100
"""Letters from which near texts also share a third of the `pieces` of the first: short pieces, most
of which any two long texts have in common, leave too many pairs to compare."""
MOST_STEPS = 4_000_000_000
"""Cost of the comparisons after which near texts are not looked for, 5 to 10 s: letters of one text
times 64-bit words of the other. It is enough for 1,000 texts of a hundred letters that are all but
near to 10,000 others, as texts made by one template are."""
_BLOCK = 10_000
"""Texts that are indexed together, which bounds the memory."""
_AT_ONCE = 1_000
"""Candidates that are compared before the search ends with what is near."""
_BETWEEN = re.compile(r"[\W_]+")


def form(text: str) -> str:
    """Letters and digits in lower case, with single blanks; the text itself if it has none.

    Full-width letters, ligatures and their like count as the plain ones (NFKC).
    """
    return _BETWEEN.sub(" ", normalize("NFKC", seen_text(text)).casefold()).strip() or text


def pieces(text: str) -> list[str]:
    """Pieces of equal size: all that the text can be cut into, of a long one a spread sample."""
    if len(text) < LONG:
        size = step = 3
    else:
        size, step = 6, max(6, len(text) // 24)
    return [text[at : at + size] for at in range(0, len(text) - size + 1, step)]


def least_shared(text: str, longest: int) -> int:
    """How many pieces of `text` are in every near text of at most `longest` letters.

    An inserted or deleted letter alters one piece at most. From LONG it is a part of what near
    means.
    """
    count = len(pieces(text))
    if len(text) >= LONG:
        return -(-count // 3)
    return max(0, count - int((len(text) + longest) * (100.0 - NEAR) / 100.0 + 1e-9))


class NearTexts:
    """An index of distinct forms."""

    def __init__(self, texts: Collection[str]) -> None:
        self._texts = texts
        self._by_start: dict[str, list[str]] = {}
        for text in texts:
            if len(text) >= LEAST_CONTAINED:
                self._by_start.setdefault(text[:LEAST_CONTAINED], []).append(text)

    def contained(self, text: str) -> str | None:
        """The first text of the index within `text`."""
        for at in range(len(text) - LEAST_CONTAINED + 1):
            for known in self._by_start.get(text[at : at + LEAST_CONTAINED], ()):
                if text.startswith(known, at):
                    return known
        return None

    def near(self, texts: Iterable[str]) -> tuple[dict[str, tuple[str, float]], bool]:
        """A near text of the index and its similarity in percent, the nearest of some, for
        each that has one; and whether all were compared, see MOST_STEPS.
        """
        from rapidfuzz import fuzz, process

        asked = [text for text in dict.fromkeys(texts) if len(text) >= LEAST_NEAR]
        needed = {piece for text in asked for piece in pieces(text)}
        nearest: dict[str, tuple[str, float]] = {}
        steps = 0
        by_length = sorted(self._texts, key=len) if asked else []
        for start in range(0, len(by_length), _BLOCK):
            block = _Block(by_length[start : start + _BLOCK], needed)
            for text in (one for one in asked if one not in nearest):
                candidates = block.candidates(text)
                for at in range(0, len(candidates), _AT_ONCE):
                    some = candidates[at : at + _AT_ONCE]
                    steps += sum(map(len, some)) * (len(text) // 64 + 1)
                    if steps > MOST_STEPS:
                        return nearest, False
                    match = process.extractOne(text, some, scorer=fuzz.ratio, score_cutoff=NEAR)
                    if match:
                        nearest[text] = match[0], float(match[1])
                        break
        return nearest, True


class _Block:
    """Texts in the order of their length; a set of them is an integer with a bit for each."""

    def __init__(self, texts: Sequence[str], needed: set[str]) -> None:
        self._texts = texts
        self._lengths = [len(text) for text in texts]
        holders: dict[str, list[int]] = {}
        sizes = {len(piece) for piece in needed}
        for number, text in enumerate(texts):
            for size in sizes:
                windows = {text[at : at + size] for at in range(len(text) - size + 1)}
                for piece in windows & needed:
                    holders.setdefault(piece, []).append(number)
        self._having = {piece: self._bits(numbers) for piece, numbers in holders.items()}

    def candidates(self, text: str) -> list[str]:
        """The texts whose length and number of shared pieces allow them to be near."""
        share = (100.0 - NEAR) / 100.0
        least, most = len(text) * (1 - share) / (1 + share), len(text) * (1 + share) / (1 - share)
        start = bisect_left(self._lengths, int(least))
        end = bisect_right(self._lengths, int(most) + 1)
        if start >= end:
            return []
        band = (1 << end) - (1 << start)
        sets = (self._having.get(piece, 0) for piece in pieces(text))
        chosen = _in_at_least(least_shared(text, int(most) + 1), sets, band)
        return [self._texts[number] for number in _numbers(chosen)]

    def _bits(self, numbers: Sequence[int]) -> int:
        bits = bytearray(len(self._texts) // 8 + 1)
        for number in numbers:
            bits[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(bits, "little")


def _in_at_least(least: int, sets: Iterable[int], among: int) -> int:
    """The members of `among` that are in at least so many of the sets.

    They are counted all at once: the n-th bits of all counts are one integer.
    """
    counts: list[int] = []
    for members in sets:
        carry = members
        for place, bits in enumerate(counts):
            if not carry:
                break
            counts[place], carry = bits ^ carry, bits & carry
        if carry:
            counts.append(carry)
    if least >> len(counts):
        return 0
    more, equal = 0, among
    for place in reversed(range(len(counts))):
        if least >> place & 1:
            equal &= counts[place]
        else:
            more |= equal & counts[place]
            equal &= ~counts[place]
    return more | equal


def _numbers(bits: int) -> Iterator[int]:
    """The places of the set bits, ascending."""
    digits = bin(bits)[:1:-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)
