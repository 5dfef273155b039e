"""A verdict in words: one line, the detail lines, a Markdown summary and JUnit XML."""

from __future__ import annotations

from workbench.present.junit import junit_xml
from workbench.present.markdown_summary import markdown_summary
from workbench.present.verdict_details import attempt_lines, details, evidence_notes, margin_line
from workbench.present.verdict_lines import (
    beneath,
    broken_line,
    claim,
    effect,
    gate_word,
    headline,
    headline_lines,
    listed,
    next_step,
)

__all__ = [
    "attempt_lines",
    "beneath",
    "broken_line",
    "claim",
    "details",
    "effect",
    "evidence_notes",
    "gate_word",
    "headline",
    "headline_lines",
    "junit_xml",
    "listed",
    "margin_line",
    "markdown_summary",
    "next_step",
]
