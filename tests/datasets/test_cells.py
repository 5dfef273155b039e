"""What a cell of text says as a value of an input's kind."""

from __future__ import annotations

import pytest

from workbench.datasets.cells import typed
from workbench.errors import DatasetError
from workbench.json_text import without_spelling
from workbench.prompts.kinds import fits


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "1.10", "1.10"),
        ("integer", "7", 7),
        ("integer", "7.0", 7),
        ("number", "-1.5e3", -1500.0),
        ("float", "2", 2),
        ("boolean", "True", True),
        ("boolean", " false ", False),
        ("array", '[1, "é"]', [1, "é"]),
        ("object", '{"a": null}', {"a": None}),
    ],
)
def test_a_cell_is_read_as_its_kind(kind: str, text: str, value: object) -> None:
    cell = typed(text, kind)
    assert cell == value
    assert type(without_spelling(cell)) is type(value)
    assert fits(kind, cell)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "7.5"),
        ("integer", "true"),
        ("number", "NaN"),
        ("number", "1e999"),
        ("boolean", "no"),
        ("boolean", "1"),
        ("array", "{}"),
        ("object", "[" * 99999),
    ],
)
def test_a_cell_of_another_kind_is_refused(kind: str, text: str) -> None:
    with pytest.raises(DatasetError, match="is needed"):
        typed(text, kind)


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("number", "100000000000000000000", "it takes more than 64 bits"),
        ("integer", "-9223372036854775809", "it takes more than 64 bits"),
        ("number", "1e999", "it takes more than 64 bits"),
        ("object", '{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ("array", "[1, NaN]", "NaN is refused"),
        ("array", "[1, 2", "column 6: "),
    ],
)
def test_the_reason_why_a_cell_is_no_value_is_said(kind: str, text: str, reason: str) -> None:
    with pytest.raises(DatasetError) as caught:
        typed(text, kind)
    assert f"is needed: {reason}" in caught.value.message
