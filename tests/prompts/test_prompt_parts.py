"""Round trips of snippets, slots and examples through every form that a prompt has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.prompts.parts import given_inputs, histories, hostile, prompts, same_source
from tests.support.examples import examples
from workbench.exchange.losses import part_losses
from workbench.exchange.targets.prompty import KIND
from workbench.prompts.codec import prompt_to_json
from workbench.prompts.files.prompty import parse_prompty, write_prompty
from workbench.prompts.flat import flattened
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import PARTS_REVISION, Prompt
from workbench.registry.models.artefact import body_of, prompt_of
from workbench.runs.store.rows import prompt_content, read_prompt


def sent(prompt: Prompt, inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [message.sent() for message in Renderer(prompt).render(inputs)]


@settings(max_examples=examples(25))
@given(prompts())
def test_a_draft_is_read_back_as_it_was_written(prompt: Prompt) -> None:
    again = parse_prompty(write_prompty(prompt))
    assert again.fingerprint == prompt.fingerprint
    assert same_source(again) == same_source(prompt)


@settings(max_examples=examples(25))
@given(prompts())
def test_registry_and_runs_give_it_back_and_0_1_0_refuses_it(prompt: Prompt) -> None:
    assert prompt_of("parts", "", body_of(prompt)) == prompt
    stored = json.loads(json.dumps(prompt_content(prompt)))
    assert read_prompt(stored) == prompt
    # 0.1.0 knows two words, and takes a key that it does not know for absent.
    assert prompt_to_json(prompt)["template"] not in ("jinja2", "braces")


@settings(max_examples=examples(25))
@given(prompts(), histories, hostile | st.none())
def test_without_its_parts_it_sends_the_same(
    prompt: Prompt, history: list[Mapping[str, Any]], mood: str | None
) -> None:
    inputs = given_inputs(history, mood)
    flat = flattened(prompt)
    assert sent(flat, inputs) == sent(prompt, inputs)
    exported = parse_prompty(write_prompty(flattened(prompt)))
    assert not exported.snippets
    assert exported.examples is None
    assert sent(exported, inputs) == sent(prompt, inputs)


@settings(max_examples=examples(25))
@given(prompts(), histories, hostile)
def test_no_text_becomes_a_message(
    prompt: Prompt, history: list[Mapping[str, Any]], mood: str
) -> None:
    rows = len(prompt.examples.rows) if prompt.examples else 0
    slots = [message.content for message in prompt.messages if message.role == "slot"]
    plain = len(prompt.messages) - len(slots)
    expected = plain + slots.count("history") * len(history) + slots.count("examples") * 2 * rows
    assert len(sent(prompt, given_inputs(history, mood))) == expected


def test_an_export_names_what_it_loses() -> None:
    from workbench.exchange.targets.base import Export
    from workbench.prompts.values import SLOT, ExampleSet, Input, Message

    prompt = Prompt(
        "p",
        (Message("user", '{% include "tone" %}{{ examples }}'), Message(SLOT, "history")),
        inputs=(Input("history", "messages"), Input("age", "integer", minimum=1)),
        revision=PARTS_REVISION,
        snippets={"tone": "Be kind."},
        examples=ExampleSet("{{ ticket }}", ({"inputs": {"ticket": "x"}},)),
    )
    losses = [*part_losses(prompt), *KIND.loses(Export(None, prompt))]  # type: ignore[arg-type]
    lost = [loss.what for loss in losses]
    assert lost == [
        "the snippets tone",
        "the few-shot examples as data",
        "the kind of the input history",
        "minimum of the input age",
    ]
