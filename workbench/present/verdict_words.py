"""A verdict in words: one line, the detail lines, a Markdown summary and JUnit XML."""

from __future__ import annotations

from workbench.present.junit import junit_xml
from workbench.present.markdown_summary import markdown_summary
from workbench.present.verdict_lines import (
    broken_line,
    details,
    gate_word,
    headline,
    next_step,
    wear_lines,
)

__all__ = [
    "broken_line",
    "details",
    "gate_word",
    "headline",
    "junit_xml",
    "markdown_summary",
    "next_step",
    "wear_lines",
]
