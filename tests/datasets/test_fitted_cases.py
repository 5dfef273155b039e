"""What a form writes into a dataset has the kinds of the prompt's inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pictures import png
from workbench.datasets.attachments import as_written, attached, media_kinds
from workbench.datasets.fit import fitted
from workbench.datasets.values import Case, Dataset
from workbench.datasets.writer import add_case
from workbench.errors import DatasetError, TemplateError
from workbench.prompts.values import PARTS_REVISION, Input, Message, Prompt

PROMPT = Prompt(
    "p",
    (Message("user", "{{ n }}{{ note }}{{ history }}{{ picture }}"),),
    inputs=(
        Input("n", "integer", maximum=9),
        Input("note"),
        Input("history", "messages", required=False),
        Input("picture", "image", required=False),
    ),
    revision=PARTS_REVISION,
)


def test_typed_text_becomes_what_the_kind_needs(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(png())
    history = '[{"role": "user", "content": "hi"}]'
    given = {"n": "7", "note": "7", "history": history, "picture": "cat.png"}
    written = fitted(PROMPT, Case("1", given), tmp_path)
    assert written.inputs == {
        "n": 7,
        "note": "7",
        "history": [{"role": "user", "content": "hi"}],
        "picture": "cat.png",
    }
    path = tmp_path / "cases.jsonl"
    path.write_text("")
    with pytest.raises(DatasetError, match="0 cases"):
        add_case(path, written)


def test_a_blank_optional_value_is_left_out(tmp_path: Path) -> None:
    given = {"n": "7", "note": "", "history": "", "picture": ""}
    assert fitted(PROMPT, Case("1", given), tmp_path).inputs == {"n": 7, "note": ""}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("n", "x", "n is 'x', and a whole number is needed"),
        ("n", "10", "n is 10, and at most 9 is allowed"),
        ("history", '[{"role": "bot", "content": "x"}]', "history has a message 1 of role 'bot'"),
        ("picture", "none.png", "picture 'none.png' is not there"),
    ],
)
def test_what_does_not_fit_is_refused_before_it_is_written(
    tmp_path: Path, name: str, value: str, words: str
) -> None:
    with pytest.raises((TemplateError, DatasetError)) as caught:
        fitted(PROMPT, Case("1", {"n": "1", "note": "", name: value}), tmp_path)
    assert words in caught.value.message


def test_a_case_with_attachments_is_written_with_their_names(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(png())
    case = Case("1", {"n": 1, "note": "", "picture": "cat.png"})
    dataset = Dataset("d", (case,), str(tmp_path / "cases.jsonl"))
    held = attached(dataset, media_kinds([PROMPT]))
    assert held.fingerprint != dataset.fingerprint
    assert as_written(held.cases[0]) == case
    assert attached(dataset, {}) is dataset
