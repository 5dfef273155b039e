"""One check of typed inputs, with the same words in datasets, `try`, forms and apps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.pictures import png
from workbench.datasets.fit import check_fit, checked_inputs
from workbench.datasets.values import Case
from workbench.errors import DatasetError, PromptInputError, TemplateError, UsageError
from workbench.prompts.files.untyped import UntypedText
from workbench.prompts.inputs.checks import misfit
from workbench.prompts.values import PARTS_REVISION, Input, Message, Prompt
from workbench.registry.models.values import PromptVersion
from workbench.tui.draft.inputs_form import values_of

WRONG: list[tuple[Input, Any, str]] = [
    (Input("x", "integer"), "two", "is 'two', and a whole number is needed"),
    (Input("x", "integer"), 2.5, "is 2.5, and a whole number is needed"),
    (Input("x", "integer"), True, "is True, and a whole number is needed"),
    (Input("x", "number"), "1,5", "is '1,5', and a number is needed"),
    (Input("x", "boolean"), "yes", "is 'yes', and true or false is needed"),
    (Input("x", "array"), {"a": 1}, "is {'a': 1}, and a JSON list is needed"),
    (Input("x", "object"), [1], "is [1], and a JSON object is needed"),
    (Input("x", "integer", minimum=1), 0, "is 0, and at least 1 is needed"),
    (Input("x", "number", maximum=0.5), 0.75, "is 0.75, and at most 0.5 is allowed"),
    (Input("x", enum=("a", "b")), "c", "is 'c', and one of 'a', 'b' is needed"),
    (Input("x", "integer", enum=(1, 2)), 3, "is 3, and one of 1, 2 is needed"),
    (Input("x", "messages"), "hi", "is 'hi', and a list of {role, content} is needed"),
    (Input("x", "messages"), [{"role": "x"}], "has a message 1 of role 'x'"),
    (Input("x", "image"), "cat.png", "is 'cat.png', and a PNG, JPEG, GIF or WebP image is needed"),
]
RIGHT: list[tuple[Input, Any]] = [
    (Input("x"), 5),
    (Input("x", enum=("5",)), 5),
    (Input("x", "integer", minimum=1, maximum=3), 1),
    (Input("x", "integer"), 2.0),
    (Input("x", "number", minimum=0), 0),
    (Input("x", "array"), []),
    (Input("x", "integer", enum=(0,)), 0),
    (Input("x", "image"), png()),
    (Input("x", "image"), "https://example.com/a.png"),
    (Input("x", "integer"), None),
]


def prompt_of(item: Input) -> Prompt:
    slot = item.kind == "messages"
    text = (Message("slot", "x"), Message("user", "q")) if slot else (Message("user", "{{ x }}"),)
    return Prompt("p", text, inputs=(item,), revision=PARTS_REVISION)


@pytest.mark.parametrize(("item", "value", "words"), WRONG)
def test_the_words_are_the_same_everywhere(item: Input, value: Any, words: str) -> None:
    assert words in misfit(item, value)
    prompt = prompt_of(item)
    case = Case("1", {"x": value})
    with pytest.raises(DatasetError) as in_dataset:
        check_fit(prompt, [case], lambda _case: "cases.jsonl: line 1")
    with pytest.raises(TemplateError) as tried:
        checked_inputs(prompt, case.inputs)
    with pytest.raises(PromptInputError) as in_app:
        PromptVersion.of(prompt, "1.0.0").messages(x=value)
    assert in_dataset.value.message.startswith("cases.jsonl: line 1: case '1': x ")
    for error in (in_dataset.value, tried.value, in_app.value):
        assert f"x {words}" in error.message and error.hint == f"its kind is {item.kind}"


@pytest.mark.parametrize(("item", "value", "words"), [w for w in WRONG if isinstance(w[1], str)])
def test_a_cell_and_a_form_use_these_words_too(item: Input, value: str, words: str) -> None:
    prompt = prompt_of(item)
    with pytest.raises(DatasetError, match=r".") as in_file:
        check_fit(prompt, [Case("1", {"x": UntypedText(value)})], lambda _case: "a.csv: line 2")
    assert f"x {words}" in in_file.value.message or item.kind in ("messages",)
    if item.kind not in ("image", "messages"):
        with pytest.raises(UsageError) as in_form:
            values_of([item], {"x": value})
        assert f"x {words}" in in_form.value.message


@pytest.mark.parametrize(("item", "value"), RIGHT)
def test_what_fits_is_taken_everywhere(item: Input, value: Any) -> None:
    assert misfit(item, value) == ""
    prompt = prompt_of(item)
    check_fit(prompt, [Case("1", {"x": value})], lambda _case: "w")
    assert PromptVersion.of(prompt, "1.0.0").messages(x=value)


def test_a_cell_is_converted_before_its_limits_are_checked() -> None:
    prompt = prompt_of(Input("x", "integer", minimum=2, enum=(2, 30)))
    check_fit(prompt, [Case("1", {"x": UntypedText("30")})], lambda _case: "w")
    with pytest.raises(DatasetError, match="x is 1, and one of 2, 30 is needed"):
        check_fit(prompt, [Case("1", {"x": UntypedText("1")})], lambda _case: "w")


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(misfit(Input("x", "integer"), "y" * 10_000)) < 120
