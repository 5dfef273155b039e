"""What does not survive on the way to another format, or from it."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.prompts.values import Prompt


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that the other side cannot hold, and what stands there for it."""

    what: str
    instead: str = ""

    def __str__(self) -> str:
        return f"{self.what} ({self.instead})" if self.instead else self.what


def part_losses(prompt: Prompt | None) -> list[Loss]:
    """What is lost where snippets and few-shot examples are written into the messages."""
    losses = []
    if prompt and prompt.snippets:
        names = ", ".join(prompt.snippets)
        losses.append(Loss(f"the snippets {names}", "their text stands in the messages"))
    if prompt and prompt.features:
        names = ", ".join(prompt.features)
        losses.append(Loss(f"the features {names}", "the caller gives what they compute"))
    if prompt and prompt.examples:
        losses.append(Loss("the few-shot examples as data", "they stand in the messages as text"))
    return losses
