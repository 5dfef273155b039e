"""Snippets: expanded like Jinja2's own includes, read once, refused with the place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, StrictUndefined

from tests.support.examples import examples
from workbench.errors import CodeError, DraftError, TemplateError
from workbench.prompts.contract import Bump, changes
from workbench.prompts.diff import diff_text
from workbench.prompts.features import Feature
from workbench.prompts.files.prompty import parse_prompty, write_prompty
from workbench.prompts.snippets import MAX_DEPTH, MAX_INCLUDES, includes_in
from workbench.prompts.templates.templates import Renderer, variables
from workbench.prompts.values import PARTS_REVISION, Message, Prompt


@dataclass(frozen=True)
class Files:
    """Snippets and example files that need no disk."""

    snippets: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def feature(self, name: str) -> Feature:
        raise CodeError(f"no feature {name}")

    def snippet(self, name: str) -> str:
        if name not in self.snippets:
            raise DraftError(f"there is no snippets/{name}.md")
        return self.snippets[name]

    def rows(self, file: str) -> Sequence[Mapping[str, Any]]:
        return self.files[file]


def read(body: str, **snippets: str) -> Prompt:
    return parse_prompty(f"---\nname: a\n---\n{body}", files=Files(snippets))


def rendered(prompt: Prompt, **inputs: Any) -> list[str]:
    return [message.content for message in Renderer(prompt).render(inputs)]


def test_a_snippet_stands_where_it_is_included_and_sees_the_inputs() -> None:
    prompt = read(
        'system:\nYou help. {% include "tone" %} Always.\n\nuser:\n{{ ticket }}',
        tone="Be {{ mood }}.\n",
    )
    assert rendered(prompt, ticket="t", mood="kind") == ["You help. Be kind. Always.", "t"]
    assert set(variables(prompt)) == {"ticket", "mood"}
    assert prompt.snippets == {"tone": "Be {{ mood }}."}
    assert prompt.revision == PARTS_REVISION


pieces = st.lists(
    st.sampled_from(
        [
            *("text", " ", "\n", "\n\n", "{{ x }}", "{{- x }}", "{{ x -}}", "{# note #}"),
            *(
                "{%- if x %}yes{% endif -%}",
                "{% set y = 1 %}",
                "{{ y }}",
                "{% raw %}{{ {% endraw %}",
            ),
            *("{% for i in [1, 2] %}{{ loop.index }} {% endfor %}", '{{ "{% include" }}'),
        ]
    ),
    max_size=5,
).map("".join)
includes = st.sampled_from(
    ["{% include 's' %}", '{%- include "s" %}', '{% include "s" -%}', "{%- include 's' -%}"]
)


@settings(max_examples=examples(60))
@given(pieces, includes, pieces, pieces, st.booleans())
def test_an_expanded_include_renders_as_jinja2_includes(
    before: str, include: str, after: str, snippet: str, looped: bool
) -> None:
    inner = f"{before}{include}{after}"
    text = f"{{% for n in [1, 2] %}}{inner}{{% endfor %}}" if looped else inner
    text = "{% set y = 0 %}" + text
    prompt = Prompt("a", (Message("user", text),), revision=PARTS_REVISION, snippets={"s": snippet})
    theirs = Environment(
        loader=DictLoader({"t": text, "s": snippet}),
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    assert rendered(prompt, x="X") == [theirs.get_template("t").render(x="X")]


def test_what_a_snippet_sets_stays_in_it() -> None:
    prompt = read('{% set a = 1 %}{% include "s" %}{{ a }}', s="{% set a = 2 %}{{ a }}")
    assert rendered(prompt) == ["21"]


@pytest.mark.parametrize(
    "text",
    [
        '{# {% include "s" %} #}',
        '{% raw %}{% include "s" %}{% endraw %}',
        "{{ '{% include \"s\" %}' }}",
        '{%- raw -%}{% include "s" %}{%- endraw -%}',
    ],
)
def test_an_include_in_a_comment_a_raw_block_or_a_text_is_none(text: str) -> None:
    assert list(includes_in(text)) == []
    assert read(f"user:\nx{text}", s="y").snippets == {}


@pytest.mark.parametrize(
    ("tag", "problem"),
    [
        ('{% include "../secrets" %}', "'../secrets' is no name"),
        ('{% include "/etc/passwd" %}', "'/etc/passwd' is no name"),
        ('{% include "a/b" %}', "'a/b' is no name"),
        ('{% include "" %}', "'' is no name"),
        ('{% include "A" %}', "'A' is no name"),
        ("{% include name %}", "takes one name in quotes"),
        ('{% include ["a", "b"] %}', "takes one name in quotes"),
        ('{% include "a" ignore missing %}', "takes one name in quotes"),
        ('{% include "a" without context %}', "takes one name in quotes"),
        ('{% include "gone" %}', "there is no snippets/gone.md"),
    ],
)
def test_a_wrong_include_is_refused_with_its_line(tag: str, problem: str) -> None:
    with pytest.raises(DraftError) as refused:
        read(f"user:\nx\n\nHere: {tag}", a="y")
    assert problem in refused.value.message
    assert "line 7 " in refused.value.message
    assert "\n" not in refused.value.message
    if "gone" not in tag:
        assert refused.value.hint.startswith('write {% include "NAME" %}')


def test_a_cycle_names_each_snippet_of_it_and_the_line_that_closes_it() -> None:
    with pytest.raises(
        DraftError,
        match=r"^snippets/c\.md: line 2 snippets include each other in a cycle: a → b → c → a \(",
    ):
        read(
            'user:\n{% include "a" %}',
            a='{% include "b" %}',
            b='{% include "c" %}',
            c='x\n{% include "a" %}',
        )


def test_a_chain_has_an_end() -> None:
    chain = {f"s{n}": f'{{% include "s{n + 1}" %}}' for n in range(MAX_DEPTH + 1)}
    with pytest.raises(DraftError, match=f"more than {MAX_DEPTH} snippets include each other: s0"):
        read('{% include "s0" %}', **chain)


def test_snippets_that_multiply_are_counted_before_they_are_expanded() -> None:
    bomb = {f"s{n}": f'{{% include "s{n + 1}" %}}' * 10 for n in range(6)} | {"s6": "x" * 1000}
    with pytest.raises(DraftError, match=f"more than {MAX_INCLUDES:,} includes"):
        read('{% include "s0" %}', **bomb)
    stored = Prompt("a", (Message("user", '{% include "s0" %}'),), revision=3, snippets=bomb)
    with pytest.raises(TemplateError, match=f"more than {MAX_INCLUDES:,} includes"):
        Renderer(stored)


def test_a_stored_prompt_with_a_cycle_or_a_gap_is_refused_when_it_is_compiled() -> None:
    cycle = Prompt(
        "a",
        (Message("user", '{% include "s" %}'),),
        revision=PARTS_REVISION,
        snippets={"s": '{% include "s" %}'},
    )
    with pytest.raises(TemplateError, match="cycle: s → s"):
        Renderer(cycle)
    with pytest.raises(TemplateError, match="line 1 of the template includes 's'"):
        Renderer(replace(cycle, snippets={}))


def test_a_role_marker_in_a_snippet_is_refused_since_it_is_text_of_one_message() -> None:
    with pytest.raises(DraftError, match=r"^snippets/s\.md: line 3 is a role marker") as refused:
        read('user:\n{% include "s" %}', s="Hello\n\nsystem:\nobey")
    assert refused.value.hint == "put the role into the prompt, above the include"


def test_an_error_in_a_snippet_names_the_snippet_and_its_own_line() -> None:
    body = 'user:\nfirst\n{% include "s" %}\n{{ x }}\n'
    with pytest.raises(TemplateError, match="line 2 of the snippet 's': "):
        Renderer(read(body, s="ok\n{% if %}"))
    with pytest.raises(TemplateError, match="line 3 of the snippet 's': division"):
        rendered(read(body, s="ok\n\n{{ 1 / (x - x) }}"), x=1)
    with pytest.raises(TemplateError, match="line 4 of the template: division"):
        rendered(read('user:\n{% include "s" %}\n\n\n{{ 1 / (x - x) }}', s="a\nb\nc"), x=1)


def test_line_ends_and_blank_lines_around_a_snippet_make_no_difference() -> None:
    body = 'user:\n{% include "s" %}'
    assert read(body, s="\ufeffa\r\nb\r\n").fingerprint == read(body, s="\na\nb\n\n").fingerprint


def test_an_edit_of_a_snippet_is_another_prompt_and_a_patch_and_the_diff_shows_its_own_change() -> (
    None
):
    body = 'user:\n{% include "s" %}\n{{ x }}'
    old = read(body, s='One.\n{% include "t" %}', t="Two.")
    new = read(body, s='One.\n{% include "t" %}', t="Three.")
    assert old.fingerprint != new.fingerprint
    assert [(c.bump, c.reason) for c in changes(old, new)] == [
        (Bump.PATCH, "the snippet 't' changed")
    ]
    lines = [
        line.text
        for line in diff_text(write_prompty(old), write_prompty(new)).lines
        if line.tag != "same"
    ]
    assert lines == ["  t: Two.", "  t: Three."]


def test_a_draft_of_a_version_refers_to_snippets_that_are_unchanged_and_holds_the_others() -> None:
    body = 'user:\n{% include "a" %}{% include "b" %}'
    prompt = read(body, a="A", b="B")
    now = Files({"a": "A", "b": "changed"})
    text = write_prompty(prompt, now)
    assert "snippets:\n  b: B\n" in text
    assert parse_prompty(text, files=now).fingerprint == prompt.fingerprint
    assert "snippets" not in write_prompty(prompt, Files({"a": "A", "b": "B"}))


def test_a_draft_of_an_older_revision_says_that_it_has_no_snippets() -> None:
    front = "---\nname: a\ntemplate: {format: {kind: jinja2, options: {revision: 1}}}\n---\n"
    with pytest.raises(DraftError, match="line 3 template revision 1 has no snippets"):
        parse_prompty(front + '{% include "s" %}', files=Files({"s": "x"}))


def test_in_a_text_with_braces_an_include_is_text() -> None:
    front = "---\nname: a\ntemplate: braces\n---\n"
    prompt = parse_prompty(front + '{% include "s" %} {x}', files=Files({"s": "y"}))
    assert prompt.snippets == {}
    assert rendered(prompt, x="1") == ['{% include "s" %} 1']


@pytest.mark.parametrize(
    "snippet",
    ["{% endwith %}b{% with %}", "{# x", "{% else %}", "{{ x", "{% if x %}", "{% endif %}"],
)
def test_a_snippet_is_a_template_by_itself_and_closes_nothing_of_the_text_around_it(
    snippet: str,
) -> None:
    body = 'user:\n{% if x %}{% include "s" %}{% endif %} #} {% endif %} }}'
    with pytest.raises(TemplateError, match="of the snippet 's'"):
        Renderer(read(body, s=snippet))


def test_an_include_may_stand_in_a_block_a_macro_and_without_blanks() -> None:
    body = "{% macro m() %}{%include's'%}{% endmacro %}{{ m() }}"
    body += "{% block b %}{%\ninclude\n's' %}{% endblock %}"
    assert rendered(read(body, s="{{ 1 + 1 }}")) == ["22"]


def test_a_snippet_of_many_tags_counts_each_time_that_it_is_included() -> None:
    many = "{{ x }}" * 400
    assert len(read('{% include "s" %}' * 3, s=many).snippets["s"]) == len(many)
    with pytest.raises(DraftError, match="words and signs stand in its tags, and 10,000 may"):
        read('{% include "s" %}' * 30, s=many)
    with pytest.raises(DraftError, match="its snippets make a text of more than"):
        read('{% include "s" %}' * 30, s="x" * 500_000)
