"""The last of several names of models is completed, with or without its provider."""

from __future__ import annotations

import asyncio

import pytest

from workbench.tui.services.model_names import LastName

NAMES = LastName(["mock:gpt-x-mini", "mock:gpt-y", "llama"])


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("mock:gpt-y, ll", "mock:gpt-y, llama"),
        ("mo", "mock:gpt-x-mini"),
        ("gpt-y", None),
        ("gpt", "gpt-x-mini"),
        ("llama,", None),
        ("", None),
        ("zephyr", None),
    ],
)
def test_the_rest_of_a_known_name_is_proposed(typed: str, completed: str | None) -> None:
    assert asyncio.run(NAMES.get_suggestion(typed)) == completed
