"""`model.artifact` pins a model: part of the version where it is set, absent where it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workbench.errors import DraftError
from workbench.prompts.codec import prompt_from_json, prompt_to_json
from workbench.prompts.contract import Bump, changes, parameter_words
from workbench.prompts.files.prompty import read_draft, write_prompty
from workbench.prompts.values import Message, Model, Prompt

PROMPT = Prompt("p", (Message("user", "x"),), Model("m", "openai", {"temperature": 0}))
WEIGHTS = "sha256:" + "0a" * 32
PINS = [
    *(WEIGHTS, "models:/triage/3", "models:/triage@champion"),
    "arn:aws:sagemaker:eu-west-1:123456789012:model-package/g/3",
    "wandb-artifact://team/p/model:v3",
]


def pinned(artifact: str) -> Prompt:
    assert PROMPT.model
    return replace(PROMPT, model=replace(PROMPT.model, artifact=artifact))


def test_without_a_pin_fingerprint_and_body_are_those_of_before() -> None:
    plain = {"id": "m", "provider": "openai", "options": {"temperature": 0}}
    assert PROMPT.behaviour()["model"] == plain
    assert "artifact" not in prompt_to_json(PROMPT)["model"]
    assert "artifact" not in write_prompty(PROMPT)


@pytest.mark.parametrize("artifact", PINS)
def test_a_pin_survives_files_and_registry_and_is_part_of_the_fingerprint(
    artifact: str, tmp_path: Path
) -> None:
    prompt = pinned(artifact)
    assert prompt.fingerprint != PROMPT.fingerprint
    assert prompt_from_json("p", prompt_to_json(prompt)) == prompt
    path = tmp_path / "p.prompty"
    path.write_text(write_prompty(prompt))
    assert read_draft(path).prompt.model == prompt.model


@pytest.mark.parametrize(
    "artifact", ["sha256:ab", f"{WEIGHTS}0", "https://x/y", "triage", "", "[a]", "7"]
)
def test_what_pins_no_model_is_refused_with_its_line(artifact: str, tmp_path: Path) -> None:
    path = tmp_path / "p.prompty"
    text = write_prompty(pinned(PINS[1])).replace(PINS[1], artifact or '""')
    path.write_text(text)
    with pytest.raises(DraftError, match=r"line \d+ model.artifact") as refused:
        read_draft(path)
    assert "models:/NAME/3" in refused.value.hint


def test_another_pin_is_a_minor_change() -> None:
    (change,) = changes(PROMPT, pinned(PINS[1]))
    assert (change.bump, change.reason) == (
        Bump.MINOR,
        "another model is pinned: none → models:/triage/3",
    )


def test_parameters_that_changed_are_named_with_old_and_new() -> None:
    assert PROMPT.model
    model = Model("m", "openai", {"temperature": 1, "seed": 7})
    assert parameter_words(PROMPT.model, model) == "seed none → 7, temperature 0 → 1"
