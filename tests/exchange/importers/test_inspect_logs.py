"""Logs of inspect become a draft, a suite, and answers to be stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.inspect_logs import log, sample, write_eval, write_json
from workbench.actions.releasing.importing import read_source
from workbench.errors import DraftError, WorkbenchError
from workbench.providers.base import Outcome


def lost(brought: Any) -> str:
    return "\n".join(map(str, brought.losses))


def test_both_forms_of_a_log_bring_the_same(tmp_path: Path) -> None:
    as_json = read_source(write_json(tmp_path / "log.json", log()))
    packed = read_source(write_eval(tmp_path / "log.eval", log()))
    assert as_json.prompts == packed.prompts and as_json.suites == packed.suites
    assert list(as_json.runs[0].answers) == list(packed.runs[0].answers)
    (prompt,), (suite,), (run,) = packed.prompts, packed.suites, packed.runs
    assert [m.content for m in prompt.messages] == [
        "Answer with one queue.",
        "Ticket: {{ input }}\nQueue:",
    ]
    assert prompt.model is not None and prompt.model.id == "gpt-4o"
    assert prompt.model.options == {"temperature": 0, "maxOutputTokens": 8}
    assert suite.scorers == [
        {"contains": {"name": "includes", "ignore_case": True}},
        {"external": {"name": "graded", "by": "inspect"}},
    ]
    first, failed = run.answers[0], run.answers[2]
    assert (first.answer.text, first.answer.latency_s) == ("billing", 0.5)
    assert (first.answer.prompt_tokens, first.answer.completion_tokens) == (10, 2)
    assert first.scores == {"includes": 1.0, "graded": 0.75}
    assert failed.answer.outcome is Outcome.PROVIDER_ERROR
    assert "\n" not in failed.answer.error and "\x1b" not in failed.answer.error
    assert "the scorer graded" in lost(packed)


def test_epochs_become_repeats(tmp_path: Path) -> None:
    samples = [sample("a", "tech", "tech", epoch) for epoch in (1, 2)]
    brought = read_source(write_json(tmp_path / "log.json", log(samples)))
    assert brought.suites[0].run == {"repeats": 2} and len(brought.suites[0].rows) == 1
    assert [(one.case_id, one.repeat) for one in brought.runs[0].answers] == [("a", 0), ("a", 1)]


def test_conversations_that_differ_become_an_input_of_their_own(tmp_path: Path) -> None:
    other = sample("b", "tech", "tech")
    other["messages"][0]["content"] = "Be brief."
    brought = read_source(
        write_json(tmp_path / "log.json", log([sample("a", "tech", "tech"), other]))
    )
    assert [m.role for m in brought.prompts[0].messages] == ["slot"]
    rows = brought.suites[0].rows
    assert rows[1]["inputs"]["conversation"][0] == {"role": "system", "content": "Be brief."}


def test_what_stands_for_long_texts_is_put_back(tmp_path: Path) -> None:
    one = sample("a", "tech", "tech", attachments={"h1": "tech at length"})
    one["output"]["choices"][0]["message"]["content"] = "attachment://h1"
    brought = read_source(write_json(tmp_path / "log.json", log([one])))
    assert brought.runs[0].answers[0].answer.text == "tech at length"


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("max_tokens", Outcome.TRUNCATED),
        ("content_filter", Outcome.FILTERED),
        ("tool_calls", Outcome.TOOL_CALL),
    ],
)
def test_an_answer_keeps_how_it_ended(tmp_path: Path, reason: str, outcome: Outcome) -> None:
    one = sample("a", "tech", "tech")
    one["output"]["choices"][0]["stop_reason"] = reason
    brought = read_source(write_json(tmp_path / "log.json", log([one])))
    assert brought.runs[0].answers[0].answer.outcome is outcome


def test_a_log_that_never_ended_brings_what_it_has(tmp_path: Path) -> None:
    content = {k: v for k, v in log().items() if k != "status"}
    brought = read_source(write_eval(tmp_path / "log.eval", content, "_journal/start.json"))
    assert len(brought.runs[0].answers) == 4
    assert "the end of the evaluation, which is started" in lost(brought)


def test_images_and_agents_are_listed(tmp_path: Path) -> None:
    picture = sample("p", "tech", "tech")
    picture["messages"][1]["content"] = [{"type": "image", "image": "data:x"}]
    agent = sample("a", "tech", "tech")
    agent["messages"] += [
        {"role": "tool", "content": "42"},
        {"role": "assistant", "content": "tech"},
    ]
    brought = read_source(write_json(tmp_path / "log.json", log([picture, agent])))
    assert [one.case_id for one in brought.runs[0].answers] == ["a"]
    assert "1 samples (p)" in lost(brought) and "the turns after the first answer" in lost(brought)


def _no_json(path: Path) -> None:
    write_eval(path, log())
    path.write_bytes(path.read_bytes()[:-40])


def _twice(path: Path) -> None:
    write_eval(path, log([sample("a", "x", "x"), {**sample("a", "y", "x"), "uuid": "2"}]))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("spoil", [_no_json, lambda path: path.write_bytes(b"PK\x03\x04" * 9)])
def test_a_broken_log_gives_one_error(tmp_path: Path, spoil: Any) -> None:
    path = tmp_path / "log.eval"
    spoil(path)
    with pytest.raises(DraftError, match=r"log\.eval is no whole zip file") as caught:
        read_source(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "samples",
    [
        [],
        [{**sample("a", "x", "x"), "epoch": 0}],
        [sample("a", "x", "x"), sample("a", "y", "x")],
        [{"id": "a", "epoch": 1, "input": None}],
        ["text"],
    ],
)
def test_samples_that_are_none_give_one_error(tmp_path: Path, samples: Any) -> None:
    with pytest.raises(WorkbenchError) as caught:
        read_source(write_json(tmp_path / "log.json", log(samples)))
    assert "\n" not in str(caught.value)
