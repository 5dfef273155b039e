"""The names of draft files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DraftError
from workbench.prompts.files.prompty import read_draft
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


@pytest.mark.parametrize(
    ("stem", "problem"),
    [("@x", "no prompt before the @"), ("p@", "no variant after the @"), ("@", "no variant")],
)
def test_a_file_name_with_half_of_a_variant_is_refused_with_a_remedy(
    tmp_path: Path, stem: str, problem: str
) -> None:
    path = tmp_path / f"{stem}{SUFFIX}"
    path.write_text("---\nname: p\n---\nuser:\nHello\n")
    with pytest.raises(DraftError) as refused:
        read_draft(path)
    assert refused.value.message.startswith(f"{path}: its name has {problem}")
    assert refused.value.hint == "rename the file: NAME.prompty, or NAME@VARIANT.prompty"


def test_the_own_name_of_a_draft_is_that_of_its_front_matter() -> None:
    assert own_name("\ufeff---\r\nname: a\r\n---\r\nuser:\r\nname: b\r\n", "x") == "a"
    assert own_name("user:\nHello\n", "x") == ""
    with pytest.raises(DraftError):
        own_name("---\nname: [\n---\n", "x")
