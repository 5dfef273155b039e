"""A case of a comparison in words: what was asked, what both answered, and how it was judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from workbench.actions.comparing.compare import Compared
from workbench.present.case_values import readable_inputs
from workbench.present.slices.lines import condition_lines, informative_lines, slice_lines
from workbench.present.verdict_words import beneath, details, headline
from workbench.tui.compare.rows import PairRow, output_of
from workbench.tui.table.case_texts import flat_json
from workbench.tui.widgets.case_detail import block, call_lines, score_lines


def facts(row: PairRow) -> Content:
    """Input and expected of a case, and why each side got its scores."""
    parts = [block(f"input · {name}", text) for name, text in readable_inputs(row.case).items()]
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


def why(
    comparisons: Sequence[Compared], names: Sequence[str], claims: Mapping[str, str]
) -> Content:
    """The headline and all details of every gating scorer and candidate.

    `names` are those of A and of the candidates; `claims` is what each may claim, by its letter.
    """
    parts: list[Content] = []
    for letter, name, compared in zip("BCD", names[1:], comparisons, strict=False):
        before = f"{letter} {name} against A · " if len(comparisons) > 1 else ""
        parts += _why_one(compared, before, names[0], name, letter)
        if letter in claims:
            parts.append(block(f"{before}what may be claimed", claims[letter]))
    return Content("").join(parts).rstrip()


def _why_one(compared: Compared, before: str, a: str, b: str, letter: str) -> list[Content]:
    policy = compared.suite.gate
    parts = []
    for comparison in compared.comparisons:
        lines = [
            headline(comparison, policy, a=a, b=b),
            *beneath(comparison, policy),
            *details(comparison, b=letter),
        ]
        parts.append(block(f"{before}{comparison.scorer}", "\n".join(lines)))
    for title, lines in (
        ("the gate asks also", condition_lines(compared.beside.conditions)),
        ("not asked by the gate", informative_lines(compared.beside.informative)),
        ("slices", slice_lines(compared.beside.slices)),
    ):
        if lines:
            parts.append(block(f"{before}{title}", "\n".join(lines)))
    return parts
