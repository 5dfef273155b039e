"""The names of draft files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DraftError
from workbench.prompts.files.variants import file_name, name_problem, own_name, split_name
from workbench.prompts.values import SUFFIX

IDS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
NAMES = st.text(max_size=12)


@given(IDS, NAMES)
def test_a_file_name_gives_prompt_and_variant_back(prompt_id: str, variant: str) -> None:
    stem = file_name(prompt_id, variant).removesuffix(SUFFIX)
    assert split_name(stem) == (prompt_id, variant)


@given(NAMES)
def test_a_name_that_a_variant_can_have_is_no_version_and_no_path(name: str) -> None:
    if not name_problem(name):
        assert name.isascii()
        assert not {".", "/", "\\", "@", " ", ":"} & set(name)


def test_the_own_name_of_a_draft_is_that_of_its_front_matter() -> None:
    assert own_name("\ufeff---\r\nname: a\r\n---\r\nuser:\r\nname: b\r\n", "x") == "a"
    assert own_name("user:\nHello\n", "x") == ""
    with pytest.raises(DraftError):
        own_name("---\nname: [\n---\n", "x")
