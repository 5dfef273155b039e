"""Few-shot examples that are cases of a dataset, or nearly: such a case measures no skill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.datasets.questions import as_json, seen_text
from workbench.datasets.values import Case, Dataset
from workbench.errors import DatasetError
from workbench.prompts.values import ExampleSet, Prompt
from workbench.units import plural

NEAR = 90.0
"""Similarity from which two inputs count as nearly the same: Indel similarity of their texts in
percent, without case, punctuation and blanks.
"""
MOST_PAIRS = 4_000_000
"""Pairs of example and case among which near copies are looked for, about 4 s; equal inputs always
are."""
_LEAST_CHARS = 8
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Leak:
    """An example and a case with the same input, or nearly."""

    number: int
    """The example's, from 1, among those that the prompt holds."""
    case: Case
    similarity: float
    """In percent; 100: the same but for case, punctuation and blanks."""


def leaks(examples: ExampleSet, cases: Sequence[Case]) -> tuple[Leak, ...]:
    """For each example the nearest case that it gives away, in the order of the examples."""
    found = []
    by_names: dict[frozenset[str], _Texts] = {}
    pairs = len(examples.rows) * len(cases)
    for number, row in enumerate(examples.rows, 1):
        inputs = row.get("inputs", {})
        names = frozenset(inputs)
        if names not in by_names:
            by_names[names] = _Texts(names, cases)
        leak = by_names[names].nearest(_form(inputs, names), look_near=pairs <= MOST_PAIRS)
        if leak:
            found.append(Leak(number, *leak))
    return tuple(found)


class _Texts:
    """The cases by the text of some of their inputs."""

    def __init__(self, names: frozenset[str], cases: Sequence[Case]) -> None:
        self._first: dict[str, Case] = {}
        for case in cases:
            if names & case.inputs.keys():
                self._first.setdefault(_form(case.inputs, names), case)
        self._texts = list(self._first)

    def nearest(self, text: str, *, look_near: bool) -> tuple[Case, float] | None:
        if text in self._first:
            return self._first[text], 100.0
        if not look_near or len(text) < _LEAST_CHARS:
            return None
        from rapidfuzz import fuzz, process

        match = process.extractOne(text, self._texts, scorer=fuzz.ratio, score_cutoff=NEAR)
        return None if match is None else (self._first[match[0]], float(match[1]))


def _form(inputs: Mapping[str, Any], names: Iterable[str]) -> str:
    """The named inputs as letters and digits in lower case, with single blanks."""
    values = (inputs.get(name) for name in sorted(names))
    text = "\n".join(value if isinstance(value, str) else as_json(value) for value in values)
    letters = "".join(char if char.isalnum() else " " for char in seen_text(text).casefold())
    return " ".join(letters.split()) or text


def refuse_leaks(prompt: Prompt, dataset: Dataset, cases: Sequence[Case]) -> None:
    """Raise DatasetError, with the case's place, where an example is one of the cases that decide,
    or nearly.
    """
    found = leaks(prompt.examples, cases) if prompt.examples else ()
    if found:
        more = f", and {plural(len(found) - 1, 'more example')}" if len(found) > 1 else ""
        raise DatasetError(
            f"{dataset.place_of(found[0].case)}: {_said(prompt, found[0])}, and it decides{more}",
            hint="take these rows out of the examples, or the cases out of the gate's split",
        )


def leak_notes(prompt: Prompt, cases: Sequence[Case]) -> Iterator[str]:
    """Yield a note where examples are among these cases, which then flatter the prompt."""
    if prompt.examples is None:
        return
    found = leaks(prompt.examples, cases)
    if found:
        shown = "; ".join(_said(prompt, leak) for leak in found[:_SHOWN])
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        yield f"the score flatters {prompt.prompt_id}: {shown}{more}"
    if len(prompt.examples.rows) * len(cases) > MOST_PAIRS:
        yield f"{len(cases):,} cases are too many to look for near copies of the examples among"


def _said(prompt: Prompt, leak: Leak) -> str:
    file = prompt.examples.file if prompt.examples else ""
    of = f" of {file}" if file else ""
    how = "is" if leak.similarity == 100.0 else f"is nearly ({leak.similarity:.0f} %)"
    return f"example {leak.number}{of} {how} case {leak.case.id!r}"
