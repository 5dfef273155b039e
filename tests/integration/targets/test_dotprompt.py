"""Google's Dotprompt for Python reads and renders what the target writes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from dotpromptz import Dotprompt
from dotpromptz.typing import DataArgument
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exchange.exporting import TRIAGE, leaving, registry_of
from workbench.errors import TemplateError
from workbench.exchange.forms import dotprompt, front_matter
from workbench.exchange.targets.base import Destination
from workbench.exchange.targets.dotprompt import KIND
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Input, Message, Prompt

_PIECES = (
    *("{", "{{", "}}", "}", "\\", "a", "\n", " ", "<b>&", "'\"", "{!", "~", "#", "---\n"),
    *("{% raw %}{{x}}{% endraw %}", "{{ x }}", "{{- x -}}", "{{ role }}", "{{ '{{' }}", "{# c #}"),
)
TEMPLATES = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=9).map("".join)
MESSAGES = st.lists(
    st.tuples(st.sampled_from(["system", "user", "assistant"]), TEMPLATES), min_size=1, max_size=3
)


def rendered(text: str, values: dict[str, str]) -> list[tuple[str, str]]:
    async def render() -> list[tuple[str, str]]:
        result = await Dotprompt().render(text, DataArgument(input=values))
        return [(m.role.value, "".join(p.text for p in m.content)) for m in result.messages]

    return asyncio.run(render())


def test_a_version_is_read_with_its_schema_config_and_version(tmp_path: Path) -> None:
    path = tmp_path / "triage.prompt"
    with registry_of(tmp_path / "state", [("1.0.0", TRIAGE)]) as registry:
        KIND.send(leaving(registry, "triage@1.0.0"), Destination(path))
    text = path.read_text(encoding="utf-8")
    parsed = Dotprompt().parse(text)

    assert (parsed.name, parsed.version, parsed.model) == (
        *("triage", "1.0.0", "openai/gpt-4.1-mini"),
    )
    assert parsed.config == {"temperature": 0, "maxOutputTokens": 8, "seed": 7}
    assert parsed.ext["x-workbench"]["fingerprint"] == TRIAGE.fingerprint
    metadata = asyncio.run(Dotprompt().render_metadata(text))
    assert metadata.input is not None
    assert metadata.input.model_dump(by_alias=True)["schema"]["required"] == ["ticket"]
    assert metadata.output is not None
    assert metadata.output.model_dump(by_alias=True)["schema"] == TRIAGE.outputs
    assert [tool.name for tool in parsed.tool_defs or ()] == ["look_up"]
    assert rendered(text, {"ticket": "Help!"}) == [
        ("system", "Answer in a calm tone, with one queue name only."),
        ("user", "Help!"),
    ]


@settings(max_examples=300)
@given(MESSAGES)
def test_what_is_not_refused_renders_as_here(messages: list[tuple[str, str]]) -> None:
    inputs = (Input("x"), Input("role"))
    prompt = Prompt("p", tuple(Message(*item) for item in messages), inputs=inputs)
    values = {"x": "X-{{y}}", "role": "R"}
    try:
        ours = Renderer(prompt).render(values)
    except TemplateError:
        return
    if dotprompt.problems(prompt):
        return
    text = front_matter.write(dotprompt.front_of(prompt, {}), dotprompt.body_of(prompt))
    theirs = [content for _, content in rendered(text, values)]
    wanted = [message.content for message in ours]
    # Blanks at the very end are lost, as the loss list says.
    assert (theirs[:-1], theirs[-1].rstrip()) == (wanted[:-1], wanted[-1].rstrip())


@pytest.mark.parametrize("name", sorted(dotprompt.HELPERS - {"true", "false"}))
def test_an_input_named_like_a_helper_is_the_input(name: str) -> None:
    prompt = Prompt("p", (Message("user", f"{{{{ {name} }}}}"),), inputs=(Input(name),))
    if dotprompt.problems(prompt):
        assert name == "this"
        return
    text = front_matter.write(dotprompt.front_of(prompt, {}), dotprompt.body_of(prompt))
    assert rendered(text, {name: "value"}) == [("user", "value")]
