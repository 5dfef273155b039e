"""Characters that a reader does not see and a model does, or that turn the text around."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.prompts.values import Prompt

# Not the joiners and marks that Persian, Hebrew or emoji need.
_UNSEEN = re.compile("[\u200b\u2060-\u2064\ufeff\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def unseen_in(prompt: Prompt) -> Iterator[str]:
    """A sentence for each line of a prompt with such characters."""
    for message in prompt.messages:
        for number, line in enumerate(message.content.split("\n"), 1):
            found = sorted({f"U+{ord(char):04X}" for char in _UNSEEN.findall(line)})
            if found:
                yield (
                    f"line {number} of the {message.role} message holds {', '.join(found)},"
                    " which readers do not see and models do"
                )
