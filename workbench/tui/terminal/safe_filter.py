"""A last safeguard: no text that acts on the terminal leaves a widget.

Every pane makes its own text safe; this catches what library widgets show on their own, such as
an input's pasted value.
"""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SIGN = "\N{REPLACEMENT CHARACTER}"


class SafeFilter(LineFilter):
    """Shows a sign for each control and bidi character."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments; unsafe ones are replaced."""
        del background
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            Segment(_UNSAFE.sub(_SIGN, text), style, control) for text, style, control in segments
        ]
