"""Instructions that contradict each other, by simple rules.

A sentence takes a stance on a topic: `Answer in JSON.` takes "JSON" on the format. Two stances on
one topic conflict. Little is found on purpose: sentences about a part of the answer, about cases
(`if`, `when`, `unless`, …), in quotes, code and examples, and those in template conditions, are
left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from workbench.prompts.lint.bounds import Bound, bound_findings, bound_of
from workbench.prompts.lint.places import Placed, expand
from workbench.prompts.lint.rules import CONFLICT, Finding
from workbench.prompts.lint.sentences import Sentence, sentences
from workbench.prompts.values import Prompt

MOST_SENTENCES = 5_000
"""Longer texts are data: they are not read to the end."""

_START = (
    r"^(?:(?:always|please|also|and|you (?:must|should|will)|make sure (?:to|you)|be sure to)\s+)*"
)
_ANSWER = r"(?:answer|respond|reply|write|output|return|produce|give|speak)"
_ITS = r"(?:(?:only|just|strictly|always|exclusively|in|as|with|using|a|an|the|your|answer|answers"
_ITS += r"|response|responses|reply|result|valid|pure|raw|single|of|object|text|format)\s+){0,6}"
_SUBJECT = r"(?:your|the) (?:answer|response|reply|output) (?:must|should|has to|is to) be\s+"
_END = (
    r"(?=\s*(?:$|[.,;:!)]|and\b|or\b|but\b|only\b|at all\b|anywhere\b"
    r"|in (?:your|the) (?:answer|response|reply|output)\b))"
)


@dataclass(frozen=True, slots=True)
class Stance:
    """What a sentence says about a topic."""

    topic: str
    value: str
    form: str
    """A regular expression."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """The form, compiled when it is first asked for: all of them take a quarter of a second."""
        return _compiled(self.form)


@cache
def _compiled(form: str) -> re.Pattern[str]:
    return re.compile(form, re.I)


def _exclusive(topic: str, values: dict[str, str], form: str) -> tuple[Stance, ...]:
    """One stance for each value; `form` has VALUE where the value stands."""
    return tuple(
        Stance(topic, value, form.replace("VALUE", f"(?:{pattern})"))
        for value, pattern in values.items()
    )


_FORMATS = {
    "JSON": "JSON",
    "XML": "XML",
    "YAML": "YAML",
    "CSV": "CSV",
    "HTML": "HTML",
    "Markdown": "Markdown",
    "plain text": "plain text",
}
_LANGUAGES = {
    name: name
    for name in (
        *("English", "German", "French", "Spanish", "Italian", "Portuguese", "Dutch", "Polish"),
        *("Russian", "Ukrainian", "Turkish", "Arabic", "Hebrew", "Hindi", "Chinese", "Japanese"),
        *("Korean", "Swedish", "Danish", "Norwegian", "Finnish", "Czech", "Greek", "Vietnamese"),
    )
} | {
    "the reader's language": r"the (?:same language\b.*|language of the \w+"
    r"|(?:user|customer|reader)'s language)"
}
_THINGS = {
    "bullet points": r"(?:bullet(?:ed)?[ -]?(?:points?|lists?)|bullets)",
    "emojis": r"emojis?",
    "headings": r"(?:headings|headers)",
    "tables": r"tables?",
    "code blocks": r"code (?:blocks|fences)",
    "abbreviations": r"abbreviations",
    "jargon": r"(?:technical )?jargon",
    "links": r"(?:hyper)?links",
    "greetings": r"(?:a )?greetings?",
    **{name: name for name in _FORMATS if name != "plain text"},
}
_NOT = r"\b(?:do not|don't|never|avoid|without|no)\b\s+"
_USING = (
    r"(?:(?:use|using|include|including|add|adding|write|writing|any|a|an|the|in|with)\s+){0,3}"
)

STANCES: tuple[Stance, ...] = (
    *_exclusive("format", _FORMATS, rf"{_START}(?:{_ANSWER}\s+{_ITS}|{_SUBJECT}{_ITS})VALUE\b"),
    *_exclusive("language", _LANGUAGES, rf"{_START}{_ANSWER}\s+{_ITS}VALUE{_END}"),
    *_exclusive(
        "letter case",
        {"lower case": "lower[ -]?case", "upper case": r"upper[ -]?case|capital letters"},
        rf"{_START}{_ANSWER}\s+{_ITS}(?:all )?VALUE",
    ),
    *_exclusive(
        "tone",
        {"formal": "formal", "informal": "informal|casual"},
        rf"{_START}(?:(?:use|keep|write in|adopt) an? VALUE (?:tone|style|register)"
        rf"|be VALUE{_END})",
    ),
    Stance(
        "explanation",
        "no explanation",
        r"\b(?:do not|don't|never)\s+(?:explain|justify)"
        rf"(?: (?:yourself|your \w+|why|anything|it))?{_END}"
        r"|\b(?:no|without)\s+(?:any\s+|further\s+)?(?:explanations?|commentary|preamble)\b"
        r"|\b(?:and|with) nothing else\b"
        rf"|{_START}{_ANSWER} (?:only )?(?:with )?(?:only )?(?:a single|exactly one|one) "
        rf"(?:word|label|letter|number)(?: only)?{_END}",
    ),
    Stance(
        "explanation",
        "an explanation",
        rf"{_START}(?:explain|justify) (?:your|the) (?:answer|reasoning|choice|decision|thinking)\b"
        rf"|{_START}explain why\b|{_START}(?:show|describe) your (?:work|reasoning|thinking)\b"
        rf"|{_START}(?:give|include|add|provide) (?:a|an|the|your) (?:short |brief |detailed )?"
        r"(?:explanation|justification|reason|rationale)\b|\bthink (?:out loud|aloud)\b"
        rf"|{_START}(?:answer|respond|reply|reason|explain|write)\b.{{0,20}}\bstep[- ]by[- ]step\b",
    ),
    Stance(
        "length",
        "a brief answer",
        rf"{_START}(?:be|answer|respond|reply|write)\s+(?:very |as |\w+ly )?"
        rf"(?:brief|briefly|concise|concisely|terse|tersely|short){_END}"
        rf"|{_START}keep (?:it|your (?:answer|response|reply)|answers) (?:very )?"
        rf"(?:brief|concise|short|terse){_END}",
    ),
    Stance(
        "length",
        "a detailed answer",
        rf"{_START}(?:be|answer|respond|reply|write)\s+(?:very |as )?"
        rf"(?:detailed|thorough|thoroughly|comprehensive|comprehensively|exhaustive|at length"
        rf"|in (?:great |full )?detail){_END}"
        rf"|{_START}(?:give|write|provide) (?:a |an )?(?:very )?(?:detailed|thorough|comprehensive"
        r"|exhaustive|long|in-depth) (?:answer|response|reply)\b",
    ),
    Stance(
        "questions",
        "no questions",
        r"\b(?:do not|don't|never)\s+ask (?:any |the user |the customer )?"
        rf"(?:any |further |follow-up |clarifying )?questions?{_END}",
    ),
    Stance(
        "questions",
        "questions",
        rf"{_START}ask (?:the user |the customer )?(?:a|one|at least \w+)?\s*"
        rf"(?:clarifying |follow-up )questions?{_END}",
    ),
    *(
        Stance(thing, f"no {thing}", rf"{_NOT}{_USING}{pattern}{_END}")
        for thing, pattern in _THINGS.items()
    ),
    *(
        Stance(
            thing,
            thing,
            rf"{_START}(?:(?:use|include|add|start with|begin with|format .{{0,20}}"
            rf"(?:as|in|with)|{_ANSWER} (?:only )?(?:in|with|as|using))\s+|{_SUBJECT})"
            rf"(?:a |an |the |valid |\w+ )?{pattern}{_END}",
        )
        for thing, pattern in _THINGS.items()
    ),
)
"""Stances in order; two of one topic with different values conflict."""


def conflict_findings(placed: Placed, prompt: Prompt) -> Iterator[Finding]:
    """Each second stance that contradicts an earlier one, on its line. Raises TemplateError."""
    stances: dict[str, list[tuple[str, Sentence]]] = {}
    bounds: list[tuple[Bound, Sentence]] = []
    for sentence in islice(_instructions(placed, prompt), MOST_SENTENCES):
        for topic, value in _stances(sentence.text):
            other = _contradicted(value, sentence, stances.get(topic, ()))
            by_schema = topic in ("format", "JSON") and value != "JSON" and prompt.outputs
            if other or by_schema:
                asks = f"{other[1].place} asks for {other[0]}" if other else "outputs is for JSON"
                message = f"this asks for {value}, and {asks}"
                yield Finding(CONFLICT, message, sentence.line, file=sentence.file)
            stances.setdefault(topic, []).append((value, sentence))
        bound = bound_of(sentence.text)
        if bound:
            bounds.append((bound, sentence))
    yield from bound_findings(bounds, prompt)


def _contradicted(
    value: str, sentence: Sentence, earlier: Iterable[tuple[str, Sentence]]
) -> tuple[str, Sentence] | None:
    """The first earlier stance on the topic with another value, in the same branch."""
    return next(
        (each for each in earlier if each[0] != value and each[1].branch == sentence.branch), None
    )


def _instructions(placed: Placed, prompt: Prompt) -> Iterator[Sentence]:
    for message in placed.messages:
        if message.role in ("system", "developer", "user"):
            yield from sentences(expand(message, prompt))


def _stances(text: str) -> Iterator[tuple[str, str]]:
    """What a sentence says by topic; a sentence that says two things about one says neither."""
    values: dict[str, set[str]] = {}
    for stance in STANCES:
        if stance.pattern.search(text):
            values.setdefault(stance.topic, set()).add(stance.value)
    for topic, ones in values.items():
        if len(ones) == 1:
            yield topic, next(iter(ones))
