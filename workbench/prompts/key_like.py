"""Text that looks like a key: prompts are registered, exported and sent, and no place for one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.fingerprints import canonical_json
from workbench.prompts.values import Prompt

_SHOWN = 4
_KEY = re.compile(
    r"""\b(?:
        sk-[A-Za-z0-9_-]{20,}                                   # OpenAI, Anthropic, OpenRouter
      | (?:gsk_|xai-|hf_|ghp_|gho_|ghs_|github_pat_|glpat-|npm_|pypi-)[A-Za-z0-9_-]{16,}
      | (?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}             # Stripe
      | xox[abprs]-[A-Za-z0-9-]{10,}                            # Slack
      | AKIA[0-9A-Z]{16}\b                                      # Amazon
      | AIza[A-Za-z0-9_-]{30,}                                  # Google
      | [a-z][a-z0-9+]{1,15}://[^\s/:@{}]{1,80}:[^\s/@{}]{3,80}@[a-z0-9]
    ) | -----BEGIN\ (?:[A-Z]{1,10}\ ){0,2}PRIVATE\ KEY-----""",
    re.VERBOSE,
)


def key_in(text: str) -> str:
    """The first characters of something that looks like a key, or nothing."""
    for found in _KEY.finditer(text):
        # A long word with hyphens is no key.
        if not found[0].startswith("sk-") or any(map(str.isdigit, found[0])):
            return f"{found[0][:_SHOWN]}…"
    return ""


def keys_in(prompt: Prompt) -> Iterator[str]:
    """A sentence for each part of a prompt that seems to hold a key; the key is not in it."""
    for message in prompt.messages:
        for number, line in enumerate(message.content.split("\n"), 1):
            if key_in(line):
                where = f"line {number} of the {message.role} message"
                yield f"{where} looks like it holds a key ({key_in(line)})"
    rest = {**prompt.behaviour(), "messages": [], "extra": dict(prompt.extra)}
    for name, part in {**rest, "description": prompt.description}.items():
        try:
            found = key_in(part if isinstance(part, str) else canonical_json(part))
        except (TypeError, ValueError):
            continue
        if found:
            yield f"{name} looks like it holds a key ({found})"
