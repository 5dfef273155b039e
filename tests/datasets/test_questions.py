"""A question is known again by what is sent of it, whatever else its row holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.distinct import distinct, questions
from workbench.datasets.questions import question_digest, seen_text, sent_digests
from workbench.datasets.readers import read_dataset
from workbench.datasets.values import Case
from workbench.errors import TemplateError
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Message, Prompt

TEXTS = st.text(st.sampled_from("ab 7.-tTrue{[\n"), max_size=8)


def prompt(template: str) -> Prompt:
    return Prompt("p", (Message("user", template),))


@pytest.mark.parametrize(
    ("template", "rows", "wanted"),
    [
        ("{{ q }}", [{"q": "x", "note": "1"}, {"q": "x", "note": "2"}], 1),
        ("{{ q }}{% if note %}{% endif %}", [{"q": "x", "note": "1"}, {"q": "x", "note": "2"}], 1),
        ("{{ q }} {{ note }}", [{"q": "x", "note": "1"}, {"q": "x", "note": "2"}], 2),
        ("{{ q }}", [{"q": "x"}, {"q": " x "}], 1),
        ("A: {{ q | trim }}.", [{"q": "x"}, {"q": " x "}], 1),
        ("A: {{ q }}.", [{"q": "x"}, {"q": " x "}], 2),
        ("{{ q | lower }}", [{"q": "x"}, {"q": "X"}], 1),
        ("{{ q[:3] }}", [{"q": "abcd"}, {"q": "abce"}], 1),
        ("{{ q }}", [{"q": 7}, {"q": "7"}], 1),
        ("{{ q }}", [{"q": "caf\u00e9", "n": "1"}, {"q": "cafe\u0301", "n": "2"}], 1),
        ("{{ q }}", [{"q": "ab", "n": "1"}, {"q": "a\u200bb\u2060", "n": "2"}], 1),
        ("{{ q }}", [{"q": "a b"}, {"q": "a  b"}], 2),
    ],
)
def test_cases_that_are_sent_alike_are_one_group_and_all_of_them_count(
    template: str, rows: list[dict[str, object]], wanted: int
) -> None:
    cases = [Case(str(number), row, "ok") for number, row in enumerate(rows)]
    asked = distinct(cases, [prompt(template)])
    assert (len(asked), questions(asked)) == (len(cases), wanted)


def test_a_group_that_was_declared_stays() -> None:
    cases = [Case(str(n), {"q": "x", "note": str(n)}, "ok", group=f"g{n // 2}") for n in range(4)]
    assert distinct(cases, [prompt("{{ q }}")]) == tuple(cases)


def test_cases_that_one_of_two_prompts_tells_apart_are_two_questions() -> None:
    cases = [Case(str(n), {"q": "x", "note": str(n)}, "ok") for n in range(3)]
    narrow, wide = prompt("{{ q }}"), prompt("{{ q }} {{ note }}")
    counts = [questions(distinct(cases, p)) for p in ([narrow], [narrow, wide], [])]
    assert counts == [1, 3, 3]


def test_a_question_has_the_same_digest_in_every_format(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "q": "say hi", "n": 7, "vip": True, "expected": {"a": [1, 1.5]}},
        {"id": "2", "q": "two\nlines", "n": 1.5, "vip": False, "expected": "ok"},
    ]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "c.csv").write_bytes(
        b'id,q,n,vip,unused,expected\r\n1,say hi ,7,TRUE,x,"{""a"": [1, 1.50]}"\r\n'
        b'2,"two\r\nlines",1.50,false,y,ok\r\n'
    )
    (tmp_path / "c.yaml").write_text(
        "- {id: 1, q: say hi, n: 7, vip: true, expected: {a: [1, 1.5]}}\n"
        '- {id: 2, q: "two\\nlines", n: 1.50, vip: false, expected: ok}\n'
    )
    names = {"q", "n", "vip"}
    digests = {
        tuple(question_digest(case, names) for case in read_dataset(path).cases)
        for path in tmp_path.iterdir()
    }
    assert len(digests) == 1


@given(st.dictionaries(st.sampled_from(["q", "note"]), TEXTS), TEXTS)
def test_an_unused_input_never_changes_the_digest_and_a_used_one_does(
    inputs: dict[str, str], expected: str
) -> None:
    digest = question_digest(Case("1", inputs, expected), {"q"})
    assert digest == question_digest(Case("2", {**inputs, "note": "another"}, expected), {"q"})
    other = {**inputs, "q": inputs.get("q", "").strip() + "z"}
    assert digest != question_digest(Case("3", other, expected), {"q"})


@given(st.text(max_size=20))
def test_what_is_seen_of_a_text_is_seen_of_it_again(text: str) -> None:
    seen = seen_text(text)
    assert seen_text(seen) == seen == seen_text(f"\u200b{seen}\u2060")


def test_a_prompt_that_cannot_be_rendered_tells_its_cases_by_what_it_uses() -> None:
    failing = prompt("{{ q.name.first }}")
    cases = [Case(str(n), {"q": "x", "unused": str(n)}) for n in range(2)]
    assert sent_digests(failing, cases) == (question_digest(cases[0], {"q"}),) * 2


def test_plain_cases_keep_the_digest_that_earlier_records_have() -> None:
    case = Case("1", {"q": "x", "n": 3}, {"a": "b"})
    assert question_digest(case, {"q", "n"}) == case.digest


def test_a_template_that_fails_for_the_cases_is_not_tried_on_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    def fail(renderer: Renderer, inputs: object) -> None:
        tried.append(inputs)
        raise TemplateError("it took too long")

    monkeypatch.setattr(Renderer, "render", fail)
    cases = [Case(str(n), {"q": str(n % 50)}) for n in range(1_000)]
    assert len(distinct(cases, [prompt("{{ q }}")])) == 50
    assert len(tried) < 50
