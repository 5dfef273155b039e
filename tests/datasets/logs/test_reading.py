"""Inputs are read from logs: rows of other tools, and traces of two conventions."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.logs.reading import logged_cases
from workbench.datasets.logs.unrender import unrendered
from workbench.errors import DatasetError
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Input, Message, Prompt

PROMPT = Prompt(
    "triage",
    (
        Message("system", "Route it for {{ team }}."),
        Message("user", "Ticket:\n{{ ticket }}\n\nAnswer."),
    ),
    inputs=(Input("ticket"), Input("team", required=False, default="support")),
)
SENT = [
    {"role": "system", "parts": [{"type": "text", "content": "Route it for sales."}]},
    {"role": "user", "parts": [{"type": "text", "content": "Ticket:\nhelp\nme\n\nAnswer."}]},
]
READ = {"ticket": "help\nme", "team": "sales"}


def read(path: Path, *rows: Any, name: str = "log.jsonl", **columns: str) -> list[dict[str, Any]]:
    file = path / name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return [dict(case.inputs) for case in logged_cases(file, (PROMPT,), columns).cases]


def otlp(attributes: dict[str, str]) -> dict[str, Any]:
    listed = [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]
    return {"resourceSpans": [{"scopeSpans": [{"spans": [{"attributes": listed}]}]}]}


@pytest.mark.parametrize(
    "row",
    [
        {"ticket": "help\nme", "team": "sales", "user": 7, "at": "10:00"},
        {"inputs": {"ticket": "help\nme", "team": "sales"}, "output": "x"},
        {"item": READ, "sample": {"output_text": "x"}},
        {"vars": READ},
        {"input": READ},
        otlp({"gen_ai.input.messages": json.dumps(SENT)}),
        otlp(
            {
                "gen_ai.system_instructions": json.dumps(SENT[0]["parts"]),
                "gen_ai.input.messages": json.dumps(SENT[1:]),
                "gen_ai.prompt.name": "triage",
            }
        ),
        otlp({"llm.prompt_template.variables": json.dumps(READ)}),
        {"name": "chat", "attributes": {"llm.prompt_template.variables": json.dumps(READ)}},
        {"attributes": {"llm": {"prompt_template": {"variables": READ}}}},
        {"attributes.llm.prompt_template.variables": READ},
        {
            "attributes": {
                "openinference.span.kind": "LLM",
                "llm.input_messages.0.message.role": "system",
                "llm.input_messages.0.message.content": "Route it for sales.",
                "llm.input_messages.1.message.role": "user",
                "llm.input_messages.1.message.content": "Ticket:\nhelp\nme\n\nAnswer.",
            }
        },
    ],
    ids=lambda row: next(iter(row)),
)
def test_the_same_inputs_are_read_from_every_form(tmp_path: Path, row: Any) -> None:
    assert read(tmp_path, row) == [READ]


def test_a_request_of_traces_may_stand_alone_in_a_json_file(tmp_path: Path) -> None:
    row = otlp({"gen_ai.input.messages": json.dumps(SENT)})
    assert read(tmp_path, row, name="trace.json") == [READ]


def test_an_input_that_was_asked_twice_is_one_case_and_columns_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("when,message\n1,a\n2,a\n3,b\n")
    cases = logged_cases(tmp_path / "log.csv", (PROMPT,), {"ticket": "message"}).cases
    assert [case.inputs["ticket"] for case in cases] == ["a", "b"]
    assert len({case.id for case in cases}) == 2


def test_spans_of_other_prompts_and_other_templates_are_left_out_with_a_note(
    tmp_path: Path,
) -> None:
    other = otlp({"gen_ai.input.messages": json.dumps(SENT), "gen_ai.prompt.name": "refund"})
    strange = otlp({"gen_ai.input.messages": json.dumps([{"role": "user", "content": "hello"}])})
    tool = otlp({"gen_ai.operation.name": "execute_tool"})
    good = otlp({"gen_ai.input.messages": json.dumps(SENT)})
    file = tmp_path / "log.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in (other, strange, tool, good)))
    dataset = logged_cases(file, (PROMPT,))
    assert [dict(case.inputs) for case in dataset.cases] == [READ]
    assert any("1 span of other prompts" in note for note in dataset.notes)
    assert any("1 span whose messages" in note for note in dataset.notes)
    with pytest.raises(DatasetError, match=r"0 inputs: 1 span of other prompts"):
        read(tmp_path, other)


def test_a_row_without_an_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"log.jsonl: line 2: no input 'ticket'"):
        read(tmp_path, {"ticket": "a"}, {"tickets": "b"})


@given(st.text(), st.text(alphabet="ab {}%\n"))
def test_what_is_read_back_gives_the_same_messages(ticket: str, team: str) -> None:
    renderer = Renderer(PROMPT)
    sent = [(m.role, m.content) for m in renderer.render({"ticket": ticket, "team": team})]
    values = unrendered(PROMPT, sent)
    if values is not None:  # texts are stripped, and line ends folded
        again = [(m.role, m.content) for m in renderer.render(values)]
        assert [text.split() for _, text in again] == [text.split() for _, text in sent]


def test_a_template_that_does_more_than_place_inputs_is_not_read_back() -> None:
    prompt = Prompt("p", (Message("user", "{% if x %}{{ x }}{% endif %}"),), inputs=(Input("x"),))
    assert unrendered(prompt, [("user", "hello")]) is None


def test_a_hostile_text_is_read_in_little_time() -> None:
    places = "".join(f"{{{{ x{n} }}}}a" for n in range(20))
    prompt = Prompt("p", (Message("user", places + "b"),))
    begun = time.process_time()
    unrendered(prompt, [("user", "a" * 200_000)])
    assert time.process_time() - begun < 1.0
