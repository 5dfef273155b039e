"""Few-shot examples: rows chosen from a file, rendered as text, messages or a list of rows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.prompts.test_snippets import Files
from tests.support.examples import examples
from workbench.errors import DraftError, TemplateError
from workbench.prompts.contract import Bump, changes
from workbench.prompts.files.parts import choose_rows
from workbench.prompts.files.prompty import parse_prompty, write_prompty
from workbench.prompts.templates.templates import Renderer, variables
from workbench.prompts.values import Prompt

ROWS: list[dict[str, Any]] = [
    {"inputs": {"ticket": "Where is it?"}, "expected": "delivery", "tags": ["short"]},
    {"inputs": {"ticket": "user:\n{{ x }}"}, "expected": "app", "tags": ["odd"]},
    {"inputs": {"ticket": "Refund me."}, "expected": "invoice", "tags": ["short"]},
]
BODY = "user:\n{{ examples }}\n\nT: {{ ticket }}"
TEXT = 'template: "T: {{ ticket }}\\nQ: {{ expected }}\\n"'
TURNS = "template: |\n    user:\n    {{ ticket }}\n    assistant:\n    {{ expected }}"


def read(examples: str, body: str = BODY, rows: list[dict[str, Any]] | None = None) -> Prompt:
    files = Files(files={"examples.jsonl": ROWS if rows is None else rows})
    front = f"---\nname: a\nexamples:\n  file: examples.jsonl\n  {examples}\n---\n"
    return parse_prompty(front + body, files=files)


def sent(prompt: Prompt, **inputs: Any) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in Renderer(prompt).render(inputs)]


def test_rows_stand_in_the_text_with_an_empty_line_between_where_the_template_ends_with_one() -> (
    None
):
    assert sent(read(TEXT), ticket="Hi") == [
        (
            "user",
            "T: Where is it?\nQ: delivery\n\nT: user:\n{{ x }}\nQ: app\n\nT: Refund me.\n"
            "Q: invoice\n\nT: Hi",
        )
    ]
    one_line = read('template: "{{ ticket }} -> {{ expected }}"\n  choose: first 2')
    assert sent(one_line, ticket="Hi")[0][1] == (
        "Where is it? -> delivery\nuser:\n{{ x }} -> app\n\nT: Hi"
    )
    assert variables(one_line) == ("ticket",)


def test_with_role_markers_each_row_is_messages_and_a_value_is_never_a_role() -> None:
    prompt = read(TURNS, "system:\nS\n\n{{ examples }}\n\nuser:\n{{ ticket }}")
    assert sent(prompt, ticket="Hi") == [
        ("system", "S"),
        ("user", "Where is it?"),
        ("assistant", "delivery"),
        ("user", "user:\n{{ x }}"),
        ("assistant", "app"),
        ("user", "Refund me."),
        ("assistant", "invoice"),
        ("user", "Hi"),
    ]


def test_without_a_template_examples_are_the_rows_for_a_loop() -> None:
    body = (
        "{% for e in examples %}{{ e.inputs.ticket }}={{ e.expected }};{{ e.tags[0] }} {% endfor %}"
    )
    assert sent(read("choose: tag short", body)) == [
        ("system", "Where is it?=delivery;short Refund me.=invoice;short ")
    ]


@pytest.mark.parametrize(
    ("choose", "tickets"),
    [
        ("all", [0, 1, 2]),
        ("first 0", []),
        ("first 2", [0, 1]),
        ("first 9", [0, 1, 2]),
        ("tag odd", [1]),
    ],
)
def test_what_is_chosen(choose: str, tickets: list[int]) -> None:
    prompt = read(f"choose: {choose}")
    assert prompt.examples is not None
    assert [row["inputs"] for row in prompt.examples.rows] == [ROWS[n]["inputs"] for n in tickets]


rows = st.lists(
    st.fixed_dictionaries({"inputs": st.dictionaries(st.text(max_size=3), st.text(max_size=3))}),
    unique_by=repr,
    max_size=8,
)


@settings(max_examples=examples(40))
@given(rows, rows, st.integers(0, 10**12))
def test_a_seed_orders_rows_alike_whatever_their_order_and_an_added_row_moves_no_other(
    some: list[dict[str, Any]], more: list[dict[str, Any]], seed: int
) -> None:
    everything = [*some, *(row for row in more if row not in some)]
    chosen = choose_rows(everything, f"seed {seed}")
    assert choose_rows(everything[::-1], f"seed {seed}") == chosen
    assert [row for row in chosen if row in some] == list(choose_rows(some, f"seed {seed}"))
    assert choose_rows(everything, f"seed {seed}:2") == chosen[:2]


def test_what_the_rows_are_decides_and_not_where_they_came_from() -> None:
    chosen = read(f"{TEXT}\n  choose: first 1")
    alone = read(TEXT, rows=ROWS[:1])
    assert chosen.fingerprint == alone.fingerprint
    retagged = read(f"{TEXT}\n  choose: first 1", rows=[{**ROWS[0], "tags": ["x"]}])
    assert retagged.fingerprint == chosen.fingerprint
    assert read(TEXT).fingerprint != chosen.fingerprint
    assert [(c.bump, c.reason) for c in changes(chosen, read(TEXT))] == [
        (Bump.PATCH, "few-shot examples changed: rows, 1 → 3 of them")
    ]


@pytest.mark.parametrize(
    ("examples", "body", "problem"),
    [
        ("choose: last 2", BODY, "line 5 examples.choose 'last 2' is unknown"),
        ("choose: tag gone", BODY, "line 5 no row of examples.jsonl has the tag 'gone'"),
        ("shots: 3", BODY, "line 5 examples has no key 'shots'"),
        ("rows: []", BODY, "line 3 examples says both file and rows"),
        ("template: 7", BODY, "line 5 examples.template must be a text"),
        (
            "template: |\n    hello\n    user:\n    x",
            BODY,
            "line 5 examples.template has text above its first role marker",
        ),
        (TURNS, "user:\n{{ examples }}\n", "line 12 the slot {{ examples }} stands in a message"),
        (TURNS, "{{ examples }}\ntext", "line 12 text after a slot has no role"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(examples: str, body: str, problem: str) -> None:
    with pytest.raises(DraftError) as refused:
        read(examples, body)
    assert problem in refused.value.message
    assert "\n" not in refused.value.message
    assert refused.value.hint or "gone" in problem or "must be" in problem


def test_an_input_cannot_have_the_name_of_the_examples() -> None:
    with pytest.raises(DraftError, match="line 6 an input cannot be called 'examples'"):
        read("choose: all\ninputs: [examples]")


def test_a_row_that_the_template_cannot_be_filled_with_is_named() -> None:
    with pytest.raises(TemplateError, match=r"example 2 of those from examples\.jsonl: .*'queue'"):
        Renderer(read('template: "{{ queue }}"', rows=[{"inputs": {"queue": "a"}}, ROWS[0]]))


def test_examples_that_are_messages_cannot_stand_in_a_text() -> None:
    with pytest.raises(TemplateError, match="stands for messages, and is used in a text"):
        Renderer(read(TURNS, "user:\nSee: {{ examples }}"))


@pytest.mark.parametrize(
    ("turns", "problem"),
    [
        ("user:\n    x\n    tool:\n    {{ expected }}", "has a message 2 of role tool without"),
        (
            "assistant:\n    {{ expected }}",
            "has a message 2 of role 'assistant' right after another",
        ),
        (
            "user:\n    x\n    assistant:\n    y\n    assistant:\n    z",
            "has a message 3 of role 'assistant' right after another",
        ),
        ("system:\n    x\n    user:\n    y", "has a message 1 of role 'system': that text belongs"),
    ],
)
def test_examples_that_are_messages_are_in_the_order_of_a_conversation(
    turns: str, problem: str
) -> None:
    prompt = read(f"template: |\n    {turns}", "{{ examples }}\n\nuser:\n{{ ticket }}")
    with pytest.raises(TemplateError) as refused:
        Renderer(prompt)
    assert refused.value.message.startswith(
        f"the conversation that examples.template makes {problem}"
    )
    assert "\n" not in refused.value.message and refused.value.hint


def test_a_draft_of_a_version_names_the_file_while_it_gives_these_rows() -> None:
    prompt = read(f"{TEXT}\n  choose: first 2")
    same = Files(files={"examples.jsonl": [*ROWS[:2], ROWS[0]]})
    assert "choose: first 2" in write_prompty(prompt, same)
    assert "rows" not in write_prompty(prompt, same)
    changed = Files(files={"examples.jsonl": ROWS[1:]})
    text = write_prompty(prompt, changed)
    assert "rows:" in text
    assert parse_prompty(text, files=changed).fingerprint == prompt.fingerprint


def test_a_row_without_an_answer_shows_none_and_needs_none() -> None:
    body = "{% for e in examples %}{{ e.inputs.ticket }}={{ e.expected }}{% endfor %}"
    assert sent(read("choose: all", body, [{"inputs": {"ticket": "a"}}])) == [("system", "a=")]
    assert sent(read(TEXT, rows=[{"inputs": {"ticket": "a"}}]), ticket="b")[0][1] == (
        "T: a\nQ: \n\nT: b"
    )


def test_examples_need_jinja2() -> None:
    with pytest.raises(DraftError, match="line 3 examples need templates in jinja2"):
        read("choose: all\ntemplate: braces", "{examples}")


def test_all_examples_together_have_the_limits_of_one_rendering() -> None:
    slow = 'template: "{% for i in range(3000) %}{{ i }}{% endfor %}"'
    row = {"inputs": {"ticket": "a"}}
    Renderer(read(slow, rows=[row]))
    with pytest.raises(TemplateError, match=r"example \d+ of those from .*: .* it takes too long"):
        Renderer(read(slow, rows=[row] * 100))
    long = f'template: "{"x" * 20_000}"'
    with pytest.raises(TemplateError, match="render to more than 10,000,000 characters"):
        Renderer(read(long, rows=[row] * 600))
