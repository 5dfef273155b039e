"""An estimate of tokens, and the context window that they must fit in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from workbench.prompts.lint.rules import CONTEXT, Finding, LintContext
from workbench.prompts.values import Message

_CHARS_A_TOKEN = 4
"""Of text in alphabets; usual tokenizers have 3.5 to 4.5 for English."""
_DENSE = re.compile("[\u2e80-\U0003ffff]")
"""Scripts and signs with about one token a character."""


def about_tokens(text: str) -> int:
    """An estimate: one token for four characters, and for each CJK character or emoji."""
    dense = len(_DENSE.findall(text))
    return (len(text) - dense) // _CHARS_A_TOKEN + dense


def context_findings(
    messages: Sequence[Message], of: str, context: LintContext
) -> Iterator[Finding]:
    """Whether rendered messages and the longest answer fit the window; `of`: what was rendered."""
    if context.window is None:
        return
    tokens = sum(about_tokens(message.content) for message in messages)
    answer = context.max_output or 0
    if tokens + answer > context.window:
        more = f" and {answer:,} for the answer" if answer else ""
        yield Finding(
            CONTEXT,
            f"{of}: about {tokens:,} tokens (estimated){more}, and the model's context is"
            f" {context.window:,}",
        )
