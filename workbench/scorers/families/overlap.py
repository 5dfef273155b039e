"""Scorers of overlap with a reference text: ROUGE, BLEU, chrF."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from workbench.datasets.delimited import folded
from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.scorers.expected import NEAR, texts
from workbench.scorers.library import Library
from workbench.typed_options import Option

_TOKEN = re.compile(r"\w+")
_MOST_CHARS = 1_000_000
"""Of an answer that sacrebleu compares: five times as many take it ten seconds."""
_MEASURES = ("f1", "recall", "precision")
_SACREBLEU = Library("sacrebleu", "text")
Tokens = Sequence[str]


def rouge_tokens(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation; no stemming."""
    return _TOKEN.findall(text.lower())


def rouge_n(answer: Tokens, reference: Tokens, n: int) -> tuple[float, float]:
    """Precision and recall of ROUGE-N (Lin 2004, section 2): clipped n-grams in common."""
    given, wanted = _ngrams(answer, n), _ngrams(reference, n)
    common = (given & wanted).total()
    return _share(common, given.total()), _share(common, wanted.total())


def rouge_l(answer: Tokens, reference: Tokens) -> tuple[float, float]:
    """Precision and recall of ROUGE-L (Lin 2004, section 3.1): the longest common subsequence."""
    from rapidfuzz.distance import LCSseq

    common = LCSseq.similarity(answer, reference)
    return _share(common, len(answer)), _share(common, len(reference))


def f1(precision: float, recall: float) -> float:
    """The harmonic mean; 0 where both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _ngrams(tokens: Tokens, n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[at : at + n]) for at in range(len(tokens) - n + 1))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _rouge(
    answer: Answer,
    case: Case,
    options: Mapping[str, Any],
    shares: Callable[[Tokens, Tokens], tuple[float, float]],
) -> Score:
    """The best of the references."""
    tokens = rouge_tokens(answer.text)
    best = Score(0.0)
    for text in texts(case):
        precision, recall = shares(tokens, rouge_tokens(text))
        values = {"precision": precision, "recall": recall, "f1": f1(precision, recall)}
        value = values[options["measure"]]
        if value >= (best.value or 0.0):
            best = Score(value, f"precision {precision:.2f}, recall {recall:.2f}")
    return best


def _rouge_n(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    return _rouge(answer, case, options, lambda a, b: rouge_n(a, b, options["n"]))


def _rouge_l(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    return _rouge(answer, case, options, rouge_l)


@cache
def _metric(name: str, options: tuple[tuple[str, Any], ...]) -> Any:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    given = dict(options)
    if name == "chrf":
        return CHRF(word_order=given["word_order"], lowercase=given["lowercase"])
    # Orders longer than the answer are left out: one sentence has no corpus behind it.
    return BLEU(effective_order=True, lowercase=given["lowercase"], tokenize=given["tokenize"])


def _sacrebleu(name: str) -> Callable[[Answer, Case, Mapping[str, Any]], Score]:
    def score(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
        references = texts(case)
        if len(answer.text) > _MOST_CHARS:
            is_wrong = max(map(len, references)) <= _MOST_CHARS
            return Score(0.0 if is_wrong else None, f"more than {_MOST_CHARS:,} characters")
        metric = _metric(name, tuple(sorted(options.items())))
        value = metric.sentence_score(folded(answer.text), references).score
        return Score(min(value / 100, 1.0), f"{name} {value:.1f}")

    return score


def _measure_problem(options: Mapping[str, Any]) -> str:
    return "" if options["measure"] in _MEASURES else f"measure: one of {', '.join(_MEASURES)}"


def _tokenize_problem(options: Mapping[str, Any]) -> str:
    known = ("13a", "intl", "char", "zh", "none")
    return "" if options["tokenize"] in known else f"tokenize: one of {', '.join(known)}"


_MEASURE = {"measure": Option("f1", "f1, recall or precision.")}
_LOWER = {"lowercase": Option(False, "Compare in lower case.")}

KINDS = (
    Kind(
        "rouge_n",
        "ROUGE-N: the n-grams that answer and expected text have in common.",
        _rouge_n,
        {"n": Option(1, "Words per n-gram.", 1, 9), **_MEASURE},
        reads=NEAR,
        check=_measure_problem,
        example="rouge_n: {n: 2, cut: 0.4}",
    ),
    Kind(
        "rouge_l",
        "ROUGE-L: the longest sequence of words that answer and expected text share.",
        _rouge_l,
        _MEASURE,
        reads=NEAR,
        check=_measure_problem,
        example="rouge_l: {measure: recall}",
    ),
    Kind(
        "bleu",
        "Sentence BLEU of sacrebleu, from 0 to 1; several expected texts are references.",
        _sacrebleu("bleu"),
        {**_LOWER, "tokenize": Option("13a", "13a, intl, char, zh or none, as sacrebleu has it.")},
        reads=NEAR,
        check=_tokenize_problem,
        library=_SACREBLEU,
        example="bleu: {cut: 0.3}",
    ),
    Kind(
        "chrf",
        "chrF of sacrebleu, from 0 to 1: the character n-grams in common.",
        _sacrebleu("chrf"),
        {**_LOWER, "word_order": Option(0, "Words per n-gram besides; 2: chrF++.", 0, 4)},
        reads=NEAR,
        library=_SACREBLEU,
        example="chrf: {word_order: 2}",
    ),
)
