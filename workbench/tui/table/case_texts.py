"""The texts of a case and of an answer, as rows show and copy them."""

from __future__ import annotations

from typing import Any

from workbench.datasets.json_values import as_text
from workbench.datasets.values import Case
from workbench.runs.spec.values import Result
from workbench.tui.table.copying import Copy


def flat_json(value: Any) -> str:
    """A dataset's value as text: a str as it is, everything else as JSON, nothing as nothing."""
    return "" if value is None else as_text(value)


def case_texts(case: Case) -> list[Copy]:
    """Its input, and what is expected."""
    copies = [Copy("input", "the input", _input(case))]
    if case.expected is not None:
        copies.append(Copy("expected", "what is expected", flat_json(case.expected)))
    return copies


def result_record(result: Result) -> dict[str, Any]:
    """An answer and its scores as plain JSON values."""
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


def _input(case: Case) -> str:
    """The text of the only input; several as JSON."""
    if len(case.inputs) == 1:
        return flat_json(next(iter(case.inputs.values())))
    return flat_json(case.inputs)
