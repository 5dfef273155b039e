"""Features: declarations read without running code, pinned definitions, and computed inputs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.child_process.allowed import allow
from workbench.child_process.source import feature_hash
from workbench.datasets.features import ComputedValues, FeatureInputs, check_raw, features_of
from workbench.datasets.fit import check_fit
from workbench.datasets.prompt_files import WorkspaceFiles
from workbench.datasets.values import Case
from workbench.errors import CodeError, DatasetError, DraftError, TemplateError
from workbench.prompts.codec import prompt_from_json, prompt_to_json
from workbench.prompts.features import feature_change, feature_of, read_feature
from workbench.prompts.files.prompty import parse_prompty, write_prompty
from workbench.prompts.files.untyped import UntypedText
from workbench.prompts.flat import flattened
from workbench.prompts.values import Prompt

Write = Callable[..., Prompt]
FEATURE = 'FEATURE = {"inputs": ["question"], "output": "string"'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A prompt whose input `context` is computed by this body, allowed to run."""

    def write(
        body: str = "return question.upper()",
        more: str = "",
        *,
        name: str = "context",
        kind: str = "string",
        head: str = "",
    ) -> Prompt:
        (tmp_path / "features").mkdir(exist_ok=True)
        (tmp_path / "workbench.toml").touch()
        (tmp_path / "features/lookup.py").write_text(
            f"{head}\n{FEATURE}{more}}}\ndef lookup(question):\n    {body}\n"
        )
        draft = f"""---
name: p
inputs: [{{name: {name}, kind: {kind}, feature: lookup}}]
---
user:
{{{{ {name} }}}}"""
        prompt = parse_prompty(draft, files=WorkspaceFiles(tmp_path, tmp_path))
        allow(read_feature(tmp_path, "lookup").source)
        return prompt

    return write


def computed(prompt: Prompt, inputs: dict[str, Any]) -> Any:
    features = FeatureInputs(prompt)
    with features.opened():
        return features.case(Case("1", inputs)).inputs[prompt.inputs[0].name]


def test_a_definition_is_part_of_the_fingerprint_and_survives_every_form(
    write: Write, tmp_path: Path
) -> None:
    prompt = write()
    again = prompt_from_json("p", json.loads(json.dumps(prompt_to_json(prompt))))
    alone = parse_prompty(write_prompty(prompt))
    files = WorkspaceFiles(tmp_path, tmp_path)
    beside = parse_prompty(write_prompty(prompt, files), files=files)
    assert {p.fingerprint for p in (again, alone, beside)} == {prompt.fingerprint}
    assert "FEATURE" not in write_prompty(prompt, files)
    pinned = feature_of("lookup", prompt.features["lookup"])
    assert pinned.hash == feature_hash(tmp_path / "features/lookup.py")
    changed = write("return question.lower()")
    assert changed.fingerprint != prompt.fingerprint
    how = feature_change(prompt.features["lookup"], changed.features["lookup"])
    assert how == "features/lookup.py (+1 -1 lines)"
    flat = flattened(prompt)
    assert not flat.features
    assert not flat.computed


@pytest.mark.exhaustive
def test_a_package_that_a_feature_imports_is_part_of_the_definition(write: Write) -> None:
    prompt = write(head="import jinja2")
    content = prompt.features["lookup"]
    version, record = content["packages"]["Jinja2"]
    other = {**content, "packages": {"Jinja2": [version, record[::-1]]}}
    rebuilt = replace(prompt, features={"lookup": other})
    assert rebuilt.fingerprint != prompt.fingerprint
    assert "package Jinja2" in feature_change(content, other)
    with pytest.raises(CodeError, match="another build is installed"):
        computed(rebuilt, {"question": "a"})
    older = {**content, "packages": {"Jinja2": ["1.0", record]}}
    with pytest.raises(CodeError, match=f"pinned to Jinja2 1.0, and {version} is installed"):
        computed(replace(prompt, features={"lookup": older}), {"question": "a"})
    with pytest.raises(CodeError, match=r"pinned to Python 2\.7"):
        computed(
            replace(prompt, features={"lookup": {**content, "python": "2.7"}}), {"question": "a"}
        )


@pytest.mark.exhaustive(keep=3)
@pytest.mark.parametrize(
    ("more", "given", "value"),
    [
        ("", "a", "A"),
        (', "nulls": "pass"', None, "none"),
        (', "nulls": {"give": "x"}', None, "x"),
        (', "nulls": {"give": "x"}', UntypedText(" "), "x"),
        (', "nulls": {"give": "x"}', "nothing", "x"),
        ("", "", ""),
    ],
)
def test_a_null_is_as_the_rule_says(write: Write, more: str, given: Any, value: Any) -> None:
    body = "return 'none' if question is None else None if question == 'nothing' else "
    assert computed(write(body + "question.upper()", more), {"question": given}) == value


