"""The frame of a self-contained HTML page: no script, nothing loaded, pictures as data alone."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from workbench.present.html_style import STYLE
from workbench.present.safe_text import safe_text


def html_page(title: str, parts: Iterable[str]) -> str:
    """A page of parts that are HTML already; ends with a newline. Empty parts are left out."""
    lines = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escaped(title)}</title><style>{STYLE}</style></head><body>",
        f"<h1>{escaped(title)}</h1>",
        *parts,
        "</body></html>",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def escaped(text: str) -> str:
    """Untrusted text as text."""
    return escape(safe_text(text))
