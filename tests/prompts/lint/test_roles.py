"""Role markers that are none, and text before the first one, are told."""

from __future__ import annotations

import pytest

from workbench.prompts.lint.roles import meant_role
from workbench.tui.draft.checks import check

HEAD = "---\nname: p\nmodel: {id: m, provider: local}\n---\n"


def problems_of(body: str) -> list[str]:
    return [f"{p.line}: {p.text}" for p in check(HEAD + body, "p").problems]


def test_a_broken_marker_is_reported_on_its_line() -> None:
    (problem,) = problems_of("zzsystem:\nBe brief.\n\nuser:\nHello\n")
    assert problem.startswith("5: 'zzsystem:' is no role marker (system: is)")


def test_text_before_the_first_marker_is_reported() -> None:
    assert problems_of("Be brief.\n\nuser:\nHello\n") == [
        "5: text before the first role marker goes to system"
    ]


def test_text_without_any_marker_is_told_to_have_no_message_of_the_user() -> None:
    assert problems_of("\nBe brief.\n") == [
        "6: without a role marker all text is one system message: no message is of the user, which"
        " many endpoints refuse"
    ]


def test_a_prompt_with_good_markers_has_nothing_to_mend() -> None:
    assert problems_of("user:\nBe brief.\n") == []
    assert problems_of("System :\nBe brief.\n\n# user:\nusers: two\nList:\nOutput:\n") == []


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("sytem:", "system"),
        ("system;", "system"),
        ("user", "user"),
        ("**user:**", "user"),
        ("## assistant", "assistant"),
        ("asistant:", "assistant"),
        ("systems:", "system"),
        ("user:", ""),
        ("abuser:", ""),
        ("Rules:", ""),
        ("Tools and users", ""),
        ("<user>", ""),
        ("user: hello", ""),
    ],
)
def test_a_line_of_its_own_is_compared_with_the_roles(line: str, role: str) -> None:
    assert meant_role(line) == role
