"""Finds characters that are invisible to readers but not to models, or that reverse text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.prompts.values import Prompt

# Without the joiners and marks that Persian, Hebrew and emoji need.
_UNSEEN = re.compile("[\u200b\u2060-\u2064\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def unseen_in(prompt: Prompt) -> Iterator[str]:
    """Yield a sentence for each line of a prompt with such characters."""
    texts = [(f"the {message.role} message", message.content) for message in prompt.messages]
    texts += [(f"the snippet {name!r}", text) for name, text in prompt.snippets.items()]
    for place, content in texts:
        for number, line in enumerate(content.split("\n"), 1):
            codes = sorted({f"U+{ord(char):04X}" for char in _UNSEEN.findall(line)})
            if codes:
                yield (
                    f"line {number} of {place} holds {', '.join(codes)},"
                    " which readers do not see and models do"
                )
