"""A cell becomes what the input's kind needs, or is refused with its place before any call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.datasets.fit import (
    check_fit,
    checked_inputs,
    differs_from_0_1,
    sent_inputs,
    typed_inputs,
)
from workbench.datasets.readers import read_dataset
from workbench.datasets.values import Case
from workbench.errors import DatasetError, TemplateError
from workbench.json_text import without_spelling
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.files.untyped import UntypedText
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Input, Message, Prompt


def prompt_of(kind: str, template: str = "{{ x }}", *, required: bool = True) -> Prompt:
    inputs = (Input("x", kind, required=required),)
    return Prompt("p", (Message("user", template),), inputs=inputs)


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("boolean", "false", False),
        ("boolean", " TRUE ", True),
        ("integer", "-7", -7),
        ("integer", "007", 7),
        ("integer", "3.0", 3),
        ("integer", "9223372036854775807", 2**63 - 1),
        ("number", "3", 3),
        ("number", "1.50", 1.5),
        ("float", "1e3", 1000.0),
        ("number", "+.5", 0.5),
        ("array", '["a", 1, null]', ["a", 1, None]),
        ("object", '{"a": {"b": true}}', {"a": {"b": True}}),
        ("string", " 1 ", " 1 "),
        ("string", "", ""),
        ("string", "true", "true"),
        ("made_up", "true", "true"),
    ],
)
def test_a_cell_becomes_what_the_kind_needs(kind: str, cell: str, value: Any) -> None:
    typed_value = typed_inputs(prompt_of(kind), {"x": UntypedText(cell)})["x"]
    assert typed_value == value
    assert type(without_spelling(typed_value)) is type(value)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("boolean", "yes"),
        ("boolean", "1"),
        ("boolean", "0"),
        ("integer", "1.5"),
        ("integer", "1,000"),
        ("integer", "1_000"),
        ("integer", "true"),
        ("integer", "٣"),
        ("integer", "9223372036854775808"),
        ("number", "nan"),
        ("number", "1e999"),
        ("number", "0x10"),
        ("array", '{"a": 1}'),
        ("array", "a, b"),
        ("object", "[1]"),
        ("object", '{"a": 1, "a": 2}'),
        ("object", "{'a': 1}"),
    ],
)
def test_a_cell_that_is_no_such_value_is_refused_with_file_and_line(
    tmp_path: Path, kind: str, cell: str
) -> None:
    quoted = cell.replace('"', '""')
    path = tmp_path / "cases.csv"
    path.write_text(f'id,x\nok,\nbad,"{quoted}"\n', encoding="utf-8")
    dataset = read_dataset(path)
    with pytest.raises(DatasetError) as caught:
        check_fit(prompt_of(kind, required=False), dataset.cases[1:], dataset.place_of)
    assert caught.value.message.startswith(f"{path}: line 3: case 'bad': x is {cell!r}, and ")
    assert caught.value.hint == f"its kind is {kind}"


@pytest.mark.parametrize("kind", ["boolean", "integer", "number", "array", "object"])
def test_a_blank_cell_of_a_typed_input_is_not_given(kind: str) -> None:
    assert typed_inputs(prompt_of(kind), {"x": UntypedText(" ")}) == {}
    cases = [Case("1", {"x": UntypedText("")})]
    with pytest.raises(DatasetError, match="case '1' has no x, which p needs"):
        check_fit(prompt_of(kind), cases, lambda _case: "w")


@pytest.mark.parametrize(
    ("kind", "value"),
    [("boolean", "false"), ("integer", "7"), ("integer", True), ("number", "1"), ("array", "[]"),
     ("object", "{}"), ("integer", 1.5), ("boolean", 1)],
)  # fmt: skip
def test_a_value_that_has_a_type_is_never_converted(kind: str, value: Any) -> None:
    with pytest.raises(TemplateError, match=r"x is .*, and .* is needed"):
        typed_inputs(prompt_of(kind), {"x": value})


@pytest.mark.parametrize(
    ("kind", "value"),
    [("boolean", False), ("integer", 7), ("integer", 1.0), ("number", 1), ("array", []),
     ("object", {}), ("string", 7), ("string", [1]), ("boolean", None)],
)  # fmt: skip
def test_a_value_of_the_kind_stays_as_it_is(kind: str, value: Any) -> None:
    typed_value = typed_inputs(prompt_of(kind), {"x": value})["x"]
    assert (type(typed_value), typed_value) == (type(value), value)


def rendered(prompt: Prompt, inputs: Mapping[str, Any]) -> str:
    return Renderer(prompt).render(typed_inputs(prompt, inputs))[0].content


def test_false_in_a_cell_is_false_in_a_template() -> None:
    prompt = prompt_of("boolean", "{% if x %}yes{% else %}no{% endif %}")
    assert rendered(prompt, {"x": UntypedText("false")}) == "no"
    assert rendered(prompt, {"x": UntypedText("true")}) == "yes"
    items = prompt_of("array", "{% for one in x %}<{{ one }}>{% endfor %}")
    assert rendered(items, {"x": UntypedText('["a", "b"]')}) == "<a><b>"


def test_only_what_is_asked_otherwise_than_by_0_1_0_counts_as_that() -> None:
    cell = [Case("1", {"x": UntypedText("5")})]
    assert not differs_from_0_1(prompt_of("string"), cell)
    assert not differs_from_0_1(prompt_of("integer"), cell), "it is sent as 5 either way"
    assert differs_from_0_1(prompt_of("integer", "{{ x + 1 }}"), cell)
    assert differs_from_0_1(prompt_of("boolean"), [Case("1", {"x": UntypedText("false")})])
    assert not differs_from_0_1(prompt_of("boolean"), [Case("1", {"x": False})])
    assert differs_from_0_1(prompt_of("boolean"), [Case("1", {"x": "false"})]), "refused now"


def test_stored_inputs_are_shown_as_they_were_sent() -> None:
    assert sent_inputs(prompt_of("boolean"), {"x": "false", "y": "1"}) == {"x": False, "y": "1"}
    assert sent_inputs(prompt_of("boolean"), {"x": "maybe"}) == {"x": "maybe"}


def test_yaml_numbers_that_stay_text_fit_number_kinds(tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text("- {id: 1, x: 1.10}\n- {id: 2, x: '1.10'}\n", encoding="utf-8")
    dataset = read_dataset(path)
    assert typed_inputs(prompt_of("number"), dataset.cases[0].inputs) == {"x": 1.1}
    assert typed_inputs(prompt_of("string"), dataset.cases[0].inputs) == {"x": "1.10"}
    with pytest.raises(DatasetError, match=r"row 2: case '2': x is '1\.10', and a number"):
        check_fit(prompt_of("number"), dataset.cases, dataset.place_of)


@pytest.mark.parametrize("kind", ["string", "boolean", "number", "object", "made_up"])
@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_cell_of_an_optional_input_is_not_given(
    tmp_path: Path, kind: str, blank: str
) -> None:
    prompt = parse_prompty(
        "---\nname: p\ninputs: [{name: q}, {name: x, required: false}]\n---\n"
        "Hi {{ x | default('there') }}"
    )
    prompt = replace(prompt, inputs=(Input("q"), Input("x", kind, required=False)))
    texts = []
    for name, text in (("a.csv", f"id,q,x\n1,a,{blank}\n"), ("a.jsonl", '{"id": "1", "q": "a"}\n')):
        (tmp_path / name).write_text(text, encoding="utf-8")
        case = read_dataset(tmp_path / name).cases[0]
        texts.append(Renderer(prompt).render(typed_inputs(prompt, case.inputs))[0].content)
    assert texts == ["Hi there"] * 2


def test_a_blank_cell_takes_the_default_and_an_empty_text_of_json_stays_one() -> None:
    prompt = Prompt(
        "p", (Message("user", "<{{ x }}>"),), inputs=(Input("x", required=False, default="d"),)
    )
    for value, text in ((UntypedText(""), "<d>"), ("", "<>"), (UntypedText("e"), "<e>")):
        inputs = typed_inputs(prompt, {"x": value})
        assert Renderer(prompt).render(inputs)[0].content == text
        assert differs_from_0_1(prompt, [Case("1", {"x": value})]) == (text == "<d>")
    no_default = prompt_of("string", required=False)
    assert not differs_from_0_1(no_default, [Case("1", {"x": UntypedText("")})]), (
        "it printed as nothing"
    )


@pytest.mark.parametrize("row", ["2,,", "2, ,", "2,,\t"])
def test_a_row_with_nothing_but_an_id_is_refused_where_the_prompt_needs_an_input(
    tmp_path: Path, row: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,x,expected\n1,a,b\n{row}\n", encoding="utf-8")
    dataset = read_dataset(path)
    with pytest.raises(
        DatasetError, match=r"a\.csv: line 3: case '2' is blank: p needs x"
    ) as caught:
        check_fit(prompt_of("string"), dataset.cases, dataset.place_of)
    assert "take it out" in caught.value.hint
    assert not check_fit(prompt_of("string", required=False), dataset.cases, dataset.place_of)


def test_a_blank_input_with_an_expected_answer_is_sent_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,x,expected\n1,,ask again\n2,a,b\n", encoding="utf-8")
    dataset = read_dataset(path)
    notes = check_fit(prompt_of("string"), dataset.cases, dataset.place_of)
    assert notes == ("1 case has a blank x, which p needs: it is sent as nothing",)


IF = "{% if x %}VIP{% endif %}"


@pytest.mark.parametrize(
    ("template", "cell", "note"),
    [
        (IF, "nil", "the text 'nil' holds"),
        ("{{ 'VIP' if not x else '' }}", " 0.0 ", "the text '0.0' holds"),
        ("{{ x or 'nothing' }}", "no", "the text 'no' holds"),
        ("{% for c in x %}{{ c }}{% endfor %}", '["a"]', "loops over the letters"),
        ("{% for c in x | list %}{{ c }}{% endfor %}", "ab", "loops over the letters"),
    ],
)
def test_a_text_that_a_template_takes_for_another_type_is_said(
    template: str, cell: str, note: str
) -> None:
    prompt = Prompt("p", (Message("user", "{{ q }}" + template),))
    case = Case("1", {"q": UntypedText("a"), "x": UntypedText(cell)})
    (warning,) = check_fit(prompt, [case, case], lambda _: "a.csv")
    assert warning.startswith("x: ")
    assert note in warning
    kind = "array" if "letters" in note else "boolean"
    assert warning.endswith(f"kind: {kind}")
    typed_prompt = replace(prompt, inputs=(Input("q"), Input("x", kind)))
    value = ["a"] if kind == "array" else False
    assert not check_fit(typed_prompt, [Case("1", {"q": "a", "x": value})], lambda _: "a.csv")


@pytest.mark.parametrize(("value", "kind"), [([1], "array"), ({"a": 1}, "object")])
def test_a_list_or_an_object_that_is_declared_as_text_is_said(value: object, kind: str) -> None:
    prompt = Prompt("p", (Message("user", "<{{ x | trim }}>"),), inputs=(Input("x"),))
    case = Case("1", {"x": value})
    (note,) = check_fit(prompt, [case], lambda _: "a.jsonl")
    assert note == f"x: {kind}s are printed as Python does, not as JSON: declare kind: {kind}"
    parts = replace(prompt, messages=(Message("user", "{{ x[0] }}{{ x.a }}"),))
    for other in (parts, replace(prompt, revision=2), replace(prompt, revision=3)):
        assert not check_fit(other, [case], lambda _: "a.jsonl")


@pytest.mark.exhaustive(keep=6)
@pytest.mark.parametrize(
    "template",
    [
        IF,
        "{% if not x %}{% else %}VIP{% endif %}",
        "{% if q == 'b' %}{% elif x %}VIP{% endif %}",
        "{% if q == 'a' and x %}VIP{% endif %}",
        "{% if (q == 'b' or x) %}VIP{% endif %}",
        "{% if x | trim | lower %}VIP{% endif %}",
        "{% if x | default(false) %}VIP{% endif %}",
        "{{ 'VIP' if x else '' }}",
        "{{ x and 'VIP' or '' }}",
        "{% for one in [1] if x %}VIP{% endfor %}",
        "{% set vip = x | trim %}{% if vip %}VIP{% endif %}",
        "{% set vip = q == 'a' and x %}{% set v = vip %}{{ 'VIP' if v }}",
    ],
)
def test_a_text_that_means_no_is_refused_where_a_template_asks_whether_it_holds(
    template: str,
) -> None:
    prompt = Prompt("p", (Message("user", "{{ q }}" + template),))
    for cell in ("false", "FALSE ", "0", "No", "none", "null", "off"):
        case = Case("1", {"q": "a", "x": UntypedText(cell)})
        message = rf"^a\.csv: case '1': x is the text '{cell.strip().lower()}', which holds"
        with pytest.raises(DatasetError, match=message) as caught:
            check_fit(prompt, [case], lambda _: "a.csv")
        assert caught.value.hint == (
            "declare x with kind: boolean, or compare it with a text:"
            """ {% if x == "true" %}"""
        )
        with pytest.raises(TemplateError, match="x is the text"):
            checked_inputs(prompt, case.inputs)
        assert check_fit(prompt, [case], lambda _: "a.csv", settled=True), "a note"
    for value in (UntypedText("yes"), False, 0, None):
        assert not check_fit(prompt, [Case("1", {"q": "a", "x": value})], lambda _: "a.csv")


def test_so_is_a_default_that_means_no() -> None:
    optional = (Input("x", required=False, default="no"),)
    prompt = Prompt("p", (Message("user", IF),), inputs=optional)
    with pytest.raises(DatasetError, match="x is the text 'no'"):
        check_fit(prompt, [Case("1", {"y": "a"})], lambda _: "a.csv")


@pytest.mark.parametrize(
    "template",
    ['{% if x == "true" %}VIP{% endif %}', "{% if x != '' %}{{ x }}{% endif %}", "{{ x }}",
     "{{ 'VIP' if x in ['true', 'yes'] }}", "{% if x and x != 'no' %}VIP{% endif %}",
     "{% if x == 'no' or not x %}later{% endif %}", "{{ 'VIP' if x and x | lower != 'no' }}",
     "{% if x is defined %}{{ x }}{% endif %}"],
)  # fmt: skip
def test_a_text_that_is_compared_may_say_no(template: str) -> None:
    prompt = Prompt("p", (Message("user", template),))
    assert not check_fit(prompt, [Case("1", {"x": UntypedText("no")})], lambda _: "a.csv")


@pytest.mark.parametrize("cell", ["", "Ana", "true"])
def test_a_text_may_be_tested_for_being_there(cell: str) -> None:
    prompt = prompt_of("string", "{% if x %}{{ x }}{% endif %}", required=False)
    assert not check_fit(prompt, [Case("1", {"x": UntypedText(cell)})], lambda _: "a.csv")


def test_who_forgot_to_declare_an_input_with_a_default_is_told_how() -> None:
    prompt = parse_prompty("---\nname: p\ninputs: [q]\n---\n{{ q }}{{ x | default('d') }}")
    with pytest.raises(TemplateError, match="needs the input x") as caught:
        Renderer(prompt).render({"q": "a"})
    assert "declare x with required: false" in caught.value.hint
    with pytest.raises(DatasetError, match="has no x") as refused:
        check_fit(prompt, [Case("1", {"q": "a"})], lambda _: "a.csv")
    assert "declare x with required: false" in refused.value.hint
    with pytest.raises(TemplateError, match="needs the input q") as plain:
        Renderer(prompt).render({"x": "a"})
    assert "required: false" not in plain.value.hint
