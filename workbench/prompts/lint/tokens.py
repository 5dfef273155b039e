"""An estimate of tokens, and the context window that they must fit in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.prompts.files.options import MORE, NAMES
from workbench.prompts.lint.rules import CONTEXT, Finding, LintContext
from workbench.prompts.sizes import about_tokens
from workbench.prompts.values import Message, Prompt


def context_findings(
    prompt: Prompt, messages: Sequence[Message], of: str, context: LintContext
) -> Iterator[Finding]:
    """Whether rendered messages and the longest answer fit the window; `of`: what was rendered."""
    if context.window is None:
        return
    tokens = sum(about_tokens(message.content) for message in messages)
    answer = max_output(prompt) or 0
    if tokens + answer > context.window:
        more = f" and {answer:,} for the answer" if answer else ""
        yield Finding(
            CONTEXT,
            f"{of}: about {tokens:,} tokens (estimated){more}, and the model's context is"
            f" {context.window:,}",
        )


def max_output(prompt: Prompt) -> int | None:
    """The most tokens that the draft lets an answer have; None: it does not say."""
    options = dict(prompt.model.options) if prompt.model else {}
    more = options.get(MORE)
    for name, value in {**options, **(more if isinstance(more, dict) else {})}.items():
        is_limit = NAMES.get(name, name) in ("max_completion_tokens", "max_tokens")
        if is_limit and isinstance(value, int) and not isinstance(value, bool):
            return value
    return None
