"""What a template prints is a value: no method, no lazy list, no list with a hole in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.errors import TemplateError
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import FIRST_REVISION, REVISION, Prompt

ORDER = {"name": "N", "items": ["tea"], "keys": 2, "title": "T", "lines": [{"name": "a"}, {}]}
HEAD = "---\nname: p\ninputs: [{name: q}, {name: order}]\n---\nuser:\n"
WITH_BOX = HEAD.replace("]", ", {name: box, kind: object}]")


def draft(template: str) -> Prompt:
    head = WITH_BOX if "box" in template else HEAD
    return parse_prompty(f"{head}{template}\n")


def printed(prompt: Prompt) -> str:
    values = {"q": "Ab", "order": ORDER, "box": ORDER}
    return Renderer(prompt).render(values)[0].content


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ order.items }}", '["tea"]'),
        ("{{ order.items[0] }} {{ order.items | join }}", "tea tea"),
        ("{% for x in order.items %}<{{ x }}>{% endfor %}", "<tea>"),
        ("{% if order.keys == 2 %}two{% endif %}", "two"),
        ("{{ box.keys }}{{ box.title }}{{ order.title.upper() }}", "2TT"),
        ("{% for k, v in order.items() %}{{ k }} {% endfor %}", "name items keys title lines "),
        ("{{ order.get('keys') }}", "2"),
        ("{{ order.values | default('none') }}{{ '%s' | format([q]) }}", 'none["Ab"]'),
        ("{{ '%(a)s' | format(a=[q]) }}", '["Ab"]'),
        ("{% if order.values is defined %}yes{% else %}no{% endif %}", "no"),
    ],
)
def test_a_key_wins_over_a_method_of_its_name(template: str, text: str) -> None:
    assert printed(draft(template)) == text


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
        printed(prompt)


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
        printed(prompt)


@pytest.mark.parametrize(
    "template",
    [
        "{{ order.total | default(3) }} {{ order['name'] }} {{ q[:1] }}",
        "{{ order.lines | map(attribute='name', default='-') | join(', ') }}",
        "{% for k in order.keys() | list %}{{ k }}{{ loop.index }}{{ loop.last }}{% endfor %}",
        "{% for k, v in order.items() %}{{ loop.cycle('a', 'b') }}{% endfor %}",
        "{% for pair in ['a', 'b', 'c'] | batch(2) %}{{ pair | join }};{% endfor %}",
        "{{ q | list | reverse | join }} {{ [1, 2] | sum }} {{ range(3) | list | last }}",
        "{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(q) }}{{ q.upper() }}{{ q.replace('A', 'b') }}",
        "{% set names = ['a'] | map('upper') | list %}{% if names %}{{ names[0] }}{% endif %}",
        "{{ order.lines | selectattr('name', 'defined') | list | length }}",
        "{% with t = q | upper %}{{ t }}{% endwith %}{{ 'x' in [q] }}{{ '%s-%s' % (q, 1) }}",
        "{% set parts = q.split('b') %}{{ parts[0] }}{% for p in parts %}{{ p }}{% endfor %}",
        "{% for a in [[q, 1], [q, 2]] %}{% for b in a %}{{ b }}{% endfor %}{% endfor %}",
        "{% for name, n in [('a', 1), ('b', 2)] %}{{ name ~ n }}{% endfor %}",
        "{% set parts = {'a': q} %}{{ parts.a }}{{ parts.get('a') }}",
        "{{ (q.split('b') | first) ~ [q, q] | join('-') }}{{ [q] | length }}",
    ],
)
def test_what_prints_values_reads_as_before_and_keeps_its_fingerprint(template: str) -> None:
    prompt = draft(template)
    assert prompt.revision == FIRST_REVISION
    assert printed(prompt) == printed(replace(prompt, revision=REVISION))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ box.lines }}", '[{"name": "a"}, {}]'),
        (
            "{{ box.lines[0] }}{% for x in box.lines %}{{ x }}{% endfor %}",
            '{"name": "a"}' * 2 + "{}",
        ),
        ("{{ ['é', none, true, 1.50, q] }}", '["é", null, true, 1.5, "Ab"]'),
        ("{{ (1, 'a') }}{{ {'a': [1.5, none]} }}", '[1, "a"]{"a": [1.5, null]}'),
        ("{{ q.split('b') }}{{ q | list }}{{ range(3) | list }}", '["A", ""]["A", "b"][0, 1, 2]'),
        ("{{ 'is: ' ~ [q] }}", 'is: ["Ab"]'),
        ("{{ [[1], {'a': 2}] | join(' ') }}", '[1] {"a": 2}'),
        ("{{ [q] | string }}{{ [q] | upper }}{{ [q] | replace('A', 'x') }}", '["Ab"]["AB"]["xb"]'),
        ("{{ 'x' | replace('x', new=[q]) }}", '["Ab"]'),
        ("{{ '12' | join([q]) }}{{ '12' | join(d=[q]) }}", '1["Ab"]21["Ab"]2'),
        ("{{ [[q]] | map('string') | join }}", '["Ab"]'),
        ("{{ '%s and %s' % ([q], 1) }}", '["Ab"] and 1'),
        ("{{ '%(a)s' % {'a': [q]} }}", '["Ab"]'),
        ("{% set parts = [q] %}{{ parts }}", '["Ab"]'),
        ("{% with parts = [q] if q else [] %}{{ parts or 1 }}{% endwith %}", '["Ab"]'),
        ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m([q]) }}", '["Ab"]'),
        ("{% macro m(x=['d']) %}{{ x }}{% endmacro %}{{ m() }}", '["d"]'),
        ("{% macro m() %}{{ varargs }}{% endmacro %}{{ m(q) }}", '["Ab"]'),
        ("{% for pair in ['a', 'b', 'c'] | batch(2) %}{{ pair }}{% endfor %}", '["a", "b"]["c"]'),
        ("{% for pair in {'a': [1]} | dictsort %}{{ pair }}{% endfor %}", '["a", [1]]'),
        ("{{ order.lines | map(attribute='name', default='-') | list }}", '["a", "-"]'),
        ("{{ ['a'] + [q] }}{{ [1, 2, q][2:] }}", '["a", "Ab"]["Ab"]'),
        ("{{ q.partition('b') | last | default([q], true) }}", '["Ab"]'),
        (
            "{% macro m() %}{{ caller([q]) }}{% endmacro %}{% call(x) m() %}{{ x }}{% endcall %}",
            '["Ab"]',
        ),
    ],
)
def test_a_list_or_a_mapping_is_printed_as_json(template: str, text: str) -> None:
    prompt = draft(template)
    assert prompt.revision == REVISION
    assert printed(prompt) == text
    assert printed(replace(prompt, revision=FIRST_REVISION)) != text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ ['a', none] }}{{ order.lines }}", "['a', None][{'name': 'a'}, {}]"),
        ("{{ order.items }}", "<built-in method items of dict object at "),
        ("{{ ['a'] | map('upper') }}", "<generator object "),
        ("{{ order.lines | map(attribute='name') | list }}", "['a', Undefined]"),
        ("{% if order.values %}yes{% endif %}", "yes"),
        ("{% if [] | select %}yes{% endif %}", "yes"),
    ],
)
def test_a_version_of_the_first_revision_prints_what_it_printed(template: str, text: str) -> None:
    assert printed(replace(draft(template), revision=FIRST_REVISION)).startswith(text)
