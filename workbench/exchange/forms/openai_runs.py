"""The answers in OpenAI's Evals: rows of results, and the runs of a dump."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from workbench.datasets.json_values import as_text
from workbench.exchange.forms.foreign import as_list, as_mapping
from workbench.fingerprints import canonical_json
from workbench.prompts.values import Prompt
from workbench.providers.base import Answer, Outcome
from workbench.providers.redact import one_line
from workbench.runs.imported.values import ImportedAnswer, ImportedRun

TOOL = "OpenAI Evals"
_OUTCOMES = {
    "length": Outcome.TRUNCATED,
    "max_tokens": Outcome.TRUNCATED,
    "max_output_tokens": Outcome.TRUNCATED,
    "content_filter": Outcome.FILTERED,
    "tool_calls": Outcome.TOOL_CALL,
}


def external(name: str) -> dict[str, Any]:
    """The scorer that keeps a grader's scores."""
    return {"external": {"name": name, "by": TOOL}}


@dataclass
class Results:
    """Rows of results: an item becomes a case, each run of them a run."""

    items: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """By the id of the case."""
    answers: dict[str, list[ImportedAnswer]] = field(default_factory=dict)
    """By the id of the run, in order of first sight."""


def results_of(rows: Sequence[Mapping[str, Any]]) -> Results:
    """A case is told by the row's index in the data source and by the item's content; the same
    again in one run is a further repeat.
    """
    results, known = Results(), {}
    repeats: Counter[tuple[str, str]] = Counter()
    at_index: Counter[Any] = Counter()
    for number, row in enumerate(rows):
        run_id, index = str(row.get("run_id", "")), row.get("data_source_idx", number)
        key = (str(index), canonical_json(row["item"]))
        if key not in known:
            at_index[index] += 1
            suffix = f"-{at_index[index]}" if at_index[index] > 1 else ""
            known[key] = f"item-{index}{suffix}"
            results.items[known[key]] = row["item"]
        case_id = known[key]
        repeat = repeats[run_id, case_id]
        repeats[run_id, case_id] += 1
        passes = as_mapping(row.get("passes"))
        scores = {
            str(name): float(passes[name]) if isinstance(passes.get(name), bool) else _share(grade)
            for name, grade in row["grades"].items()
        }
        answer = ImportedAnswer(case_id, repeat, _answer(as_mapping(row.get("sample"))), scores)
        results.answers.setdefault(run_id, []).append(answer)
    return results


def dumped_runs(
    runs: Iterable[tuple[Mapping[str, Any], Mapping[str, Any], Prompt]],
    case_ids: Mapping[str, str],
    graders: Mapping[str, str],
    suite: str,
) -> tuple[list[ImportedRun], int]:
    """The runs of a dump that have answers, and how many answers are to no row of it.

    Each as the run, its entry with `output_items`, and its prompt; `case_ids` by the canonical form
    of an item, `graders` names by name and id.
    """
    stored, stray = [], 0
    for run, entry, prompt in runs:
        repeats: dict[str, int] = defaultdict(int)
        answers = []
        for output in map(as_mapping, as_list(entry.get("output_items"))):
            case_id = case_ids.get(canonical_json(output.get("datasource_item")))
            if case_id is None:
                stray += 1
                continue
            scores = {
                graders.get(str(one.get("name")), str(one.get("name"))): _passed(one)
                for one in map(as_mapping, as_list(output.get("results")))
            }
            answer = _answer(as_mapping(output.get("sample")))
            answers.append(ImportedAnswer(case_id, repeats[case_id], answer, scores))
            repeats[case_id] += 1
        if answers:
            name, made_at = str(run.get("name") or run.get("id") or ""), _time(run)
            stored.append(ImportedRun(prompt, suite, answers, TOOL, one_line(name), made_at))
    return stored, stray


def _time(run: Mapping[str, Any]) -> str:
    seconds = run.get("created_at")
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        return ""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return ""


def _passed(result: Mapping[str, Any]) -> float | None:
    passed = result.get("passed")
    return float(passed) if isinstance(passed, bool) else _share(result.get("score"))


def _share(grade: Any) -> float | None:
    """The grade, if it is a share of right; None for one on another scale."""
    number = isinstance(grade, (int, float)) and math.isfinite(grade)
    return float(grade) if number and 0 <= grade <= 1 else None


def _answer(sample: Mapping[str, Any]) -> Answer:
    error = sample.get("error")  # null: there was none
    usage = as_mapping(sample.get("usage") or sample.get("token_usage"))
    reason = one_line(str(sample.get("finish_reason") or ""))
    known: dict[str, Any] = {
        "prompt_tokens": _count(usage.get("prompt_tokens")),
        "completion_tokens": _count(usage.get("completion_tokens")),
        "model": one_line(str(sample.get("model") or "")),
        "finish_reason": reason,
    }
    if isinstance(error, Mapping) and not error.get("message") and not error.get("code"):
        error = None  # the API writes an empty one beside an answer
    if error:
        text = error.get("message") or error.get("code") if isinstance(error, Mapping) else error
        return Answer(Outcome.PROVIDER_ERROR, error=one_line(str(text)), **known)
    outputs = sample.get("outputs") or sample.get("output")
    text = "\n".join(_content(as_mapping(one).get("content")) for one in as_list(outputs))
    outcome = _OUTCOMES.get(reason, Outcome.OK if text.strip() else Outcome.EMPTY)
    return Answer(outcome, text, error="" if outcome is Outcome.OK else outcome.value, **known)


def _content(content: Any) -> str:
    if isinstance(content, list):
        return "".join(as_text(as_mapping(part).get("text") or "") for part in content)
    if isinstance(content, Mapping):
        content = content.get("text")
    return "" if content is None else as_text(content)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
