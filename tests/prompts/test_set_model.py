"""Another model in a draft's text, and every other character as it was."""

from __future__ import annotations

import pytest

from workbench.errors import DraftError
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.files.set_model import set_model

BODY = "---\nsystem:\nHello {{ name }}\n"


@pytest.mark.parametrize(
    ("front", "changed"),
    [
        (
            "model:\n  # which\n  id: x  # old\n  provider: y\n  options: {seed: 0}\n",
            "model:\n  # which\n  id: new  # old\n  provider: mine\n  options: {seed: 0}\n",
        ),
        ("model: {id: x, provider: y}\n", "model: {id: new, provider: mine}\n"),
        ("model: {id: x}\n", "model: {provider: mine, id: new}\n"),
        ("model:\n  id: 'x'\nname: a\n", "model:\n  provider: mine\n  id: new\nname: a\n"),
        ("name: a\n", "model: {id: new, provider: mine}\nname: a\n"),
        (
            "model: {options: {id: 3}, id: x}\n",
            "model: {provider: mine, options: {id: 3}, id: new}\n",
        ),
    ],
)
def test_only_the_model_changes(front: str, changed: str) -> None:
    text = set_model(f"---\n{front}{BODY}", "new", "mine", "a.prompty")
    assert text == f"---\n{changed}{BODY}"


@pytest.mark.parametrize("name", ["m:1", "a b", "true", "models/x@1", 'q"', "1.5", "ü"])
def test_any_name_reads_back(name: str) -> None:
    for before in ("model: {id: x}\n", "model:\n  id: x\n", "name: a\n"):
        model = parse_prompty(
            set_model(f"---\n{before}{BODY}", name, "p", "w"), default_id="d"
        ).model
        assert model is not None and (model.id, model.provider) == (name, "p")


def test_a_text_without_front_matter_gets_one() -> None:
    text = set_model("Hello {{ name }}\n", "m", "p", "w")
    assert text == "---\nmodel: {id: m, provider: p}\n---\nHello {{ name }}\n"


def test_what_is_no_draft_is_refused() -> None:
    with pytest.raises(DraftError):
        set_model("---\n- a\n---\nx", "m", "p", "w")
