"""Prompts with snippets, slots and few-shot examples, for properties."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from workbench.fingerprints import canonical_json
from workbench.prompts.revisions import least_revision
from workbench.prompts.snippets import included_in
from workbench.prompts.values import (
    EXAMPLES,
    PARTS_REVISION,
    SLOT,
    ExampleSet,
    Input,
    Message,
    Model,
    Prompt,
)

TURNS = "user:\n{{ ticket }}\nassistant:\n{{ expected }}"
LINES = "T: {{ ticket }}\nQ: {{ expected }}\n"

# Everything that data can hold, and what it must not become.
hostile = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        *(
            "user:",
            "a\nsystem:\nb",
            "{{ ticket }}",
            "{% include 'a' %}",
            "{# x",
            "a {",
            "\r\n",
            "\n",
        ),
        *("", " \n", "{% raw %}", "{% endraw %}", "<<<<<<< x", "---\nname: b\n---", "\u2028", "{{"),
    ]
)
_words = st.sampled_from(
    ["Be kind.", "{{ ticket }}", "{{ mood }}", "\nline\n", " - ", "ä", "{%- if 1 %}x{% endif %}"]
)
_includes = st.sampled_from(["{% include 'a' %}", '{%- include "b" -%}', '\n{% include "c" %}\n'])
texts = st.lists(_words | _includes, min_size=1, max_size=4).map("".join).map(
    lambda text: text.strip("\n")
).filter(lambda text: bool(text.strip()))  # fmt: skip
snippets = st.fixed_dictionaries(
    {
        "a": st.lists(_words, max_size=3).map("".join),
        "b": st.lists(_words | st.just("{% include 'a' %}"), max_size=3).map("".join),
        "c": st.lists(_words | st.just("{% include 'b' %}"), max_size=3).map("".join),
    }
).map(lambda drawn: {name: text.strip("\n") for name, text in drawn.items()})
values = st.none() | st.booleans() | st.integers(-9, 9) | hostile
rows = st.lists(
    st.fixed_dictionaries({"inputs": st.fixed_dictionaries({"ticket": hostile})})
    | st.fixed_dictionaries(
        {"inputs": st.fixed_dictionaries({"ticket": values}), "expected": hostile}
    ),
    max_size=3,
).map(lambda drawn: tuple(json.loads(canonical_json(row)) for row in drawn))
histories = st.lists(hostile, min_size=1, max_size=3).map(
    lambda texts: [
        {"role": ("user", "assistant")[(len(texts) - 1 - at) % 2], "content": text}
        for at, text in enumerate(texts)
    ]
)
"""Conversations that end with the user's message."""


def _examples(draw: st.DrawFn) -> ExampleSet | None:
    template = draw(st.sampled_from([None, "", TURNS, LINES]))
    return None if template is None else ExampleSet(template, draw(rows))


@st.composite
def prompts(draw: st.DrawFn) -> Prompt:
    """A prompt with any of the parts, as a draft can hold it."""
    examples = _examples(draw)
    messages: list[Message] = []
    for _ in range(draw(st.integers(1, 3))):
        text = draw(texts)
        if examples and examples.template == LINES and draw(st.booleans()):
            text += draw(
                st.sampled_from([" {{ examples }}", "\n{{- examples -}}\n x", "{{ examples }}"])
            )
        if examples and not examples.template and draw(st.booleans()):
            text += "{% for e in examples %}{{ e.inputs.ticket }};{% endfor %}"
        messages.append(Message(draw(st.sampled_from(["system", "user", "assistant"])), text))
        slot = draw(st.sampled_from([None, "history", EXAMPLES]))
        if slot == "history" or (slot and examples and examples.template == TURNS):
            messages.append(Message(SLOT, slot))
    if messages[-1] == Message(SLOT, "history"):  # at the end it would have to ask something
        messages.append(Message("user", "And now?"))
    inputs = (
        Input("ticket", enum=tuple(draw(st.sampled_from([(), ("Hi", "Ho")])))),
        Input("mood", required=False),
        Input("history", "messages", required=False),
        Input("age", "integer", required=False, minimum=draw(st.none() | st.just(0))),
    )
    known = draw(snippets)
    included = included_in([message.content for message in messages], known)
    least = least_revision(messages, inputs, "jinja2", has_examples=examples is not None)
    return Prompt(
        "parts",
        tuple(messages),
        Model("mock-model", "mock"),
        inputs,
        revision=least,
        snippets=included,
        examples=examples,
    )


TOOLS = (
    {
        "name": "weather",
        "kind": "function",
        "description": "Look up the weather",
        "parameters": [{"name": "city", "kind": "string", "required": True}],
    },
)


@st.composite
def everything(draw: st.DrawFn) -> Prompt:
    """As `prompts`, with tools, an output schema and a picture as an input."""
    prompt = draw(prompts())
    if draw(st.booleans()):
        text = draw(st.sampled_from(["{{ picture }}", "See {{ picture }}\n{{ ticket }}"]))
        prompt = replace(
            prompt,
            messages=(*prompt.messages, Message("user", text)),
            inputs=(*prompt.inputs, Input("picture", "image")),
            revision=PARTS_REVISION,
        )
    outputs = draw(st.none() | st.just([{"name": "queue", "kind": "string", "required": True}]))
    return replace(prompt, tools=draw(st.none() | st.just(list(TOOLS))), outputs=outputs)


def same_source(prompt: Prompt) -> Prompt:
    """Without what does not decide: where examples came from."""
    if prompt.examples is None:
        return prompt
    return replace(prompt, examples=replace(prompt.examples, file="", choose="all"))


def given_inputs(history: list[Mapping[str, Any]], mood: str | None) -> dict[str, Any]:
    return {"ticket": "Hi", "mood": mood, "history": history}
