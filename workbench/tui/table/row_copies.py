"""What a row of a table offers to copy: a cell, all of it as JSON, and its texts as they came."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from workbench.datasets.values import Case
from workbench.present.unified import unified_diff
from workbench.runs.spec.values import Result
from workbench.tui.table.case_rows import ResultRow, flat_json
from workbench.tui.table.copying import Copy
from workbench.tui.table.pair_rows import PairRow, output_of
from workbench.tui.table.table_model import Column, TableRow


def copies_of(row: TableRow) -> list[Copy]:
    """All of it as JSON, and the texts in it."""
    return [Copy("row", "the row as JSON", row_json(row)), *_texts(row)]


def cell_and_row(row: TableRow, columns: Sequence[Column], column: str) -> list[Copy]:
    """One cell, then what the row offers."""
    title = next((c.title for c in columns if c.key == column), "") or column
    cell = Copy("this", f"the cell {title}", row.cell(column))
    return [cell, Copy("row", "the row as JSON", row_json(row, columns)), *_texts(row)]


def row_json(row: TableRow, columns: Sequence[Column] = ()) -> str:
    """One line; of rows that hold nothing else their cells by title."""
    return json.dumps(record_of(row, columns), ensure_ascii=False, default=str)


def record_of(row: TableRow, columns: Sequence[Column] = ()) -> dict[str, Any]:
    """A row as plain JSON values."""
    if isinstance(row, PairRow):
        return {
            **row.case.content(),
            "change": row.worst,
            "changes": {x.casefold(): side.change for x, side in row.candidates.items()},
            "rating": row.rating or None,
            **{
                letter.casefold(): [_result(result) for result in results]
                for letter, results in row.sides
            },
        }
    if isinstance(row, ResultRow):
        case = row.case.content() if row.case else {"id": row.case_id}
        found = _result(row.result) if row.result else {"repeat": row.repeat}
        return {**case, "status": row.status, **found}
    plain = getattr(row, "case", None)
    if isinstance(plain, Case):
        return plain.content()
    return {c.title or c.key: row.cell(c.key) for c in columns}


def _result(result: Result) -> dict[str, Any]:
    answer = result.answer
    return {
        "repeat": result.repeat,
        "outcome": answer.outcome.value,
        "output": answer.text,
        "error": answer.error or None,
        "scores": {
            name: {"value": score.value, "reason": score.reason}
            for name, score in result.scores.items()
        },
        "latency_s": answer.latency_s,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "cost_usd": answer.cost_usd,
        "attempts": answer.attempts,
        "cached": answer.cached,
    }


def _texts(row: TableRow) -> list[Copy]:
    case = getattr(row, "case", None)
    found = []
    if isinstance(case, Case):
        found.append(Copy("input", "the input", _input(case)))
        if case.expected is not None:
            found.append(Copy("expected", "what is expected", flat_json(case.expected)))
    if isinstance(row, ResultRow) and row.result:
        found.append(Copy("output", "the output", row.output))
    if isinstance(row, PairRow):
        found += [
            Copy(f"output_{letter.casefold()}", f"the output of {letter}", output_of(results))
            for letter, results in row.sides
        ]
        a, b = row.output_a, row.output_b
        found += diff_copy(a, b)
    return found


def diff_copy(a: str, b: str) -> list[Copy]:
    """The differences of two texts, where there are any."""
    if a == b:
        return []
    return [Copy("diff", "A and B as a unified diff", lambda: unified_diff(a, b, "A", "B"))]


def _input(case: Case) -> str:
    """The text of the only input; several as JSON."""
    if len(case.inputs) == 1:
        return flat_json(next(iter(case.inputs.values())))
    return flat_json(case.inputs)
