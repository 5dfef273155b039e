"""Rows become cases by the roles of their columns, and cases a suite that is clean to read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.actions.workspace.init import create_workspace
from workbench.actions.workspace.new_parts.columns import (
    UNUSED,
    Rows,
    cases_of,
    file_rows,
    pasted_rows,
    proposed_roles,
)
from workbench.actions.workspace.new_parts.prompt import new_prompt
from workbench.actions.workspace.new_parts.scoring import made, proposed
from workbench.actions.workspace.new_parts.suite import (
    Gate,
    free_name,
    proposed_gate,
    suite_text,
    write_suite,
)
from workbench.datasets.values import Case
from workbench.errors import DatasetError, DraftError, SuiteError, UsageError
from workbench.prompts.values import Input, Prompt
from workbench.workspace import Workspace, open_workspace

PROMPT = Prompt("triage", (), inputs=(Input("text"),))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    return create_workspace(tmp_path / "w")


@pytest.mark.parametrize(
    ("text", "kind", "columns"),
    [
        ('text\tlabel\n"Where, ""please""?\nNow"\tbug\n', "TSV", ("text", "label")),
        ("text,label\na,bug\n", "CSV", ("text", "label")),
        ("text;label\na;bug\n", "CSV", ("text", "label")),
        ('{"text": "a", "label": "bug"}\n', "JSONL", ("text", "label")),
        ('{"inputs": {"text": "a"}, "label": "bug"}', "JSONL", ("text", "label")),
        ('[{"text": "a", "label": "bug"}]', "JSON", ("text", "label")),
        ('{"id": "1", "inputs": {"id": "a"}}', "JSONL", ("inputs.id", "id")),
    ],
)
def test_the_format_of_a_pasted_text_is_told_by_its_beginning(
    text: str, kind: str, columns: tuple[str, ...]
) -> None:
    rows = pasted_rows(text)
    assert (rows.format, rows.columns, len(rows.rows)) == (kind, columns, 1)


@pytest.mark.parametrize("mark", ["\t", ",", ";"])
def test_a_clipboard_without_a_header_has_columns_by_number(mark: str) -> None:
    rows = pasted_rows(f"Charged twice{mark}billing\nWhere is it?{mark}delivery\n", named=False)
    assert rows.columns == ("column_1", "column_2")
    assert rows.samples("column_2") == ["billing", "delivery"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no cases yet"),
        ("text\tlabel\n", "no row below it"),
        ('text\tlabel\n"a\tbug\n', "is a quote open"),
        ("text,label\na\n", "has 1 cells, the header 2"),
        ("a,a\n1,2\n", "stands twice"),
        (",".join(f"c{n}" for n in range(60)) + "\n" + "1," * 59 + "1\n", "60 columns"),
    ],
)
def test_what_is_no_table_is_said_in_one_line(text: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        pasted_rows(text)


@given(
    st.lists(
        st.tuples(st.text(max_size=20).filter(str.strip), st.text(max_size=20).filter(str.strip)),
        min_size=1,
        max_size=8,
    )
)
def test_a_spreadsheets_clipboard_keeps_every_cell(cells: list[tuple[str, str]]) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    text = "text\tlabel\n" + "".join(f"{quoted(a)}\t{quoted(b)}\n" for a, b in cells)
    rows = pasted_rows(text)
    unix = [tuple(one.replace("\r\n", "\n").replace("\r", "\n") for one in row) for row in cells]
    assert [(row["text"], row["label"]) for _, row in rows.rows] == unix


@pytest.mark.parametrize(
    ("columns", "inputs", "roles"),
    [
        (("text", "label"), ("text",), ("input text", "expected")),
        (("Ticket", "Queue"), ("text",), ("input text", "expected")),
        (
            ("case_id", "Text", "output", "tags"),
            ("text",),
            ("id", "input text", "expected", "tags"),
        ),
        (("context", "question", "answer"), ("question", "context"), None),
        (("a", "b"), (), ("input a", "input b")),
        (("a", "notes", "label"), ("a",), ("input a", UNUSED, "expected")),
        (("label",), ("label",), ("input label",)),
    ],
)
def test_roles_are_proposed_by_the_names_of_columns(
    columns: tuple[str, ...], inputs: tuple[str, ...], roles: tuple[str, ...] | None
) -> None:
    wanted = roles or ("input context", "input question", "expected")
    assert tuple(proposed_roles(columns, inputs).values()) == wanted


def cases(text: str, prompt: Prompt | None = PROMPT, **roles: str) -> tuple[Case, ...]:
    rows = pasted_rows(text)
    inputs = [item.name for item in prompt.inputs] if prompt else []
    return cases_of(rows, proposed_roles(rows.columns, inputs) | roles, prompt)


def test_rows_without_an_id_are_numbered_and_cells_take_the_prompts_kinds() -> None:
    prompt = Prompt("p", (), inputs=(Input("text"), Input("years", kind="integer")))
    made_of = cases('text,years,label,tags\na,3,x,"vip, new"\nb,4,,\n', prompt)
    assert [(case.id, dict(case.inputs), case.expected, case.tags) for case in made_of] == [
        ("case-001", {"text": "a", "years": 3}, "x", ("vip", "new")),
        ("case-002", {"text": "b", "years": 4}, None, ()),
    ]


@pytest.mark.parametrize(
    ("text", "roles", "message"),
    [
        ("a,b\n1,2\n", {"a": "expected", "b": "expected"}, "a and b are both expected"),
        ("a,b\n1,2\n", {"a": "expected", "b": UNUSED}, "no column is an input"),
        ("a,b\n1,2\n", {"a": "input other", "b": UNUSED}, "no column is the input text"),
        ("id,text\nx,a\nx,b\n", {}, "ids stand twice"),
    ],
)
def test_columns_that_make_no_cases_are_refused(
    text: str, roles: dict[str, str], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        cases(text, **roles)


def test_a_cell_that_does_not_fit_is_refused_with_its_line() -> None:
    prompt = Prompt("p", (), inputs=(Input("years", kind="integer"),))
    with pytest.raises(DatasetError, match=r"line 3.*years"):
        cases("years\n3\nmany\n", prompt)


def test_the_suite_that_comes_of_it_is_clean_and_reads_back(workspace: Workspace) -> None:
    new_prompt(workspace, "triage")
    made_of = cases("text\tlabel\n" + "".join(f"a {n}\tbilling\n" for n in range(12)))
    gate = proposed_gate(len(made_of))
    text = suite_text("triage", "triage", [{"exact_match": {"strip": True}}], gate, len(made_of))
    assert text == (
        "suite: triage\n"
        "prompt: triage\n"
        "dataset: cases.jsonl\n"
        "scorers:                        # workbench scorers lists all of them\n"
        "  - exact_match: {strip: true}\n"
        "gate:\n"
        "  # 12 cases can exclude a loss of 24 points at best; a margin of 5 needs 72\n"
        "  rule: no_regressions\n"
        "  baseline: production          # what is live there; none yet: the threshold alone"
        " decides\n"
        "  threshold: 0.8                # and never below this\n"
        "  min_cases: 12                 # 20 unless it says so\n"
    )
    path = write_suite(workspace, "triage", made_of, text)
    suite = open_workspace(workspace.root).suite(str(path))
    assert (suite.gate.rule, suite.gate.min_cases, suite.gate.threshold) == (gate.rule, 12, 0.8)
    assert suite.dataset.cases == made_of
    assert free_name(workspace, "triage") == "triage-2"


@pytest.mark.parametrize("rule", ["not_worse", "no_regressions", "threshold"])
def test_every_gate_that_can_be_chosen_is_one_that_a_suite_takes(
    workspace: Workspace, rule: str
) -> None:
    gate = Gate(rule, 0.125, 0.9, "staging", 5)
    made_of = cases("text,label\na,b\n")
    text = suite_text("s", "triage", ["exact_match"], gate, 1)
    write_suite(workspace, "s", made_of, text)
    policy = workspace.suite("s").gate
    assert (policy.rule, policy.threshold, policy.min_cases) == (rule, 0.9, 5)
    assert policy.baseline == (None if rule == "threshold" else "staging")
    assert policy.margin == (0.125 if rule == "not_worse" else 0.05)


def test_a_suite_that_cannot_be_read_leaves_no_file(workspace: Workspace) -> None:
    made_of = cases("text,label\na,b\n")
    with pytest.raises(SuiteError):
        write_suite(workspace, "s", made_of, "suite: s\nprompt: p\ndataset: cases.jsonl\n")
    assert not (workspace.root / "evals" / "s").exists()
    with pytest.raises(UsageError, match="no name"):
        write_suite(workspace, "../s", made_of, "")


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        (["billing", "bug"], "exact_match"),
        (['{"a": 1}', '{"a": 2}'], "json_equals"),
        ([{"a": 1}], "json_equals"),
        (["x" * 200], "rouge_l"),
        ([None], None),
    ],
)
def test_the_scorer_that_is_proposed_fits_what_is_expected(
    expected: list[object], name: str | None
) -> None:
    chosen = proposed(Case(str(at), {"a": 1}, one) for at, one in enumerate(expected))
    assert list(chosen) == ([name] if name else [])


def test_a_misspelt_option_is_refused_when_it_is_chosen(workspace: Workspace) -> None:
    (scorer,) = made({"exact_match": {"ignore_case": True}}, workspace.root)
    assert scorer.options["ignore_case"] is True
    with pytest.raises(SuiteError, match="ignore_cas"):
        made({"exact_match": {"ignore_cas": True}}, workspace.root)


def test_a_pasted_prompt_may_be_a_whole_draft(workspace: Workspace) -> None:
    text = "---\nname: theirs\nmodel: {id: m, provider: p}\n---\nsystem:\nHello {{ name }}\n"
    path = new_prompt(workspace, "mine", text=text)
    prompt = workspace.read_draft(path).prompt
    assert prompt.prompt_id == "mine" and prompt.model and prompt.model.id == "m"
    with pytest.raises(UsageError, match="empty"):
        new_prompt(workspace, "other", text=" \n")
    with pytest.raises(DraftError):
        new_prompt(workspace, "other", text="---\nname: [\n---\nx")


def test_rows_of_a_file_are_read_like_pasted_ones(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("text,label\na,b\n", encoding="utf-8")
    rows = file_rows(path)
    assert isinstance(rows, Rows) and (rows.format, rows.columns) == ("CSV", ("text", "label"))
