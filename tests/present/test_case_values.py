"""The values of a case as a reader sees them."""

from __future__ import annotations

import base64
import json

import pytest

from tests.support.pictures import png
from workbench.datasets.values import Case
from workbench.present.case_values import readable, readable_inputs
from workbench.prompts.files.untyped import UntypedText
from workbench.prompts.inputs.media import attach

TALK = [{"role": "user", "content": "hi\nuser: no"}, {"role": "assistant", "content": "hello"}]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        ("text", "text"),
        (UntypedText("1.50"), "1.50"),
        (True, "true"),
        ({"a": [1]}, '{"a": [1]}'),
        (TALK, "user:\n  hi\n  user: no\nassistant:\n  hello"),
        ([{"role": "user"}], '[{"role": "user"}]'),
        ([], "[]"),
        (attach("a/b.png", png(), "image"), "a/b.png · PNG · 2 x 3 · 73 bytes"),
        (json.loads(json.dumps(attach("", png(), "image"))), "inline · PNG · 2 x 3 · 73 bytes"),
        ("https://example.com/a.png", "https://example.com/a.png"),
    ],
)
def test_a_value_is_shown_as_what_it_is(value: object, shown: str) -> None:
    assert readable(value) == shown


def test_a_data_uri_is_cut() -> None:
    uri = "data:image/png;base64," + base64.b64encode(png()).decode()
    assert readable(uri) == f"{uri[:40]}… {len(uri)} characters"


def test_what_tools_say_stands_with_the_inputs() -> None:
    case = Case("1", {"q": "x"}, tool_results={"weather": "rain"})
    assert readable_inputs(case) == {"q": "x", "tool results": '{"weather": "rain"}'}
