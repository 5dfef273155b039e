"""The Jinja2 environment that templates run in: no attributes that reach out, no bombs."""

from __future__ import annotations

from collections.abc import Sized
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_REPEAT = 100_000
MAX_POWER = 1_000


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox whose `*` and `**` cannot make a value that fills the memory."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "*":
            for value, times in ((left, right), (right, left)):
                if not isinstance(value, Sized) or not isinstance(times, int):
                    continue
                if len(value) * times > MAX_REPEAT:
                    raise SecurityError(f"a repeat gives more than {MAX_REPEAT:,} items")
        elif isinstance(right, (int, float)) and abs(right) > MAX_POWER:
            raise SecurityError(f"a power above {MAX_POWER:,}")
        return super().call_binop(context, operator, left, right)


@lru_cache(maxsize=1)
def environment() -> ImmutableSandboxedEnvironment:
    """The one environment: strict about undefined names, keeps the last newline, no loader."""
    made = _Environment(
        undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False, cache_size=0
    )
    for name in ("lipsum", "cycler", "joiner", "namespace"):
        made.globals.pop(name, None)
    return made
