"""Patterns of API keys, used to find and to hide keys in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

HIDDEN = "[secret]"
_SHAPES = r"""
    sk-[A-Za-z0-9_-]{20,}                                  # OpenAI, Anthropic, OpenRouter, DeepSeek
  | (?:gsk_|xai-|hf_|pplx-|nvapi-|csk-|r8_|fw_|tgp_v1_|dapi|lsv2_)[A-Za-z0-9_-]{16,}
  | (?:gh[oprsu]_|github_pat_|glpat-|npm_|pypi-)[A-Za-z0-9_-]{16,}
  | (?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}            # Stripe
  | pk-lf-[A-Za-z0-9-]{16,}                                # Langfuse
  | x(?:ox[abeprs]|app)-[A-Za-z0-9-]{10,}                  # Slack
  | A(?:KIA|SIA)[0-9A-Z]{16}\b                             # Amazon
  | AIza[A-Za-z0-9_-]{30,}                                 # Google
  | [0-9a-f]{32}\.[A-Za-z0-9]{16}\b                        # Zhipu
  | eyJ[A-Za-z0-9_-]{10,400}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,}     # JSON Web Tokens
  | [a-z][a-z0-9+]{1,15}://[^\s/:@{}]{1,80}:[^\s/@{}]{3,80}@(?=[a-z0-9\[])      # passwords in URLs
"""
_PEM = r"-----BEGIN\ (?:[A-Z]{1,10}\ ){0,2}PRIVATE\ KEY-----"
_KEY = re.compile(rf"\b(?:{_SHAPES}) | {_PEM}", re.VERBOSE)
# In errors, masked or shortened keys and header values are hidden too.
_SHOWN_KEY = re.compile(
    rf"""\b(?:{_SHAPES} | (?:sk|pk|rk|gsk|xai|AIza)[-_][A-Za-z0-9_*-]{{8,}})
      | (?<=\bBearer\ )\S{{8,}} | {_PEM}(?:.*?-----END\ [A-Z\ ]{{0,40}}-----|.*)""",
    re.VERBOSE | re.DOTALL,
)


def keys_of(text: str) -> Iterator[str]:
    """Yield everything in `text` that looks like a key."""
    for match in _KEY.finditer(text):
        # A long hyphenated word is not a key.
        if not match[0].startswith("sk-") or any(map(str.isdigit, match[0])):
            yield match[0]


def without_keys(text: str) -> str:
    """`text` with possible keys hidden, including shortened and masked ones."""
    return _SHOWN_KEY.sub(HIDDEN, text)
