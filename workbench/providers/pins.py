"""What pins a model: digests of what is on this machine, or a name that is never reused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from workbench.providers.base import Provider

_MONTH, _DAY = "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_SNAPSHOT = re.compile(
    rf"(?:^|[-_.@:/])(?:20[0-9]{{2}}-{_MONTH}-{_DAY}|20[0-9]{{2}}{_MONTH}{_DAY}|{_MONTH}{_DAY}"
    rf"|2[3-9]{_MONTH}|00[1-9]|[0-9a-f]{{40}}|sha256:[0-9a-f]{{64}})(?:$|[-_:@])"
)


@runtime_checkable
class Pinned(Protocol):
    """A provider whose model is on this machine."""

    @property
    def pins(self) -> Mapping[str, str]:
        """sha256 by what it is of: weights, chat template, tokenizer. Available without a call."""


def pins_of(provider: Provider) -> Mapping[str, str]:
    """The digests of a provider's model; empty where it is not on this machine."""
    return provider.pins if isinstance(provider, Pinned) else {}


def is_snapshot(model: str) -> bool:
    """Whether a model's id names one snapshot: by a date (2025-04-14, 20250414, 0613, 2411), a
    numbered revision (-002), or the digest of a revision. Any other id is an alias: what answers
    under it may change.
    """
    return _SNAPSHOT.search(model) is not None
