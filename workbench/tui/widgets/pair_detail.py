"""A case of a comparison in words: what was asked, what both answered, and how it was judged."""

from __future__ import annotations

from textual.content import Content

from workbench.actions.compare import Compared
from workbench.present.verdict_words import broken_line, details, headline, next_step
from workbench.tui.case_rows import flat_json
from workbench.tui.pair_rows import PairRow, output_of
from workbench.tui.widgets.case_detail import block, call_lines, score_lines


def facts(row: PairRow) -> Content:
    """Input and expected of a case, and why each side got its scores."""
    parts = [block(f"input · {name}", flat_json(value)) for name, value in row.case.inputs.items()]
    parts.append(block("expected", flat_json(row.case.expected) or "(nothing)"))
    for letter, results in row.sides:
        if results:
            parts.append(block(f"scores of {letter}", score_lines(results[0].scores.items())))
    return Content("").join(parts).rstrip()


def in_full(row: PairRow) -> Content:
    """The whole case, with both answers and what the calls took."""
    parts = [facts(row), Content("\n\n")]
    for letter, results in row.sides:
        parts.append(block(f"output of {letter}", output_of(results)))
        if results:
            parts.append(block(f"call of {letter}", call_lines(results[0].answer)))
    return Content("").join(parts).rstrip()


def why(compared: Compared, *further: Compared) -> Content:
    """Headline, broken cases, next step and details of every gating scorer, for every side."""
    parts = _why_one(compared, "")
    for letter, found in zip("CD", further, strict=False):
        parts += _why_one(found, f"{letter} against A · ")
    return Content("").join(parts).rstrip()


def _why_one(compared: Compared, before: str) -> list[Content]:
    policy = compared.suite.gate
    parts = []
    for comparison in compared.comparisons:
        lines = [
            headline(comparison, policy),
            broken_line(comparison),
            next_step(comparison, policy),
            *details(comparison),
        ]
        text = "\n".join(line for line in lines if line)
        parts.append(block(f"{before}{comparison.scorer}", text))
    return parts
