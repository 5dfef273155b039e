"""Makes untrusted text safe for a terminal.

Prompts, cases, answers, imported files and provider errors may contain escape sequences that set
the window title, write the clipboard or clear the screen. Each such character is replaced by a
visible sign; stored text is not changed.
"""

from __future__ import annotations

import re

_ESCAPE = "\N{SYMBOL FOR ESCAPE}"
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = "\u200b\u200c\u2060-\u2064\ufeff\u00ad\U000e0000-\U000e007f"
_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_BIDI}{_INVISIBLE}]")
_UNSAFE_LINE = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_BIDI}{_INVISIBLE}]")
TAB = "    "


def safe_text(text: str) -> str:
    """`text` with newlines kept and control characters made visible."""
    if text.isascii() and text.isprintable():
        return text
    plain = text.replace("\r\n", "\n").replace("\t", TAB)
    return _UNSAFE.sub(_sign, plain)


def safe_line(text: str) -> str:
    """Like `safe_text`, on one line: newlines become ⏎, and tabs one blank."""
    if text.isascii() and text.isprintable():
        return text
    plain = text.replace("\r\n", "\n").replace("\n", "⏎").replace("\t", " ")
    return _UNSAFE_LINE.sub(_sign, plain)


def _sign(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    if code == 0x1B:
        return _ESCAPE
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    if code < 0xA0:
        return f"\\x{code:02x}"
    return f"⟨U+{code:04X}⟩"
