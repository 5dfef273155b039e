"""Personal data in texts that people read, found by the patterns of the scorer `no_pii`."""

from __future__ import annotations

from importlib.util import find_spec

from workbench.scorers.families.contents import personal_data

MASK = "█"
_LIBRARY = "datafog"


def can_mask() -> bool:
    """Whether the patterns are installed."""
    return find_spec(_LIBRARY) is not None


def masked(text: str) -> str:
    """The text with each e-mail address, phone number, card, account and the like replaced by its
    kind: `█EMAIL█`.
    """
    parts, end = [], 0
    for start, stop, kind in personal_data(text):
        if start >= end:
            parts += [text[end:start], f"{MASK}{kind}{MASK}"]
            end = stop
    return "".join([*parts, text[end:]])
