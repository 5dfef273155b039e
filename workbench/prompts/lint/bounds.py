"""How long an answer is asked to be, and bounds that no answer can meet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.prompts.lint.rules import CONFLICT, Finding
from workbench.prompts.lint.sentences import Sentence
from workbench.prompts.lint.tokens import max_output
from workbench.prompts.values import Prompt

_UNITS = ("paragraph", "sentence", "word", "character")
"""From the coarsest: each holds at least one of the next."""
_WORDS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    "twelve",
)
_NUMBERS = {word: number for number, word in enumerate(_WORDS, 1)} | {
    "a single": 1,
    "twenty": 20,
    "fifty": 50,
    "a hundred": 100,
    "one hundred": 100,
}
_COUNT = rf"(?:\d[\d,]*|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_MOST = r"at most|no more than|not more than|up to|a maximum of|max(?:imum)?\.?|within"
_BELOW = r"under|below|fewer than|less than"
_LEAST = r"at least|no fewer than|no less than|a minimum of|min(?:imum)?\.?"
_LEAD = (
    r"(?:(?:always|please|also|you|must|should|will|answer|answers|respond|reply|write|use|keep"
    r"|limit|give|produce|return|output|response|responses|your|the|it|text|length|be|is|to|in"
    r"|with|of|a|an|only|contain|contains|have|has|consist|short|long|brief|detailed"
    r"|(?P<of>summary|description|title|explanation|reason|story|essay|article|report|email|letter"
    r"|paragraph|body|subject|headline|post|reply))\s+){0,9}?"
)
_BOUND = re.compile(
    rf"^{_LEAD}(?P<kind>{_MOST}|{_BELOW}|{_LEAST}|more than|over|between|exactly|in|with|of)?\s*"
    rf"(?P<low>{_COUNT})(?:\s*(?:-|\u2013|to|and)\s*(?P<high>{_COUNT}))?[ -]"
    rf"(?P<unit>{'|'.join(_UNITS)})s?(?P<after>\s+(?:or (?:less|fewer|more)|at (?:most|least)"
    r"|max(?:imum)?|min(?:imum)?))?(?:\s+(?:long|in total|only|in length))?\s*(?:[.,;:!)]|$)",
    re.I,
)
_MANY = 10**9


@dataclass(frozen=True, slots=True)
class Bound:
    """From `low` to `high` units, of the answer or of a named part."""

    low: int
    high: int
    unit: str
    of: str

    @property
    def text(self) -> str:
        unit = self.unit if self.low == self.high == 1 else f"{self.unit}s"
        if self.low == self.high:
            return f"{self.low} {unit}"
        if self.high == _MANY:
            return f"at least {self.low} {unit}"
        return (
            f"at most {self.high} {unit}" if not self.low else f"{self.low} to {self.high} {unit}"
        )


def bound_of(sentence: str) -> Bound | None:
    """The bound that a sentence sets, if it says nothing else."""
    match = _BOUND.match(sentence)
    if match is None:
        return None
    low = _number(match["low"])
    high = _number(match["high"]) if match["high"] else low
    kind, after = (match["kind"] or "").lower(), (match["after"] or "").lower()
    if match["high"]:
        pass
    elif re.fullmatch(_MOST, kind) or re.search("less|fewer|most|max", after):
        low = 0
    elif re.fullmatch(_BELOW, kind):
        low, high = 0, low - 1
    elif re.fullmatch(_LEAST, kind) or re.search("more|least|min", after):
        high = _MANY
    elif kind in ("more than", "over"):
        low, high = low + 1, _MANY
    return Bound(low, high, match["unit"].lower(), (match["of"] or "").lower())


def _number(text: str) -> int:
    return _NUMBERS.get(text.lower()) or int(text.replace(",", ""))


def bound_findings(bounds: Sequence[tuple[Bound, Sentence]], prompt: Prompt) -> Iterator[Finding]:
    """Bounds that contradict an earlier one, or the most tokens that an answer may have."""
    limit = max_output(prompt)
    for at, (bound, sentence) in enumerate(bounds):
        if limit is not None and bound.unit != "character" and bound.low > limit:
            message = f"this asks for {bound.text}, and an answer may have {limit:,} tokens"
            yield Finding(
                CONFLICT, message, sentence.line, "raise maxOutputTokens, or ask for less"
            )
        for other, before in bounds[:at]:
            same = other.of == bound.of and before.branch == sentence.branch
            if same and (_cannot(bound, other) or _cannot(other, bound)):
                message = f"this asks for {bound.text}, and {before.place} for {other.text}"
                yield Finding(CONFLICT, message, sentence.line, file=sentence.file)
                break


def _cannot(long: Bound, short: Bound) -> bool:
    """Whether what `long` needs at least is more than `short` allows."""
    return _UNITS.index(long.unit) <= _UNITS.index(short.unit) and long.low > short.high
