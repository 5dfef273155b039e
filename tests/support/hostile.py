"""Text that tries to act on the terminal or on the screens."""

from __future__ import annotations

MARK = "PWNED"

PIECES = {
    "title": f"\x1b]0;{MARK}\x07",
    "clipboard": "\x1b]52;c;UFdORUQ=\x07",
    "link": f"\x1b]8;;https://{MARK}.example\x1b\\click\x1b]8;;\x1b\\",
    "clear": "\x1b[2J\x1b[6;66H",
    "colour": "\x1b[38;5;201;66m",
    "report": "\x1b[6n\x1b[c",
    "device": f"\x1bP+q{MARK}\x1b\\",
    "program": f"\x1b_{MARK}\x1b\\",
    "c1": f"\x9b66;66H\x9d0;{MARK}\x9c\x90{MARK}\x9c",
    "bell": "\x07\x08\x00\x7f\x0b\x0c",
    "return": f"over\r{MARK}",
    "bidi": "abc\u202edef\u2066ghi\u200f\u061c",
    "invisible": "a\u200bb\u2060c\ufeffd\u00ad\U000e0041",
    "separators": "one\u2028two\u2029three",
    "markup": "[/INST] [/] [b]bold[/b] foo[/bar] [[x]] [",
    "action": "[@click=app.quit]click me[/]",
    "template": "{{ x }} {% for %} {# #} {0} %s",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;",
    "wide": "漢字👩‍💻❤️🇬🇧e\u0301",
}

EVERYTHING = " | ".join(PIECES.values())
"""All of it on one line, apart from what breaks lines itself."""

FORBIDDEN = (
    *(chr(code) for code in range(0x80, 0xA0)),
    *"\x00\x07\x08\x7f\x0b\x0c",
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
    *"\u200b\u2060\ufeff\u00ad\u2028\u2029\U000e0041",
)
"""Characters that may never reach a terminal from data."""
