"""What stands in a file of another tool is read, or named in one line as what is wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exchange.importers.test_openai_evals import check, dump
from tests.exchange.importers.test_prompt_files import DOTPROMPT, GITHUB, LANGFUSE, PROMPTY_1
from tests.exchange.importers.test_promptfoo import CONFIG
from tests.support.examples import examples
from tests.support.inspect_logs import log
from workbench.actions.releasing.importing import read_source
from workbench.errors import WorkbenchError
from workbench.exchange.forms.promptfoo_csv import read_tests

EXAMPLES = examples(25) if settings().derandomize else 400
OPENAI_PROMPT = {
    "openai_prompt_id": "pmpt_1",
    "production_version": "1",
    "versions": [
        {
            "version": "1",
            "messages": [{"role": "user", "content": [{"type": "input_text", "text": "{{x}}"}]}],
            "config": {
                "model": "gpt-5",
                "reasoning": {"effort": "low"},
                "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
                "text": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
            },
        }
    ],
}
MANIFEST = {
    "lc": 1,
    "id": ["langchain", "prompts", "chat", "ChatPromptTemplate"],
    "kwargs": {
        "messages": [
            {
                "lc": 1,
                "id": ["a", "HumanMessagePromptTemplate"],
                "kwargs": {
                    "prompt": {"kwargs": {"template": "{x}", "template_format": "f-string"}}
                },
            }
        ]
    },
}
RESULT = {
    "run_id": "r",
    "data_source_idx": 0,
    "item": {"q": "x"},
    "sample": {"outputs": [{"role": "assistant", "content": "y"}], "token_usage": {}},
    "grades": {"same": 1.0},
    "passes": {"same": True},
}
LLM = {"name": "x", "prompt": "$a", "system": "b", "defaults": {"a": "1"}, "options": {"seed": 1}}


def front_of(text: str) -> tuple[Any, str]:
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


# Each document, what its file is called, and how it is written.
DOCUMENTS: dict[str, tuple[Any, Any]] = {
    "langfuse.json": (LANGFUSE, json.dumps),
    "prompt.json": (OPENAI_PROMPT, json.dumps),
    "manifest.json": (MANIFEST, json.dumps),
    "eval.json": (dump(check("eq", "{{item.label}}"), check("like", "a")), json.dumps),
    "rows.jsonl": ({"input": [{"role": "user", "content": "a"}], "ideal": "b"}, json.dumps),
    "results.jsonl": (RESULT, json.dumps),
    "inspect.json": (log(), json.dumps),
    "x.prompt.yml": (yaml.safe_load(GITHUB), yaml.safe_dump),
    "llm.yaml": (LLM, yaml.safe_dump),
    "promptfooconfig.yaml": (yaml.safe_load(CONFIG), yaml.safe_dump),
    "a.prompt": (
        front_of(DOTPROMPT),
        lambda parts: f"---\n{yaml.safe_dump(parts[0])}---\n{parts[1]}",
    ),
    "b.prompty": (
        front_of(PROMPTY_1),
        lambda parts: f"---\n{yaml.safe_dump(parts[0])}---\n{parts[1]}",
    ),
}
ODD = st.sampled_from(
    [None, True, 0, -1.5, 10**30, "", "x", "\u0000", "{{", "{% x", "{{x", "../../x", "a\nb", [], {}]
) | st.sampled_from([[None], [[]], {"": None}, {"x": []}, ["x", 1], "file:///etc/passwd", "1.2.3"])


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, (list, tuple)) else items
    for key, inner in items:
        yield from places(inner, (*at, key))


def changed(document: Any, at: tuple[Any, ...], odd: Any) -> Any:
    if not at:
        return odd
    made = list(document) if isinstance(document, tuple) else copy.copy(document)
    made[at[0]] = changed(made[at[0]], at[1:], odd)
    return made


@pytest.mark.parametrize("name", DOCUMENTS)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_document_with_anything_anywhere_is_read_or_refused_in_one_line(
    tmp_path: Path, name: str, data: st.DataObject
) -> None:
    document, written = DOCUMENTS[name]
    keeps_top = name.endswith((".prompt", ".prompty"))
    inside = [at for at in places(document) if not keeps_top or (at and at != (1,))]
    at = data.draw(st.sampled_from(inside))
    odd = data.draw(ODD)
    path = tmp_path / name
    path.write_text(written(changed(document, at, odd)), encoding="utf-8")
    try:
        brought = read_source(path)
    except WorkbenchError as error:
        assert "\n" not in str(error)
    else:
        assert brought.prompts or brought.suites


@given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), max_size=3))
def test_any_cells_of_promptfoos_tests_are_read_or_refused(rows: list[list[str]]) -> None:
    head = "q,__expected,__threshold\n"
    lines = "".join(",".join(json.dumps(cell) for cell in row) + "\n" for row in rows)
    try:
        list(read_tests(head + lines, "tests.csv"))
    except WorkbenchError as error:
        assert "\n" not in str(error)
