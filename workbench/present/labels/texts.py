"""Cases and answers as those see them who label them."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.datasets.values import Case
from workbench.present.case_values import readable, readable_inputs


def case_lines(case: Case) -> Iterator[str]:
    """Inputs and expected answer, under their names."""
    for name, text in readable_inputs(case).items():
        yield from named_text(name, text)
    expected = readable(case.expected)
    if expected:
        yield from named_text("expected", expected)


def answer_lines(case: Case, answer: str, note: str = "") -> Iterator[str]:
    """A case with one answer, and the rater's note on it."""
    yield from case_lines(case)
    yield from named_text("answer", answer)
    if note:
        yield from named_text("your note", note)


def named_text(name: str, text: str) -> Iterator[str]:
    """A text of several lines under its name."""
    yield f"{name}:"
    for line in text.splitlines() or [""]:
        yield f"  {line}"
