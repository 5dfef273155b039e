"""Logs as inspect writes them, without the package: tests/integration/inspect has real ones."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ANSWERS = {"c1": "billing", "c2": "the delivery team", "c3": None, "c4": "no idea"}
TARGETS = {"c1": "billing", "c2": "delivery", "c3": "tech", "c4": "tech"}


def sample(
    case_id: str, answer: str | None, target: Any, epoch: int = 1, **more: Any
) -> dict[str, Any]:
    """A sample; without an answer its call failed."""
    given = f"Ticket {case_id} {{{{ odd"
    messages = [
        {"role": "system", "content": "Answer with one queue."},
        {"role": "user", "content": f"Ticket: {given}\nQueue:", "source": "input"},
    ]
    content: dict[str, Any] = {
        "id": case_id,
        "epoch": epoch,
        "input": given,
        "target": target,
        "messages": messages,
        "output": {"choices": []},
        "scores": {},
    }
    if answer is None:
        return {**content, "error": {"message": "429 Too\nmany \x1b[31mrequests"}, **more}
    right = "C" if str(target) in answer else "I"
    message = {"role": "assistant", "content": answer, "source": "generate"}
    return {
        **content,
        "messages": [*messages, message],
        "output": {
            "model": "gpt-4o-2024-08-06",
            "choices": [{"message": message, "stop_reason": "stop"}],
            "completion": answer,
            "usage": {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12},
            "time": 0.5,
        },
        "scores": {"includes": {"value": right}, "graded": {"value": 0.75}},
        **more,
    }


def log(
    samples: Sequence[dict[str, Any]] | None = None, model: str = "openai/gpt-4o"
) -> dict[str, Any]:
    """A whole log, as the `.json` file has it."""
    if samples is None:
        samples = [sample(case_id, ANSWERS[case_id], TARGETS[case_id]) for case_id in ANSWERS]
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "created": "2026-11-01T10:00:00+00:00",
            "task": "team/triage",
            "model": model,
            "model_generate_config": {},
            "scorers": [{"name": "includes", "options": {}}, {"name": "graded", "options": {}}],
        },
        "plan": {
            "steps": [{"solver": "generate", "params": {"temperature": 0, "max_tokens": 8}}],
            "config": {},
        },
        "samples": list(samples),
    }


def write_json(path: Path, content: dict[str, Any]) -> Path:
    """The log as a `.json` file."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def write_eval(path: Path, content: dict[str, Any], head: str = "header.json") -> Path:
    """The log as an `.eval` file, packed as older releases did."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(head, json.dumps({k: v for k, v in content.items() if k != "samples"}))
        for one in content["samples"]:
            name = f"samples/{one['id']}_epoch_{one['epoch']}.json"
            archive.writestr(name, json.dumps(one))
    return path
