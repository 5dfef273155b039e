"""Nearness by a provider's embeddings, as what is known of them decides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workbench.datasets.values import Case
from workbench.errors import SuiteError
from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.vectors import packed
from workbench.scorers.catalog import checks_of, make_scorer
from workbench.scorers.families.embedding import cosine
from workbench.scorers.judges.judge import JudgeFailed
from workbench.scorers.models import Question

OPTIONS = {"provider": "mock", "model": "small"}
CASE = Case("1", {}, expected=["bill", "invoice"])


@dataclass(frozen=True)
class Known:
    """The answers to texts."""

    answers: Mapping[str, Answer]

    def answer(self, question: Question) -> Answer | None:
        return self.answers.get(question.request.messages[-1].content)


def vector(*numbers: float, model: str = "small") -> Answer:
    return Answer(Outcome.OK, packed(numbers), model=model)


def score(known: Known | None, **options: float) -> tuple[float | None, str]:
    scorer = make_scorer("embedding", {**OPTIONS, **options}, "here")
    given = scorer.score(Answer(Outcome.OK, " a bill "), CASE, models=known)
    return given.value, given.reason


def test_the_nearest_expected_text_counts() -> None:
    known = Known({"a bill": vector(1, 0), "bill": vector(0, 1), "invoice": vector(3, 4)})
    assert score(known) == (pytest.approx(0.6), "cosine 0.60")
    assert score(known, at_least=0.6) == (1.0, "cosine 0.60")
    assert score(known, at_least=0.61) == (0.0, "cosine 0.60")


def test_an_opposite_meaning_is_0_and_what_is_not_known_yet_missing() -> None:
    known = Known({"a bill": vector(1, 0), "bill": vector(-1, 0), "invoice": vector(-1, 1)})
    assert score(known)[0] == 0.0
    assert score(Known({"a bill": vector(1, 0)}))[0] is None
    assert score(None) == (None, "embeddings are asked for in a run, and this is none")


def test_another_model_than_the_one_that_was_asked_is_named() -> None:
    texts = ("a bill", "bill", "invoice")
    known = Known({text: vector(1, 0, model="small-2") for text in texts})
    assert score(known) == (1.0, "cosine 1.00, by small-2")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (vector(1, 0, model="other"), "two models gave the embeddings, other and small"),
        (Answer(Outcome.RATE_LIMITED, error="slow down"), "rate limited: slow down"),
        (Answer(Outcome.REJECTED, error="too long"), "rejected: too long"),
    ],
)
def test_what_cannot_be_compared_fails_and_is_no_score(bad: Answer, words: str) -> None:
    known = Known({"a bill": vector(1, 0), "bill": vector(1, 0), "invoice": bad})
    with pytest.raises(JudgeFailed, match=words):
        score(known)


def test_it_needs_a_provider_and_a_model_and_stands_in_suites_alone() -> None:
    with pytest.raises(SuiteError, match="name the provider and the model"):
        make_scorer("embedding", {}, "here")
    with pytest.raises(SuiteError, match="asks a model, which a suite alone may name"):
        checks_of(Case("1", {}, checks=({"not": {"embedding": OPTIONS}},)))


def test_model_and_provider_are_in_the_fingerprint() -> None:
    variants = [{}, {"model": "large"}, {"provider": "other"}, {"at_least": 0.5}]
    prints = {make_scorer("embedding", {**OPTIONS, **v}, "here").fingerprint for v in variants}
    assert len(prints) == len(variants)


NUMBERS = st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3)


@given(NUMBERS, NUMBERS)
def test_the_cosine_is_that_of_numpy(one: list[float], other: list[float]) -> None:
    a, b = np.array(one), np.array(other)
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    assume(norms > 1e-6)
    assert math.isclose(cosine(one, other), float(a @ b / norms), abs_tol=1e-9)
