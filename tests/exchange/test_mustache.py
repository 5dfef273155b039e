"""What is converted renders the same in both; what would not is refused with its place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DraftError
from workbench.exchange.mustache import (
    LANGFUSE,
    LANGSMITH,
    PHOENIX,
    Syntax,
    converted,
    to_braces,
    to_jinja,
)
from workbench.exchange.plain_templates import Part, Slot
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import BRACES, JINJA2, Message, Prompt

SYNTAXES = (LANGFUSE, PHOENIX, LANGSMITH)
BY_NAME = [pytest.param(syntax, id=syntax.service) for syntax in SYNTAXES]
VALUES = {"x": "<a> & {{y}} {{{z}}}", "name": ""}


def rendered(template: str, template_format: str = JINJA2) -> str:
    prompt = Prompt("p", (Message("user", template),), template_format=template_format)
    return Renderer(prompt).render(VALUES)[0].content


def filled_in(text: str, syntax: Syntax) -> str:
    """What the service makes of it, in one pass."""
    tag = re.compile(
        rf"{re.escape(syntax.opening)}\s*(\w+)\s*{re.escape(syntax.closing)}", re.UNICODE
    )
    return tag.sub(lambda match: VALUES[match[1]], text)


@pytest.mark.parametrize("syntax", BY_NAME)
@pytest.mark.parametrize(
    "template",
    [
        "",
        "plain } text } with { braces } and { 'json': {'a': 1}}",
        "{{ x }}",
        "{{x}}{{name}}\n\n{{ x }}\n",
        "a {{- x -}}  b",
        "{# a note #}{{ x }}{# another\nnote #}.",
        "{{ 'quoted' }} {{ x }}",
        "{% raw %}{% not a tag %}{% endraw %} {{x}}",
        '{"a": {"b": {{ x }}}}',
        "tabs\t{{\tx\t}}\nand {{\n x }}",
    ],
)
def test_texts_and_variables_render_as_they_do_here(template: str, syntax: Syntax) -> None:
    text, problems = converted(template, JINJA2, syntax)

    assert problems == []
    assert filled_in(text, syntax) == rendered(template)
    assert rendered(to_jinja(text, syntax)) == rendered(template)


@pytest.mark.parametrize("syntax", BY_NAME)
@pytest.mark.parametrize(
    "template",
    ["{{ x }}", "a\n{{x}} b\n", "{{ x}}: {{name }}\n", 'JSON {"a": {"b": 1}} of {{  x  }}'],
)
def test_a_template_without_more_comes_back_letter_by_letter(template: str, syntax: Syntax) -> None:
    assert to_jinja(converted(template, JINJA2, syntax)[0], syntax) == template


@pytest.mark.parametrize(
    ("template", "line", "what"),
    [
        ("a\n{% for t in x %}\n{{ t }}\n{% endfor %}", 2, "a loop"),
        ("\n\n{% if x %}yes{% endif %}", 3, "a condition"),
        ("{% set y = 1 %}", 1, "an assignment"),
        ("{% include 'rules' %}", 1, "an expression"),
        ("{{ x | upper }}", 1, "the filter upper"),
        ("ok\n{{ x.name }}", 2, "a part of an input"),
        ("{{ x['name'] }}", 1, "a part of an input"),
        ("{{ x or 'nobody' }}", 1, "an expression"),
        ("{{ 1 + 1 }}", 1, "an expression"),
        ("{{ range }}", 1, "an expression"),
        ("{{ x() }}", 1, "a call"),
        ("{{ x", 1, "does not compile"),
        ("{% raw %}\n{{ y }}{% endraw %}", 2, "takes for its own"),
        ("{{ '{{' }}", 1, "takes for its own"),
        ("{{ '{' }}{{ x }}", 1, "takes for its own"),
    ],
)
def test_what_would_render_otherwise_is_refused_with_its_line(
    template: str, line: int, what: str
) -> None:
    for syntax in SYNTAXES:
        problems = converted(template, JINJA2, syntax)[1]
        assert problems, syntax.service
        assert (problems[0].line, what in problems[0].what) == (line, True), problems
        assert problems[0].remedy


def test_each_loop_and_expression_is_named() -> None:
    template = "{% for t in x %}{{ t | e }}{% endfor %}\n{{ x.a }}"
    problems = converted(template, JINJA2, LANGFUSE)[1]
    assert [(problem.line, problem.what) for problem in problems] == [
        (1, "a loop"),
        (2, "a part of an input"),
    ]


def test_a_backslash_before_a_variable_is_refused_where_it_hides_it() -> None:
    template = "C:\\{{ x }}"
    assert converted(template, JINJA2, LANGFUSE)[1] == []
    assert converted(template, JINJA2, LANGSMITH)[1] == []
    assert "takes for its own" in converted(template, JINJA2, PHOENIX)[1][0].what


@pytest.mark.parametrize("syntax", BY_NAME)
def test_plain_texts_with_single_braces_are_converted_and_come_back(syntax: Syntax) -> None:
    template = "Hi {x}, {not this} and {name}: {}"
    text, problems = converted(template, BRACES, syntax)

    assert problems == []
    assert filled_in(text, syntax) == rendered(template, BRACES)
    assert to_braces(text, syntax) == template
    assert converted("{{x}}", BRACES, syntax)[1], "renders braces around the value"


@pytest.mark.parametrize("syntax", BY_NAME)
def test_text_that_would_become_a_variable_is_not_written_with_braces(syntax: Syntax) -> None:
    assert to_braces("{x} is a text there", syntax) is None


@pytest.mark.parametrize(
    "text",
    ["{{#items}}x{{/items}}", "{{^a}}x{{/a}}", "{{> part}}", "{{! note }}", "{{=<% %>=}}", "{{ a"],
)
@pytest.mark.parametrize("syntax", BY_NAME)
def test_sections_and_partials_of_theirs_are_refused(text: str, syntax: Syntax) -> None:
    with pytest.raises(DraftError, match="more than plain variables"):
        to_jinja(text, syntax)


@pytest.mark.parametrize("name", ["first name", "a.b", "a-b", "true", "range", "1st"])
def test_a_variable_that_no_input_can_be_called_is_refused(name: str) -> None:
    with pytest.raises(DraftError, match="no input can be called"):
        to_jinja(f"{{{{{name}}}}}", LANGFUSE)


@pytest.mark.parametrize(
    "text",
    [
        "{% if x %}",
        "{# note #}",
        "a {",
        "{%",
        "{% endraw %}",
        "{#{{x}}",
        "{% raw %}",
        "{{x}} {% x %} {{x}}",
        "{",
    ],
)
def test_what_jinja_would_run_stays_text(text: str) -> None:
    template = to_jinja(text, LANGFUSE)
    assert rendered(template) == text.replace("{{x}}", VALUES["x"])


@pytest.mark.parametrize("syntax", BY_NAME)
def test_two_braces_are_read_at_langsmith_too(syntax: Syntax) -> None:
    assert to_jinja("a {{ x }}", syntax) == "a {{ x }}"


_TEXTS = st.text(st.sampled_from("{}%#x\\ \n'&"), max_size=6)
_PARTS = st.lists(st.one_of(_TEXTS, st.sampled_from(["x", "name"]).map(Slot)), max_size=6)


@given(_PARTS, st.sampled_from(SYNTAXES))
def test_every_template_is_refused_or_renders_the_same(parts: list[Part], syntax: Syntax) -> None:
    plain = "".join(f"{{{p.name}}}" if isinstance(p, Slot) else p for p in parts)
    text, problems = converted(plain, BRACES, syntax)
    if not problems:
        assert filled_in(text, syntax) == rendered(plain, BRACES)


@given(_PARTS, st.sampled_from(SYNTAXES))
def test_every_template_of_theirs_is_refused_or_renders_the_same(
    parts: list[Part], syntax: Syntax
) -> None:
    text = syntax.write(parts)
    try:
        template = to_jinja(text, syntax)
    except DraftError:
        return
    seen = syntax.read(text) or []
    assert rendered(template) == "".join(VALUES[p.name] if isinstance(p, Slot) else p for p in seen)
