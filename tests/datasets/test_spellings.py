"""A number is sent as its file writes it, in every format, and counts as the number that it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.datasets.distinct import check_consistent, distinct
from workbench.datasets.fit import check_fit, differs_from_0_1, typed_inputs
from workbench.datasets.questions import question_digest
from workbench.datasets.readers import read_dataset
from workbench.datasets.values import Case, Dataset
from workbench.json_text import loads
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import FIRST_REVISION, Input, Message, Prompt
from workbench.runs.store.contents.case_sets import packed, unpacked
from workbench.runs.store.forgetting import inputs_digest
from workbench.runs.store.rows import read_case

SPELLINGS = ["1.50", "1e3", "1.0", "12345678901234567890.0", "-0.0", "2.50E+1"]


def dataset(folder: Path, ending: str, *spellings: str) -> Dataset:
    rows = {
        ".jsonl": '{{"id": "{n}", "inputs": {{"x": {x}}}}}\n',
        ".csv": "{n},{x}\n",
        ".yaml": "- {{id: '{n}', inputs: {{x: {x}}}}}\n",
    }
    text = "".join(rows[ending].format(n=n, x=x) for n, x in enumerate(spellings))
    path = folder / f"cases{ending}"
    path.write_text("id,x\n" + text if ending == ".csv" else text)
    return read_dataset(path)


def sent(template: str, case: Case, kind: str = "number") -> str:
    prompt = parse_prompty(f"---\nname: p\ninputs: [{{name: x, kind: {kind}}}]\n---\n"
                           f"user:\n{template}\n")  # fmt: skip
    check_fit(prompt, [case], lambda _case: "w")
    return Renderer(prompt).render(typed_inputs(prompt, case.inputs))[0].content


@pytest.mark.exhaustive(keep=8)
@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".yaml"])
@pytest.mark.parametrize(
    "template", ["{{ x }}", "{{ x | tojson }}", "{{ [x] | join }}", "{{ '' ~ x }}"]
)
def test_a_number_is_sent_as_it_is_written(tmp_path: Path, ending: str, template: str) -> None:
    read = dataset(tmp_path, ending, *SPELLINGS)
    assert [sent(template, case) for case in read.cases] == SPELLINGS


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".yaml"])
def test_a_template_calculates_with_it(tmp_path: Path, ending: str) -> None:
    (case,) = dataset(tmp_path, ending, "1.50").cases
    template = (
        "{{ x * 2 }} {{ x + 1 }} {{ -x }} {{ x | round(1) }} {{ '%.3f' % x }} {{ x == 1.5 }}"
        " {% if x < 2 %}low{% endif %} {{ [x, 3] | max }} {{ {1.5: 'a'}[x] }} {{ x | int }}"
    )
    assert sent(template, case) == "3.0 2.5 -1.5 1.5 1.500 True low 3 a 1"


def test_numbers_inside_an_object_of_yaml_are_numbers_as_in_json(tmp_path: Path) -> None:
    template = "{{ x.p }} {{ x.p + 1 }} {{ x.q[0] }} {{ x | tojson }} {{ x.t }}"
    inside = "{p: 1.50, q: [1e3], t: '1.50'}", '{"p": 1.50, "q": [1e3], "t": "1.50"}'
    for ending, text in zip((".yaml", ".jsonl"), inside, strict=True):
        (case,) = dataset(tmp_path, ending, text).cases
        rendered = sent(template, case, "object")
        assert rendered == '1.50 2.5 1e3 {"p": 1.50, "q": [1e3], "t": "1.50"} 1.50'


def test_a_cell_of_kind_integer_becomes_the_whole_number(tmp_path: Path) -> None:
    template = "{{ x }} {{ x + 1 }} {{ range(x) | length }}"
    cases = dataset(tmp_path, ".csv", "007", "3.0").cases
    assert [sent(template, case, "integer") for case in cases] == ["7 8 7", "3 4 3"]
    assert [sent("{{ x }}", case) for case in cases] == ["007", "3.0"]


def test_the_old_filter_of_json_prints_as_it_did() -> None:
    prompt = Prompt("p", (Message("user", "{{ x | tojson }}"),), revision=FIRST_REVISION)
    assert Renderer(prompt).render({"x": loads("1.50")})[0].content == "1.5"


def test_the_snapshot_of_a_case_keeps_every_spelling(tmp_path: Path) -> None:
    for case in dataset(tmp_path, ".jsonl", *SPELLINGS).cases:
        stored = read_case(unpacked(packed(case.content())[1]))
        assert sent("{{ x }}", stored) == sent("{{ x }}", case)
        assert stored.digest == case.digest


def test_a_dataset_of_plain_spellings_keeps_its_fingerprint(tmp_path: Path) -> None:
    plain = dataset(tmp_path, ".jsonl", "1.5", "7", "-2", "1000.0", "1e-07")
    known = "ceb3722e8f0fdd10"
    assert plain.fingerprint.startswith(known)
    assert dataset(tmp_path, ".jsonl", "1.50", "7", "-2", "1e3", "1e-07").fingerprint != plain


def test_two_spellings_are_two_questions_of_one_meaning() -> None:
    cases = [Case("a", {"x": loads("1.50")}, "1.50"), Case("b", {"x": loads("1.5")}, "1.5")]
    assert distinct(cases) == tuple(cases)
    check_consistent(cases, lambda case: case.id)
    assert len({question_digest(case, ["x"]) for case in cases}) == 1, "as in any other format"
    assert inputs_digest(cases[0]) == inputs_digest(cases[1]), "what is to be forgotten"


def test_evidence_of_0_1_0_is_stale_only_where_a_number_is_sent_otherwise() -> None:
    price = Prompt("p", (Message("user", "{{ x }}"),))
    doubled = Prompt("p", (Message("user", "{{ x * 2 }}"),))
    typed = Prompt("p", (Message("user", "{{ x }}"),), inputs=(Input("x", "number"),))
    for prompt in (price, typed):
        assert differs_from_0_1(prompt, [Case("1", {"x": loads("1.50")})])
        assert not differs_from_0_1(prompt, [Case("1", {"x": loads("1.5")})])
    assert not differs_from_0_1(doubled, [Case("1", {"x": loads("1.50")})])