@pytest.mark.exhaustive(keep=4)
@pytest.mark.parametrize(
    ("body", "given", "why"),
    [
        ("return question", None, "the case has no question"),
        ("return None", "a", "the feature lookup gave nothing"),
        ("return 1 / 0", "a", "the feature lookup failed: ZeroDivisionError"),
        ("return 5", "a", "its value is no text"),
        ("raise SystemExit", "a", "failed: SystemExit"),
        ("import os; os._exit(1)", "a", "exit code 1"),
        ("return 'x' * (2 << 20)", "a", "larger than"),
    ],
)
def test_an_error_is_the_cases_and_never_an_empty_input(
    write: Write, body: str, given: Any, why: str
) -> None:
    with pytest.raises(TemplateError, match=why):
        computed(write(body), {"question": given})


def test_the_output_is_checked_against_its_kind(write: Write) -> None:
    array = write("return [question]", ', "output": "array"', kind="array")
    assert computed(array, {"question": "a"}) == ["a"]
    wrong = write("return question", ', "output": "array"', kind="array")
    with pytest.raises(TemplateError, match="a JSON list is needed"):
        computed(wrong, {"question": "a"})
    with pytest.raises(DraftError, match="is of kind string, and lookup gives array"):
        write("return [question]", ', "output": "array"')


def test_equal_raw_values_are_computed_once(write: Write) -> None:
    body = "global calls; calls += 1; return str(calls)"
    prompt = write(body, head="calls = 0")
    known = ComputedValues()
    for _ in range(2):
        features = FeatureInputs(prompt, known)
        with features.opened():
            values = [
                features.case(Case(str(n), {"question": q})).inputs["context"]
                for n, q in enumerate("aba")
            ]
        assert values == ["1", "2", "1"]


def test_a_feature_may_replace_what_it_takes_and_nothing_else_that_a_case_has(
    write: Write,
) -> None:
    truncates = write("return question[:3]", name="question")
    assert computed(truncates, {"question": "abcdef"}) == "abc"
    prompt = write()
    case = Case("1", {"question": "a", "context": "by hand"})
    with pytest.raises(TemplateError, match="the case has context, which the feature lookup"):
        check_raw(features_of(prompt), case)
    with pytest.raises(DatasetError, match=r"c\.jsonl: case '1'.*has no question"):
        check_fit(prompt, [Case("1", {"other": "a"})], lambda _case: "c.jsonl")
    notes = check_fit(prompt, [Case("1", {"question": "a", "b": "x"})], lambda _case: "c.jsonl")
    assert notes == ("the column 'b' is used by no template",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def lookup(question): pass", "has no FEATURE"),
        ("FEATURE = dict(inputs=['question'])", "line 1: FEATURE is no literal"),
        ("FEATURE = []", "is no mapping"),
        ('FEATURE = {"inputs": []}', "names no inputs"),
        ('FEATURE = {"inputs": ["a b"]}', "names of fields"),
        ('FEATURE = {"input": ["a"]}', "unknown key 'input'.*did you mean 'inputs'"),
        ('FEATURE = {"inputs": ["a"], "output": "text"}', "no output 'text'"),
        ('FEATURE = {"inputs": ["a"], "output": "image"}', "no output 'image'"),
        ('FEATURE = {"inputs": ["a"]}', "no function 'lookup'"),
        ('FEATURE = {"inputs": ["a"]}\ndef lookup(b): pass', "line 2: it takes b"),
        ('FEATURE = {"inputs": ["a"], "nulls": "skip"}\ndef lookup(a): 0', "no null rule 'skip'"),
        ('FEATURE = {"inputs": ["a"], "nulls": {"give": None}}\ndef lookup(a): 0', "no null rule"),
        ("FEATURE = {", "was never closed"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_line_and_nothing_runs(
    tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "features").mkdir()
    mark = tmp_path / "it-ran"
    path = tmp_path / "features/lookup.py"
    path.write_text(f"{text}\nopen({str(mark)!r}, 'w')\n")
    with pytest.raises(CodeError, match=why):
        read_feature(tmp_path, "lookup")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("def (", "features/lookup.py line 1: invalid syntax"),
        ("\0", "null bytes"),
        (5, "one of its files is no text"),
    ],
)
def test_broken_code_in_a_draft_is_refused_with_the_line_of_its_input(
    text: object, problem: str
) -> None:
    code = {"features.lookup": ["features/lookup.py", text]}
    content = {"file": "features/lookup.py", "modules": code, "packages": {}, "python": "3.12"}
    head = {
        "name": "p",
        "inputs": [{"name": "context", "feature": "lookup"}],
        "features": {"lookup": content},
    }
    with pytest.raises(DraftError, match=rf"line 2 the feature lookup: .*{problem}"):
        parse_prompty(f"---\n{json.dumps(head)}\n---\nuser:\n{{{{ context }}}}")


def test_a_draft_says_the_line_of_a_feature_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "features").mkdir()
    draft = "---\nname: p\ninputs:\n  - {name: a, feature: lookup}\n---\nuser:\n{{ a }}"
    with pytest.raises(DraftError, match=r"line 4.*no feature 'lookup'"):
        parse_prompty(draft, files=WorkspaceFiles(tmp_path, tmp_path))
    with pytest.raises(DraftError, match="only a workspace has features"):
        parse_prompty(draft)
