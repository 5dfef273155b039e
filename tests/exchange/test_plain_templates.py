"""Templates as text and slots: what they say renders the same, and all else is found."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import TemplateError
from workbench.exchange.plain_templates import Slot, as_jinja, quoted, read_templates, rereads
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import BRACES, Input, Message, Prompt

MUSTACHE = re.compile(r"\{\{\s*([a-z]\w*)\s*\}\}")
_PIECES = (
    *("{", "{{", "}}", "}", "%}", "#}", "{%", "{#", "a", "\n", " ", "'", '"', "-"),
    *("{{ x }}", "{{- y -}}", "{# c #}", "{% raw %}{{ x }}{% endraw %}", "{{ 7 }}", "{{ 'q' }}"),
)
TEXTS = st.lists(st.sampled_from(_PIECES), max_size=9).map("".join)


def prompt_of(*templates: str, template_format: str = "jinja2") -> Prompt:
    return Prompt(
        "p",
        tuple(Message("user", template) for template in templates),
        inputs=(Input("x"), Input("y")),
        template_format=template_format,
    )


@given(TEXTS, st.sampled_from(["jinja2", BRACES]))
def test_text_and_slots_say_what_the_template_renders(template: str, template_format: str) -> None:
    prompt = prompt_of(template, template_format=template_format)
    values = {"x": "<X {{ y }}>", "y": "<Y>"}
    messages, features = read_templates(prompt)
    try:
        [rendered] = Renderer(prompt).render(values)
    except TemplateError:
        assert features or template_format == BRACES or not prompt.messages[0].content
        return
    if not features:
        parts = messages[0].parts
        filled = "".join(values[p.name] if isinstance(p, Slot) else p for p in parts)
        assert filled == rendered.content


@given(TEXTS)
def test_a_quoted_text_renders_to_itself(text: str) -> None:
    [rendered] = Renderer(prompt_of(quoted(text))).render({"x": "1", "y": "2"})
    assert rendered.content == text


@given(TEXTS)
def test_another_engines_template_becomes_one_of_jinja(text: str) -> None:
    [rendered] = Renderer(prompt_of(as_jinja(text, MUSTACHE))).render(
        {name: f"<{name}>" for name in ("x", "y")}
    )
    assert rendered.content == MUSTACHE.sub(lambda slot: f"<{slot[1]}>", text)


@pytest.mark.parametrize(
    ("template", "feature"),
    [
        ("a\n{% for i in x %}{{ i }}{% endfor %}", "line 2: a loop"),
        ("{% if x %}a{% endif %}", "line 1: a condition"),
        ("{{ x | upper }}", "line 1: the filter upper"),
        ("{{ x.name }}", "line 1: a part of an input"),
        ("{{ x['name'] }}", "line 1: a part of an input"),
        ("{{ x or y }}", "line 1: an expression"),
        ("{{ range(3) }}", "line 1: a call"),
        ("{% set z = x %}{{ z }}", "line 1: an assignment"),
        ("{% include 'rules' %}", "line 1: an included text"),
        ("{{ examples }}", "line 1: few-shot examples"),
        ("{{ x", "line 1: it does not compile"),
    ],
)
def test_what_is_more_than_text_and_slots_is_found_with_its_place(
    template: str, feature: str
) -> None:
    _, features = read_templates(prompt_of("fine {{ x }}", template))
    assert f"message 2 (user), {feature}" in "; ".join(map(str, features))


def test_a_text_that_another_engine_reads_otherwise_is_noticed() -> None:
    [message], _ = read_templates(prompt_of("{% raw %}{{{% endraw %}{{ x }} {{ '{{y}}' }}"))
    assert not rereads(message.text(), message.parts, MUSTACHE)
    [message], _ = read_templates(prompt_of("a {{ x }} {b}"))
    assert rereads(message.text(), message.parts, MUSTACHE)
