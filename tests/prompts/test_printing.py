"""What a template prints is a value: no method, no lazy list, no list with a hole in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.errors import TemplateError
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import FIRST_REVISION, REVISION, Prompt

ORDER = {"items": ["tea"], "keys": 2, "title": "T", "lines": [{"name": "a"}, {}]}
HEAD = "---\nname: p\ninputs: [{name: q}, {name: order}, {name: box, kind: object}]\n---\nuser:\n"


def draft(template: str) -> Prompt:
    return parse_prompty(f"{HEAD}{template}\n")


def said(prompt: Prompt) -> str:
    values = {"q": "Ab", "order": ORDER, "box": ORDER}
    return Renderer(prompt).render(values)[0].content


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ order.items }}", "['tea']"),
        ("{{ order.items[0] }} {{ order.items | join }}", "tea tea"),
        ("{% for x in order.items %}<{{ x }}>{% endfor %}", "<tea>"),
        ("{% if order.keys == 2 %}two{% endif %}", "two"),
        ("{{ box.keys }}{{ box.title }}{{ order.title.upper() }}", "2TT"),
        ("{% for k, v in order.items() %}{{ k }} {% endfor %}", "items keys title lines "),
        ("{{ order.get('keys') }}", "2"),
        ("{{ order.values | default('none') }}", "none"),
        ("{% if order.values is defined %}yes{% else %}no{% endif %}", "no"),
    ],
)
def test_a_key_wins_over_a_method_of_its_name(template: str, text: str) -> None:
    assert said(draft(template)) == text


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("order.values", r"has no key 'values'; the method is called by values\(\)"),
        ("order['values']", "has no key 'values'"),
        *((f"q.{name}", f"'str object' has no key '{name}'") for name in ("title", "upper")),
        *((f"q.{name}", f"'str object' has no key '{name}'") for name in ("count", "index")),
        *((f"order.lines.{name}", f"'list object' has no key '{name}'") for name in ("count",)),
        ("q ~ q.upper", "no key 'upper'"),
        ("q.upper | lower", "no key 'upper'"),
        ("['a'] | map('upper')", "a lazy list is printed"),
        *((f"order.lines | {name}", "a lazy list is printed") for name in ("select", "reject")),
        *((f"order.lines | {name}('name')", "a lazy list") for name in ("selectattr",)),
        *((f"['a', 'b'] | {name}", "a lazy list") for name in ("reverse", "unique", "batch(2)")),
        ("'<' ~ (['a'] | map('upper'))", "a lazy list"),
        ("order | items", "a lazy list"),
        ("order.keys()", "a dict_keys is printed"),
        ("order.items() | string", "a dict_items is printed"),
        ("range(3)", "a range is printed"),
        ("range", "'range' is printed"),
        ("[dict]", "'dict' is printed"),
        ("{'a': range}", "'range' is printed"),
        ("self", "is printed"),
        ("q.encode()", "bytes are printed"),
        ("[order.zip]", "a hole: 'dict object' has no attribute 'zip'"),
        ("order.lines | map(attribute='name') | list", "a hole: .* no attribute 'name'"),
        ("order.lines | map(attribute='name') | list | upper", "a hole"),
        ("order.lines | map(attribute='name') | batch(1) | list", "a hole"),
    ],
)
def test_what_is_no_value_is_an_error_with_its_line(expression: str, problem: str) -> None:
    prompt = draft(f"Hello\n{{{{ {expression} }}}}")
    assert prompt.revision == REVISION
    with pytest.raises(TemplateError, match=f"^line 2 of the template: .*{problem}"):
        said(prompt)


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{% for x in [1] %}{{ loop }}{% endfor %}", "'loop' is printed"),
        ("{% macro m() %}hi{% endmacro %}{{ m }}", r"the macro 'm' is printed.*write m\(\)"),
        ("{% set s = q | map('upper') %}{{ s }}", "a lazy list"),
        ("{% with s = q | map('upper') %}{{ s }}{% endwith %}", "a lazy list"),
        ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(q | map('upper')) }}", "a lazy list"),
        ("{% set n = namespace(a=1) %}{{ n }}", "'Namespace' is printed"),
        ("{% if order.lines | selectattr('zip') %}x{% endif %}", "is tested, which is always"),
        ("{{ 'x' if order.lines | select else 'y' }}", "is tested"),
        ("{% if q.title %}x{% endif %}", "no key 'title'"),
    ],
)
def test_nor_is_it_printed_or_tested_by_another_way(template: str, problem: str) -> None:
    prompt = draft(template)
    assert prompt.revision == REVISION
    with pytest.raises(TemplateError, match=problem):
        said(prompt)


@pytest.mark.parametrize(
    "template",
    [
        "{{ order.total | default(3) }} {{ box['title'] }} {{ q[:1] }} {{ box.title }}",
        "{{ order.lines | map(attribute='name', default='-') | join(', ') }}",
        "{{ order.lines | map(attribute='name', default='-') | list }}",
        "{% for k in order.keys() | list %}{{ k }}{{ loop.index }}{{ loop.last }}{% endfor %}",
        "{% for k, v in order.items() %}{{ loop.cycle('a', 'b') }}{% endfor %}",
        "{% for pair in ['a', 'b', 'c'] | batch(2) %}{{ pair | join }};{% endfor %}",
        "{{ q | list | reverse | join }} {{ [1, 2] | sum }} {{ range(3) | list }}",
        "{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(q) }}{{ q.upper() }}{{ q.replace('A', 'b') }}",
        "{% set names = ['a'] | map('upper') | list %}{% if names %}{{ names }}{% endif %}",
        "{{ order.lines | selectattr('name', 'defined') | list | length }}",
        "{% with t = q | upper %}{{ t }}{% endwith %}{{ (1, 'a') }}{{ {'a': [1.5, none]} }}",
    ],
)
def test_what_prints_values_reads_as_before_and_keeps_its_fingerprint(template: str) -> None:
    prompt = draft(template)
    assert prompt.revision == FIRST_REVISION
    assert said(prompt) == said(replace(prompt, revision=REVISION))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ order.items }}", "<built-in method items of dict object at "),
        ("{{ ['a'] | map('upper') }}", "<generator object "),
        ("{{ order.lines | map(attribute='name') | list }}", "['a', Undefined]"),
        ("{% if order.values %}yes{% endif %}", "yes"),
        ("{% if [] | select %}yes{% endif %}", "yes"),
    ],
)
def test_a_version_of_the_first_revision_prints_what_it_printed(template: str, text: str) -> None:
    assert said(replace(draft(template), revision=FIRST_REVISION)).startswith(text)
