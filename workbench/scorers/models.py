"""How scorers reach models: they say what they would ask, and a run hands the answers in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from workbench.prompts.values import Prompt
from workbench.providers.base import Answer, Request


@dataclass(frozen=True, slots=True)
class Question:
    """One request of a scorer."""

    prompt: Prompt
    """The judge, whose model names the provider."""
    request: Request


class Models(Protocol):
    """The models that scorers may ask, as a run hands them in."""

    def answer(self, question: Question) -> Answer | None:
        """The answer to a question; None: not known yet. The run then asks it and scores anew, so a
        scorer says the same questions in the same order each time.
        """
