"""The parameters of a draft's tools are JSON Schema, or refused with their line."""

from __future__ import annotations

import pytest

from workbench.errors import DraftError
from workbench.prompts.files.prompty import parse_prompty

DRAFT = """\
---
name: weather
tools:
  - name: forecast
    parameters:
      type: object
      properties:
        city: {type: %s}
%s---
user:
Say the weather.
"""


def test_parameters_that_are_json_schema_are_kept() -> None:
    prompt = parse_prompty(DRAFT % ("string", "      required: [city]\n"))
    assert prompt.tools[0]["parameters"]["required"] == ["city"]


@pytest.mark.parametrize(
    ("kind", "more", "line", "word"),
    [
        ("text", "", 8, "text"),
        ("string", "      required: city\n", 9, "required"),
        ("string", "      additionalProperties: 3\n", 9, "additionalProperties"),
    ],
)
def test_parameters_that_are_none_are_refused_with_their_line(
    kind: str, more: str, line: int, word: str
) -> None:
    with pytest.raises(DraftError) as caught:
        parse_prompty(DRAFT % (kind, more))
    assert f"line {line} " in caught.value.message
    assert word in caught.value.message
    assert "parameters: {type: object" in caught.value.hint


@pytest.mark.parametrize("name", ["find order", "a\\\\nb", "ü", "", "x" * 129])
@pytest.mark.parametrize("form", ["name: {0}", "function: {{name: {0}}}"])
def test_a_name_that_no_endpoint_takes_is_refused_with_its_line(name: str, form: str) -> None:
    text = DRAFT % ("string", "")
    quoted = f'"{name}"'
    with pytest.raises(DraftError) as caught:
        parse_prompty(text.replace("name: forecast", form.format(quoted)))
    assert "line 4 " in caught.value.message or "name" in caught.value.message


def test_names_that_some_endpoint_takes_are_kept() -> None:
    for name in ("find_order", "find-order", "crm.find:order"):
        text = (DRAFT % ("string", "")).replace("forecast", name)
        assert parse_prompty(text).tools[0]["name"] == name
