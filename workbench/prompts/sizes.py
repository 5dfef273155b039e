"""About how many tokens a text has, where no tokenizer of the model is at hand."""

from __future__ import annotations

import re

_CHARS_A_TOKEN = 4
"""Of text in alphabets; usual tokenizers have 3.5 to 4.5 for English."""
_DENSE = re.compile("[\u2e80-\U0003ffff]")
"""Scripts and signs with about one token a character."""


def about_tokens(text: str) -> int:
    """An estimate: one token for four characters, and for each CJK character or emoji."""
    dense = len(_DENSE.findall(text))
    return (len(text) - dense) // _CHARS_A_TOKEN + dense
