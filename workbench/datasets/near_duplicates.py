"""Cases that ask nearly the same as another, within a split and between splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.datasets.near_texts import LEAST_NEAR, NearTexts, form
from workbench.datasets.questions import as_json
from workbench.datasets.values import Case


@dataclass(frozen=True, slots=True)
class NearPair:
    """Two cases whose inputs are alike; `similarity` in percent, 100 for equal ones."""

    one: Case
    other: Case
    similarity: float


def near_pairs(cases: Sequence[Case]) -> tuple[tuple[NearPair, ...], bool]:
    """Each case with the nearest of those that share its inputs or nearly, each pair once; and
    whether all were compared.
    """
    by_text: dict[str, Case] = {}
    pairs = []
    for case in cases:
        text = text_of(case)
        if text in by_text:
            pairs.append(NearPair(by_text[text], case, 100.0))
        else:
            by_text[text] = case
    texts = [text for text in by_text if len(text) >= LEAST_NEAR]
    complete = _halves(texts, by_text, pairs)
    place = {case.id: at for at, case in enumerate(cases)}
    return tuple(sorted(pairs, key=lambda pair: place[pair.other.id])), complete


def between(cases: Sequence[Case], others: Sequence[Case]) -> tuple[tuple[NearPair, ...], bool]:
    """The cases that equal or nearly equal one of the others, as `other` of their pair."""
    known: dict[str, Case] = {}
    for case in others:
        known.setdefault(text_of(case), case)
    texts = [text_of(case) for case in cases]
    near, complete = NearTexts(known).near(text for text in texts if text not in known)
    pairs = []
    for case, text in zip(cases, texts, strict=True):
        if text in known:
            pairs.append(NearPair(known[text], case, 100.0))
        elif text in near:
            pairs.append(NearPair(known[near[text][0]], case, near[text][1]))
    return tuple(pairs), complete


def text_of(case: Case) -> str:
    """The texts of all inputs in one form; other values as JSON."""
    parts = (
        form(value) if isinstance(value, str) else as_json(value)
        for _, value in sorted(case.inputs.items())
    )
    return " ".join(part for part in parts if part)


def _halves(texts: Sequence[str], by_text: Mapping[str, Case], pairs: list[NearPair]) -> bool:
    """Compare the second half with the first, then each half within itself."""
    if len(texts) < 2:
        return True
    middle = len(texts) // 2
    first, second = texts[:middle], texts[middle:]
    near, complete = NearTexts(first).near(second)
    pairs += [
        NearPair(by_text[known], by_text[text], similarity)
        for text, (known, similarity) in near.items()
    ]
    return complete and _halves(first, by_text, pairs) and _halves(second, by_text, pairs)
