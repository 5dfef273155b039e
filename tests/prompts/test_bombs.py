"""Templates that would take all memory or time: each ends soon, in little, with our error."""

# ruff: noqa: E501 (a table of one-liners)

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.errors import DraftError, TemplateError
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import REVISION, Message, Prompt

MORE_BYTES = 100_000_000

DEEP = ("ns deep", "ns cycle", "macro recursion", "block")

# A list in itself, twice each time: a few names that would be walked for ever.
LISTS = "{% set a = ['x'] %}{% set b = ['x'] %}" + "{% set a = [a, a] %}{% set b = [b, b] %}" * 60
TUPLE = "{% set a = ('x', 'x') %}" + "{% set a = (a, a) %}" * 60

BOMBS = {
    "nested list": "{{ ['a'*99999]*99999 }}",
    "nested list ~": "{{ (['a'*99999]*99999) ~ '' }}",
    "nested join": "{{ (['a'*99999]*99999)|join }}",
    "nested join list": "{{ ([['a'*99999]*999]*99999)|join('x') }}",
    "tojson": "{{ (['a'*99999]*99999)|tojson }}",
    "tojson indent": "{{ ([[1]*9]*9999)|tojson(99999) }}",
    "percent s": "{{ '%s%s' % (['a'*99999]*99999, 1) }}",
    "percent map": "{{ ('%(a)s'*9999) % {'a': 'x'*99999} }}",
    "percent map width": "{{ '%(a)999999999d' % {'a': 1} }}",
    "percent prec": "{{ '%.999999999f' % 1.0 }}",
    "format filter": "{{ '%(a)999999999d'|format(a=1) }}",
    "dag print": LISTS + "{{ a }}",
    "dag eq": LISTS + "{{ a == b }}",
    "dag in": LISTS + "{{ a in [b] }}",
    "dag sort": LISTS + "{{ [a,b]|sort|length }}",
    "dag hash": TUPLE + "{{ {a: 1}|length }}",
    "dag hash get": TUPLE + "{{ {'b': 1}[a] }}",
    "dag hash get2": TUPLE + "{{ {'b': 1}.get(a) }}",
    "dag unique": TUPLE + "{{ [a]|unique|list|length }}",
    "dag count": LISTS + "{{ [a].count(b) }}",
    "range": "{{ range(10**9)|list }}",
    "ranges": "{% for a in range(99999) %}{{ range(99999)|list|length }}{% endfor %}",
    "selects": "{% for a in range(9999) %}{{ range(99999)|select('odd')|list|length }}{% endfor %}",
    "nested loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "long body": "{% for a in range(99999) %}" + "{% if a %}{% endif %}" * 3000 + "{% endfor %}",
    "long macro": "{% macro m() %}"
    + "{% if 1 %}{% endif %}" * 3000
    + "{% endmacro %}{% for a in range(99999) %}{{ m() }}{% endfor %}",
    "capture": "{% set x %}{% for a in range(99999) %}"
    + "lorem ipsum " * 1000
    + "{% endfor %}{% endset %}{{ x|length }}",
    "capture var": "{% set b='x'*99999 %}{% set x %}{% for a in range(99999) %}{{ b }}{% endfor %}{% endset %}{{ x|length }}",
    "macro text": "{% macro m(b) %}{{ b }}{{ b }}{% endmacro %}{% set b='x'*99999 %}"
    + "{% set b = m(b) %}" * 30
    + "{{ b|length }}",
    "set double": "{% set x='x'*99999 %}" + "{% set x = x + x %}" * 40 + "{{ x|length }}",
    "set tilde": "{% set x='x'*99999 %}" + "{% set x = x ~ x %}" * 40 + "{{ x|length }}",
    "ns double": "{% set n=namespace(x='x'*9) %}{% for a in range(99999) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "ns list": "{% set n=namespace(x=[1]) %}{% for a in range(99999) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "ns grow": "{% set n=namespace(x='') %}{% for a in range(99999) %}{% set n.x = n.x ~ ('y'*9999) %}{% endfor %}",
    "ns keep": "{% set n=namespace(x=()) %}{% for a in range(99999) %}{% set n.x = (n.x, 'y'*9999 ~ a) %}{% endfor %}{{ 1 }}",
    "ns deep": "{% set n=namespace(x=()) %}{% for a in range(99999) %}{% set n.x = (n.x, 1) %}{% endfor %}{{ n.x }}",
    "ns cycle": "{% set n=namespace() %}{% set n.x=[n,n] %}{{ n }}",
    "batch fill": "{% for a in range(9999) %}{{ [1]|batch(99999, 'x')|list|length }}{% endfor %}",
    "slice": "{% for a in range(9999) %}{{ ([1]*99999)|slice(9)|list|length }}{% endfor %}",
    "slice many": "{{ [1]|slice(10**9)|list|length }}",
    "sum": "{{ ([[1]*9999]*9999)|sum(start=[])|length }}",
    "replace": "{{ ('x'*99999)|replace('x','y'*99999) }}",
    "replace empty": "{{ ('x'*99999)|replace('','y'*99999) }}",
    "replace m": "{{ ('x'*99999).replace('','y'*99999) }}",
    "translate": "{{ ('x'*99999).translate({120: 'y'*99999})|length }}",
    "expandtabs": "{{ ('\t'*99999).expandtabs(99999)|length }}",
    "to_bytes": "{{ (5).to_bytes(999999999, 'big')|length }}",
    "encode": "{{ ('x'*99999).encode().replace('x'.encode(), ('y'*99999).encode())|length }}",
    "bytes ljust": "{{ 'x'.encode().ljust(999999999)|length }}",
    "bytes pct": "{{ 'x%999999999d'.encode() % 1 }}",
    "zfill": "{{ 'x'.zfill(10**9) }}",
    "splitlines": "{% set x='ab\n'*33333 %}"
    + "{% set x=x+x %}" * 6
    + "{{ x.splitlines()|length }}",
    "split": "{% set x='ab '*33333 %}" + "{% set x=x+x %}" * 6 + "{{ x.split()|length }}",
    "wordcount": "{% set x='ab '*33333 %}" + "{% set x=x+x %}" * 6 + "{{ x|wordcount }}",
    "list of text": "{% set x='€'*99999 %}" + "{% set x=x+x %}" * 5 + "{{ x|list|length }}",
    "wordwrap": "{% set x='a'*99999 %}" + "{% set x=x+x %}" * 5 + "{{ x|wordwrap(1)|length }}",
    "wordwrap str": "{{ ('a b '*9999)|wordwrap(1, true, 'x'*99999)|length }}",
    "striptags": "{% set x='<!---->'*9999 %}" + "{% set x=x+x %}" * 6 + "{{ x|striptags|length }}",
    "striptags2": "{% set x='<'*99999 %}" + "{% set x=x+x %}" * 6 + "{{ x|striptags|length }}",
    "indent": "{{ ('\n'*99999)|indent(99999, blank=true)|length }}",
    "indent str": "{{ ('\n'*99999)|indent('x'*99999, blank=true)|length }}",
    "center": "{{ 'x'|center(10**9) }}",
    "xmlattr": "{{ {'a': ['a'*99999]*99999}|xmlattr }}",
    "urlencode": "{{ (['a'*99999]*99999)|urlencode }}",
    "escape": "{{ (['<'*99999]*99999)|e }}",
    "truncate": "{{ (['a'*99999]*99999)|string|truncate(9) }}",
    "pow": "{{ 9 ** 99999999 }}",
    "neg pow": "{{ 9 ** -99999999 }}",
    "int base": "{{ ('f'*99999)|int(0,16) % 7 }}",
    "int bases": "{% set x = ('f'*9999)|int(0,16) %}{% for a in range(99999) %}{% set y = x % 7 %}{% endfor %}",
    "round": "{{ 5|round(-999999999) }}",
    "round ceil": "{{ 1.5|round(999999999, 'ceil') }}",
    "macro recursion": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "macro tree": "{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "caller": "{% macro f() %}{{ caller() }}{% call f() %}{{ f() }}{% endcall %}{% endmacro %}{% call f() %}x{% endcall %}",
    "block": "{% block a %}{{ self.a() }}{% endblock %}",
    "block tree": "{% block a %}{% for i in range(99) %}{{ self.b() }}{% endfor %}{% endblock %}{% block b %}{% for i in range(99999) %}{% endfor %}{% endblock %}",
    "list in loop": "{% set x=[1]*99999 %}{% for i in range(99999) %}{% if 'b' in x %}{% endif %}{% endfor %}",
    "cuts": "{% set x='a'*99999 %}{% for i in range(99999) %}{% set y = x[1:] %}{% endfor %}",
    "list cuts": "{% set x=[1]*99999 %}{% for i in range(99999) %}{% set y = x[1:] %}{% endfor %}",
    "upper loop": "{% set x='a'*99999 %}{% for i in range(99999) %}{% set y = x|upper %}{% endfor %}",
    "fromkeys": "{% for i in range(9999) %}{% set y = {}.fromkeys(range(99999)) %}{% endfor %}",
    "dict": "{% set d = {}.fromkeys(range(99999)) %}{% for i in range(9999) %}{% set y = dict(d) %}{% endfor %}",
    "groupby": "{% for i in range(9999) %}{% set y = ([{'a':1}]*9999)|groupby('a') %}{% endfor %}",
    "filter block": "{% filter replace('x','y'*99999) %}{{ 'x'*99999 }}{% endfilter %}",
    "autoescape": "{% autoescape true %}{% set x='<'*99999 %}"
    + "{% set x=(x|e)|e ~ x %}" * 20
    + "{{ x|length }}{% endautoescape %}",
    "loop attr": "{% for i in range(99999)|map('string') %}{{ loop.length }}{{ loop.changed(range(99999)|list) }}{% endfor %}",
    "count text": "{% set x='a'*99999 %}{% for i in range(99999) %}{{ x.count('b') }}{% endfor %}",
    "joiner": "{% set j=joiner('x'*99999) %}{% set x %}{% for a in range(99999) %}{{ j() }}{% endfor %}{% endset %}",
    "cycler": "{% set j=cycler('x'*99999) %}{% set x %}{% for a in range(99999) %}{{ j.next() }}{% endfor %}{% endset %}",
    "args": "{% macro f() %}{{ varargs|length }}{% endmacro %}{% for i in range(9999) %}{{ f(*range(99999)) }}{% endfor %}",
    "markup pct": "{{ ('%(a)s'*9999)|safe % {'a': '<'*9999} }}",
    "markup join": "{{ ('x'*9999)|safe.join(['<'*9999]*9999) }}",
    "title": "{% set x='a '*49999 %}" + "{% set x=x+x %}" * 6 + "{{ x|title|length }}",
    "strip": "{% for i in range(9999) %}{% set x = ('a'*99999).strip('b'*9999 ~ 'a') %}{% endfor %}",
    "trim": "{% set x = 'a'*99999 %}" + "{% set x=x+x %}" * 5 + "{{ x|trim('é'*99999 ~ 'a') }}",
    "int text": "{% for i in range(99999) %}{% set y = ('9'*4000)|int %}{% endfor %}",
    "from_bytes": "{% set x = (1).from_bytes(('x'*99999).encode(), 'big') %}{% for i in range(99999) %}{% set y = {x: 1} %}{% endfor %}",
    "long mod": "{% set x = (1).from_bytes(('x'*4999).encode(), 'big') %}{% for i in range(99999) %}{% set y = x % (x - 1) %}{% endfor %}",
    "kwargs": "{% macro f() %}{{ kwargs|length }}{% endmacro %}{% set d = dict([['k', 1]]) %}{% for i in range(9999) %}{% set d = dict(d, **{'k' ~ i: 1}) %}{% endfor %}{% for i in range(9999) %}{% set y = f(**dict(range(9999)|map('string')|batch(2)|map('list'))) %}{% endfor %}",
    "entities": "{% set x = '&lt;'*24999 %}" + "{% set x=x+x %}" * 6 + "{{ x|striptags|length }}",
    "join loop": "{% for i in range(9999) %}{% set x = (['a']*9999)|join('x'*999) %}{% endfor %}",
    "percent loop": "{% for i in range(9999) %}{% set y = '%999s'*999 %}{% set z = y|format(*range(999)) %}{% endfor %}",
    "loop.cycle": "{% for a in range(99999) %}{{ loop.cycle(*range(999)) }}{% endfor %}",
    "map tojson": "{{ ([['a'*99]*9999]*999)|map('tojson')|list|length }}",
    "quadratic in": "{% set a = 'a'*50000 %}{% set b = 'a'*25000 ~ 'b' %}{% for i in range(99999) %}{% set x = b in a %}{% endfor %}",
}
PARTS = 4
SECONDS = 2.0
"""Twice what any may take of an idle processor; a loop that is timed beside says how idle it is."""
LOOP_S = 0.03
"""What that loop takes of an idle one."""


def bombs_of(part: int) -> dict[str, str]:
    """One part's share of the bombs, of each kind some."""
    return dict(list(BOMBS.items())[part::PARTS])


def asked(template: str) -> Renderer:
    return Renderer(Prompt("p", (Message("user", template),), revision=REVISION))


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of memory is Linux's")
@pytest.mark.exhaustive
@pytest.mark.parametrize("part", range(PARTS))
def test_a_bomb_is_refused_before_it_takes_memory_or_time(part: int) -> None:
    """In a child that may take 100 MB more than it begins with. The times are of the processor,
    and by a usual loop beside each, so that a slow or busy machine makes no difference.
    """
    script = Path(__file__)
    done = subprocess.run(
        [sys.executable, script, str(part)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    messages, slow = json.loads(done.stdout)
    assert messages.keys() == bombs_of(part).keys()
    assert not slow
    for name, message in messages.items():
        assert re.match(r"line \d of the template", message), name
        assert name in DEEP or "too much memory" not in message, name


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{% for i in range(20000) %}{{ i }}{% endfor %}", "".join(map(str, range(20000)))),
        ("{{ words|join(', ')|length }}", "1777998"),
        ("{% for w in words if w == 'word7' %}{{ loop.index }}{% endfor %}", "1"),
        ("{{ words|map('upper')|unique|list|length }}", "1000"),
        ("{% for r in rows %}{% if r.id in ids %}{{ r.id }},{% endif %}{% endfor %}", "1,2," * 1),
        ("{{ text|replace('a', 'bb')|length }}", "4000000"),
        ("{{ '%.2f %s' % (3.14159, 'x') }} {{ '%5d' % 7 }}", "3.14 x     7"),
        ("{{ ('a b' * 3).split()|join('-') }} {{ text[:3] }}", "a-ba-ba-b aaa"),
    ],
)
def test_large_templates_of_a_usual_kind_are_rendered(template: str, text: str) -> None:
    given = {
        "words": [f"word{i % 1000}" for i in range(200_000)]
        if "join" in template
        else [f"word{i}" for i in range(1000)],
        "rows": [{"id": i} for i in range(2000)],
        "ids": [1, 2],
        "text": "a" * 2_000_000,
    }
    given = {name: value for name, value in given.items() if name in template}
    assert asked(template).render(given)[0].content == text


def test_what_one_rendering_took_is_not_held_against_the_next() -> None:
    renderer = asked("{% for i in range(50000) %}{% endfor %}x")
    for _ in range(6):
        assert renderer.render({})[0].content == "x"


@pytest.mark.parametrize(
    "template",
    [
        "{% if x %}" * 120,
        "{{ " + "(" * 400 + "x" + ")" * 400 + " }}",
        "{{ " + "9" * 9999 + " }}",
        "{% for a in x %}" * 30 + "{% endfor %}" * 30,
    ],
)
def test_what_python_cannot_compile_is_refused_with_our_error(template: str) -> None:
    with pytest.raises(TemplateError, match="template") as caught:
        asked(template)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("part", ["{{ x }}", "{% for a in x %}{% endfor %}", "{{ [1, 2] }}"])
def test_a_draft_whose_templates_would_take_long_to_compile_is_refused(part: str) -> None:
    with pytest.raises(DraftError, match="words and signs stand in its tags, and 10,000 may"):
        parse_prompty(f"---\nname: p\n---\nuser:\n{part * 3000}")
    text = "word { } % " * 20_000
    assert parse_prompty(f"---\nname: p\n---\nuser:\n{part * 100}{text}").messages


def _blow_up(part: int) -> tuple[dict[str, str], dict[str, float]]:
    """What each is refused with, and those that took too long each of three times."""
    import resource

    asked("{{ x }}").render({"x": 1})
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MORE_BYTES, held + MORE_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (180, 180))
    messages: dict[str, str] = {}
    slow: dict[str, float] = {}
    for name, template in bombs_of(part).items():
        for _ in range(3):
            took = _seconds(lambda template=template, name=name: _refused(template, name, messages))
            if took > SECONDS / 3:
                took *= LOOP_S / _seconds(lambda: sum(i * i for i in range(500_000)))
            if took < SECONDS:
                slow.pop(name, None)
                break
            slow[name] = took
    return messages, slow


def _refused(template: str, name: str, messages: dict[str, str]) -> None:
    try:
        asked(template).render({})
    except TemplateError as error:
        messages[name] = error.message


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_blow_up(int(sys.argv[1]))))
