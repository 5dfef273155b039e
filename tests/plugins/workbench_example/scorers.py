"""A scorer that counts words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Score
from workbench.typed_options import Option


class MaxWords:
    """1 for an answer of few words, else 0."""

    summary = "The answer has at most this many words."
    options: Mapping[str, Option] = {
        "limit": Option(50, "The most words that are right.", least=1),
        "ignore": Option([], "Words that are not counted."),
    }
    example = "max_words: {limit: 20}"
    revision = 1

    def check(self, options: Mapping[str, Any]) -> str:
        blank = [word for word in options["ignore"] if len(str(word).split()) != 1]
        return f"ignore: {blank[0]!r} is not one word" if blank else ""

    def score(self, answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
        ignored = {str(word).casefold() for word in options["ignore"]}
        words = [word for word in answer.text.split() if word.casefold() not in ignored]
        return Score(float(len(words) <= options["limit"]), f"{len(words)} words")
