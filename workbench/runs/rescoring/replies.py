"""What judges said before: the models of scorers where no call is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.providers.base import Answer, Outcome
from workbench.runs.spec.judge_keys import question_key
from workbench.runs.store.store import RunStore
from workbench.scorers.models import Question

_UNKNOWN = Answer(Outcome.CANCELLED, error="it was not asked about this answer", attempts=0)


@dataclass(frozen=True)
class StoredReplies:
    """The stored answers of judges, by the identity of each one's provider."""

    store: RunStore
    identities: Mapping[str, Mapping[str, Any]]
    """By the fingerprint of the judge's prompt."""

    def answer(self, question: Question) -> Answer:
        """See `Models`; an error where there is none."""
        identity = self.identities[question.prompt.fingerprint]
        return self.store.cached_answer(question_key(question, identity)) or _UNKNOWN
