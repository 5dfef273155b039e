"""Files in templates: where they are printed, and nowhere that data says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.pictures import png
from workbench.errors import TemplateError
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import BRACES, PARTS_REVISION, Input, Message, Prompt

PICTURE = Input("picture", "image", required=False)


def rendered(template: str, role: str = "user", **values: object) -> Message:
    prompt = Prompt(
        "p", (Message(role, template),), inputs=(PICTURE, Input("q")), revision=PARTS_REVISION
    )
    return Renderer(prompt).render({"picture": png(), "q": "", **values})[0]


def kinds(message: Message) -> list[str]:
    return [str(part.get("text", part["type"])) for part in message.parts]


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("{{ picture }}", ["image_url"]),
        ("a {{ picture }} b", ["a ", "image_url", " b"]),
        ("{{ picture }}\n{{ picture }}", ["image_url", "image_url"]),
        (
            "{% for n in [1, 2] %}{{ n }}: {{ picture }} {% endfor %}",
            ["1: ", "image_url", " 2: ", "image_url"],
        ),
        ("{% set p %}[{{ picture }}]{% endset %}{{ p | upper }}", ["[", "image_url", "]"]),
        ("{{ picture | default('none') }}", ["image_url"]),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(picture) }}", ["<", "image_url", ">"]),
    ],
)
def test_the_text_is_cut_where_a_file_is_printed(template: str, parts: list[str]) -> None:
    assert [kind.strip(" ") for kind in kinds(rendered(template))] == [p.strip(" ") for p in parts]


def test_a_message_without_the_file_stays_text() -> None:
    assert rendered("{% if picture %}yes{% endif %}") == Message("user", "yes")
    assert rendered("{% if picture %}yes{% else %}no{% endif %}", picture=None).content == "no"


@pytest.mark.parametrize(
    "template",
    [
        "{{ picture | upper }}",
        "{{ picture ~ 'x' }}",
        "{{ [picture] }}",
        "{{ picture | string }}",
        "{{ '%s' % picture }}",
        "{{ picture | tojson }}",
        "{{ picture | length }}",
        "{{ picture.file }}",
        "{{ picture._marker }}",
        "{{ picture.__class__ }}",
        "{% set p %}{{ picture }}{% endset %}{{ p | replace('[', '') }}",
        "{% set p %}{{ picture }}{% endset %}{{ p | reverse }}",
    ],
)
def test_anything_but_printing_it_is_refused_with_the_place(template: str) -> None:
    with pytest.raises(TemplateError, match=r"line 1 of the template|the template changes"):
        rendered(template)


@pytest.mark.parametrize("role", ["system", "assistant"])
def test_only_the_user_sends_a_file(role: str) -> None:
    with pytest.raises(
        TemplateError, match=f"picture is a file, and stands in a message of role {role}"
    ):
        rendered("{{ picture }}", role)


@settings(max_examples=examples(40))
@given(st.text(max_size=60) | st.from_regex(r"\[\[[0-9]{30}\]\]", fullmatch=True))
def test_no_text_of_a_case_places_or_removes_a_file(text: str) -> None:
    message = rendered("{{ q }}|{{ picture }}", q=text)
    assert [part["type"] for part in message.parts] == ["text", "image_url"]
    assert message.parts[0]["text"] == f"{text}|"


def test_plain_placeholders_take_files_too() -> None:
    messages = (Message("user", "a {picture}"),)
    prompt = Prompt(
        "p", messages, inputs=(PICTURE,), template_format=BRACES, revision=PARTS_REVISION
    )
    assert kinds(Renderer(prompt).render({"picture": png()})[0]) == ["a ", "image_url"]
