"""Conversion between a run's values and database rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.datasets.values import CHECKS, TOOL_RESULTS, Case
from workbench.prompts.codec import INPUT_KEYS, examples_to_json, prompt_from_json
from workbench.prompts.values import Prompt
from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.finish import READING, is_incomplete
from workbench.providers.redact import storable
from workbench.runs.spec.values import Result, RunStatus, RunSummary
from workbench.scorers.base import Score

_REASON_CHARS = 500
_ENCODED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
"""`json.dumps` would make an encoder for each row."""


def answer_row(answer: Answer) -> tuple[Any, ...]:
    """The columns of `answers` after id and key."""
    return (
        answer.outcome.value,
        storable(answer.text),
        storable(answer.error) or None,
        answer.note or None,
        _rounded(answer.latency_s),
        _rounded(answer.first_token_s),
        answer.prompt_tokens,
        answer.completion_tokens,
        answer.cost_usd,
        answer.model or None,
        answer.system_fingerprint or None,
        answer.finish_reason or None,
        answer.attempts,
        answer.status,
    )


def read_answer(row: Sequence[Any], cached: bool) -> Answer:
    """The answer in a row of `answers` without its id and key.

    An answer of white space alone is read as empty; 0.1.0 stored it as ok.
    """
    outcome = Outcome(row[0])
    if outcome is Outcome.OK and (not row[1] or row[1].isspace()):
        outcome = Outcome.EMPTY
    return Answer(
        outcome=outcome,
        text=row[1],
        error=row[2] or "",
        note=row[3] or "",
        latency_s=row[4],
        first_token_s=row[5],
        prompt_tokens=row[6],
        completion_tokens=row[7],
        cost_usd=row[8],
        model=row[9] or "",
        system_fingerprint=row[10] or "",
        finish_reason=row[11] or "",
        attempts=row[12],
        status=row[13],
        cached=cached,
        answered_at=row[14] or "",
    )


def is_misread(outcome: str, finish_reason: str | None, reading: int) -> bool:
    """Whether an earlier revision classified an answer as complete that, by its finish reason, is
    not: no later run may use it.
    """
    taken_for_whole = reading < READING and outcome in (Outcome.OK, Outcome.EMPTY)
    return taken_for_whole and is_incomplete(finish_reason or "")


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)


def scores_text(scores: Mapping[str, Score], names: Sequence[str]) -> str:
    """A JSON list in the order of `names`: a number, null, [number, reason], or with the scores of
    its parts by name [number, reason, parts]; true comes after these where it was not asked.
    """
    values: list[Any] = []
    for name in names:
        score = scores.get(name, Score(None, "not scored"))
        reason = storable(score.reason[:_REASON_CHARS])
        if score.skipped:
            values.append([score.value, reason, dict(score.parts), True])
        elif score.parts:
            values.append([score.value, reason, dict(score.parts)])
        else:
            values.append([score.value, reason] if reason else score.value)
    return _ENCODED(values)


def read_scores(text: str, names: Sequence[str]) -> dict[str, Score]:
    """The scores in such a list."""
    return {
        name: Score(*value) if isinstance(value, list) else Score(value)
        for name, value in zip(names, json.loads(text), strict=True)
    }


def first_score(text: str) -> float | None:
    """The headline score in such a list."""
    value = json.loads(text)[0]
    score = value[0] if isinstance(value, list) else value
    return None if score is None else float(score)


def read_results(rows: Iterable[Sequence[Any]], names: Sequence[str]) -> list[Result]:
    """From rows of case_id, repeat, cached, scores and a row of `answers`."""
    # Many results have the same scores, and parsing is the slowest part of opening a run.
    known: dict[str, dict[str, Score]] = {}
    results = []
    for row in rows:
        scores = known.get(row[3])
        if scores is None:
            scores = known[row[3]] = read_scores(row[3], names)
        results.append(Result(row[0], row[1], read_answer(row[6:], bool(row[2])), scores))
    return results


def prompt_content(prompt: Prompt) -> dict[str, Any]:
    """All of a prompt as plain JSON values."""
    return {
        **prompt.behaviour(),
        "prompt_id": prompt.prompt_id,
        "description": prompt.description,
        "descriptions": [item.description for item in prompt.inputs],
        **({"examples": examples_to_json(prompt.examples)} if prompt.examples else {}),
    }


def read_prompt(content: Mapping[str, Any]) -> Prompt:
    """The prompt in `prompt_content`, without `extra`, which has no effect on answers."""
    described = zip(content["inputs"], content["descriptions"], strict=True)
    data = {
        **content,
        "messages": [{"role": role, "content": text} for role, text in content["messages"]],
        "inputs": [
            dict(zip(INPUT_KEYS, (*item[:4], text), strict=True)) | dict(*item[4:])
            for item, text in described
        ],
        "extra": {},
    }
    return prompt_from_json(content["prompt_id"], data)


def read_case(content: Mapping[str, Any]) -> Case:
    """The case in `Case.content`."""
    return Case(
        id=content["id"],
        inputs=content["inputs"],
        expected=content["expected"],
        tags=tuple(content["tags"]),
        split=content["split"],
        group=content["group"],
        tool_results=content.get(TOOL_RESULTS),
        checks=tuple(content.get(CHECKS, ())),
    )


def read_summary(row: Mapping[str, Any], status: RunStatus, reason: str) -> RunSummary:
    """The summary in a row of `runs`."""
    scorers = json.loads(row["scorers"])
    return RunSummary(
        run_id=row["run_id"],
        status=status,
        prompt_id=row["prompt_id"],
        fingerprint=row["fingerprint"],
        label=row["label"],
        suite=row["suite"],
        split=row["split"],
        suite_parts=json.loads(row["parts"]),
        scorer=scorers[0] if scorers else "",
        cases=row["cases"],
        repeats=row["repeats"],
        scored=row["scored"],
        errors=row["errors"],
        score=row["score_sum"] / row["scored"] if row["scored"] else None,
        calls=row["calls"],
        cached=row["cached"],
        cost_usd=None if row["unpriced"] else row["cost_usd"],
        prompt_tokens=row["prompt_tokens"],
        completion_tokens=row["completion_tokens"],
        seconds=row["seconds"],
        model=row["model"],
        created_at=row["created_at"],
        reason=reason,
        environment=json.loads(row["environment"]),
        judge_calls=row["judge_calls"],
        judge_cached=row["judge_cached"],
        judge_cost_usd=None if row["judge_unpriced"] else row["judge_cost_usd"],
    )
