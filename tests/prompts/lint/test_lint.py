"""Every rule on the line where it applies, and how one is switched off."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.actions.workspace.linting import schema_error
from workbench.errors import CodeError, DraftError
from workbench.prompts.features import Feature
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.lint.lint import lint
from workbench.prompts.lint.places import place
from workbench.prompts.lint.rules import RULES, Finding, LintContext
from workbench.prompts.sizes import about_tokens
from workbench.prompts.values import Message

CONTEXT = LintContext(window=1_000, schema_error=schema_error)
FRONT = "---\nname: p\nmodel: {id: m, options: {stop: ['###']}}\ninputs: [text]\n"
SOUND = f"{FRONT}---\nsystem:\nBe kind.\n\nuser:\n{{{{ text }}}}\n"


class Files:
    """Snippets and examples in memory."""

    def __init__(self, snippets: dict[str, str], rows: list[dict[str, Any]]) -> None:
        self._snippets, self._rows = snippets, rows

    def feature(self, name: str) -> Feature:
        raise CodeError(f"no feature {name}")

    def snippet(self, name: str) -> str:
        return self._snippets[name]

    def rows(self, file: str) -> list[dict[str, Any]]:
        assert file
        return self._rows


def lint_text(
    text: str, files: Files | None = None, context: LintContext = CONTEXT
) -> list[Finding]:
    prompt = parse_prompty(text, files=files) if files else parse_prompty(text)
    return list(lint(text, prompt, context))


def places(text: str) -> list[str]:
    return [f"{finding.line} {finding.rule.id}" for finding in lint_text(text)]


def body(text: str, front: str = "") -> str:
    return f"{FRONT}{front}---\nsystem:\n{text}\n\nuser:\n{{{{ text }}}}\n"


def test_a_sound_draft_has_no_finding() -> None:
    assert lint_text(SOUND) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (body("Be\n{{ tone }} and {{ tone }}."), "8 undeclared-input"),
        (body("{% if\n  vip %}x{% endif %}"), "8 undeclared-input"),
        (SOUND.replace("[text]", "[text, tone]"), "4 unused-input"),
        (SOUND.replace("[text]", "\n  - text\n  - {name: tone}"), "6 unused-input"),
        (SOUND.replace("[text]", "\n  text:\n  tone:\n    default: calm"), "6 unused-input"),
        (body("Be kind. "), "7 trailing-space"),
        (body("Be\n \nkind."), "8 trailing-space"),
        (body("Be\n\n\nkind."), "9 blank-lines"),
        (body("Be kind.\n  \n\t"), "8 space-before-role"),
        (body("Be\tkind."), "7 tab"),
        (body("Be\u200b kind."), "7 invisible-character"),
        (body("Be\u00a0kind."), "7 invisible-character"),
        (body("Be \u202ekind."), "7 invisible-character"),
        (SOUND.replace("system:", "Hello.\n\nsystem:"), "6 missing-role"),
        (body("Be kind.\n**user**\nmore"), "8 role-marker"),
        (SOUND.replace("user:", "  user:"), "9 indented-role"),
        (SOUND + "\nassistant:\n", "12 empty-message"),
        (SOUND.replace("Be kind.\n", ""), "6 empty-message"),
        (SOUND.replace("user:", "assistant:"), "None no-user-message"),
        (SOUND.replace("system:\nBe kind.\n\nuser:\n", ""), "6 no-user-message"),
        (body("Be kind.", "examples: {rows: [{inputs: {}}]}\n"), "5 unused-examples"),
        (body("{{ text | nope }}"), "7 unreadable"),
    ],
)
def test_each_rule_names_its_line(text: str, expected: str) -> None:
    assert places(text) == [expected]


def test_examples_are_used_by_a_slot_a_loop_and_a_snippet() -> None:
    rows = "examples: {rows: [{inputs: {}}]}\n"
    loop = "{% for each in examples %}{{ each.expected }}{% endfor %}"
    assert lint_text(body(loop, rows)) == []
    assert lint_text(body('{% include "shots" %}', rows), Files({"shots": loop}, [])) == []
    slot = 'examples: {template: "user:\\nx\\nassistant:\\ny", rows: [{inputs: {}}]}\n'
    assert lint_text(body("Be kind.\n\n{{ examples }}", slot)) == []
    assert lint_text(body("Be kind.", rows + "x-lint: {off: [unused-examples]}\n")) == []


@pytest.mark.parametrize(
    "text",
    [
        "```python\ndef f():\n\n\n\treturn 1\n```",
        "« oui\u00a0: 10\u00a0000\u00a0€ »",
        "\u0645\u06cc\u200c\u062e 👩\u200d👩\u200d👧",
        "{% if text -%}  \nx\n{%- endif %}",
        "List:\nOutput:\nthe user: said",
    ],
)
def test_what_is_meant_is_left_alone(text: str) -> None:
    assert places(body(text)) == []


def test_a_role_marker_in_code_and_in_a_sentence_is_text() -> None:
    assert places(body("```\n**user**\n```")) == []


def test_line_ends_of_other_systems_are_no_white_space() -> None:
    assert lint_text(SOUND.replace("\n", "\r\n")) == []


# Example answers


SCHEMA = "outputs: [{name: queue, kind: string, enum: [billing, bug]}]\n"


def turns(answer: str, front: str = SCHEMA) -> str:
    return f"{FRONT}{front}---\nuser:\nHi.\n\nassistant:\n{answer}\n\nuser:\n{{{{ text }}}}\n"


def test_an_example_answer_that_breaks_the_schema_is_told_with_what_it_breaks() -> None:
    (finding,) = lint_text(turns('{"queue": "sales"}'))
    assert (finding.line, finding.rule.id) == (11, "example-schema")
    assert "'sales' is not one of" in finding.message
    assert lint_text(turns('{"queue": "bug"}')) == []
    assert places(turns("bug")) == ["11 example-schema"]
    assert places(turns("bug", front="")) == []


def test_the_beginning_of_an_answer_and_a_template_are_no_examples() -> None:
    assert lint_text(turns('{"queue": "{{ text }}"}')) == []
    assert lint_text(f"{FRONT}{SCHEMA}---\nuser:\n{{{{ text }}}}\n\nassistant:\n{{\n") == []


def test_examples_in_the_text_are_read_after_their_label() -> None:
    assert places(body('Input: hi\nOutput: {"label": "bug"}', SCHEMA)) == ["9 example-schema"]
    assert places(body('Output:\n```json\n{"label": 1}\n```', SCHEMA)) == ["10 example-schema"]
    assert places(body('Input: {"label": "bug"}\nOutput: JSON', SCHEMA)) == []
    assert places(body("Q: hi\nA: one ### two")) == ["8 example-stop"]
    assert places(body("Separate parts by ###.")) == []


def test_a_schema_that_cannot_be_followed_is_no_finding() -> None:
    schema = "outputs: {type: object, properties: {a: {$ref: 'http://localhost/x'}}}\n"
    assert lint_text(turns('{"a": 1}', schema)) == []


def test_few_shot_examples_are_checked_as_they_are_rendered() -> None:
    front = (
        "examples:\n  file: e.jsonl\n  template: |\n    user:\n    {{ text }}\n\n    assistant:\n"
    )
    front += "    {{ expected }}\n"
    text = f"{FRONT}{SCHEMA}{front}---\nsystem:\nBe kind.\n\n{{{{ examples }}}}\n\nuser:\n"
    text += "{{ text }}\n"
    rows = [
        {"inputs": {"text": "a"}, "expected": '{"queue": "bug"}'},
        {"inputs": {"text": "b"}, "expected": '{"queue": "###"}'},
    ]
    findings = lint_text(text, Files({}, rows))
    assert [(f.rule.id, f.file) for f in findings] == [
        ("example-schema", "e.jsonl"),
        ("example-stop", "e.jsonl"),
    ]
    assert all(finding.message.startswith("example 2 of e.jsonl") for finding in findings)


@pytest.mark.parametrize(
    ("template", "rules"),
    [
        ("Q: {{ text }}\nA: {{ expected }}\n", ["example-schema"]),
        ("Input: {{ text }}\n**Output:** {{ expected | tojson }}", ["example-schema"]),
        ("Q: {{ text }}\nA: {{ expected }}, since it is one", []),
        ("{{ text }} is {{ expected }}", []),
    ],
)
def test_what_follows_the_label_of_a_few_shot_answer_is_the_whole_answer(
    template: str, rules: list[str]
) -> None:
    front = f"{SCHEMA}examples: {{file: e.jsonl, template: {json.dumps(template)}}}\n"
    rows = [
        {"inputs": {"text": "a"}, "expected": {"queue": "bug"}},
        {"inputs": {"text": "b"}, "expected": "a bug"},
    ]
    findings = lint_text(body("{{ examples }}", front), Files({}, rows))
    assert [finding.rule.id for finding in findings] == rules
    assert all("example 2 of e.jsonl is no JSON" in finding.message for finding in findings)


def test_few_shot_examples_that_cannot_be_rendered_are_a_finding() -> None:
    front = "examples: {rows: [{inputs: {}, expected: a}], template: 'A: {{ nope.x }}'}\n"
    (finding,) = lint_text(body("{{ examples }}", front))
    assert finding.rule.id == "unreadable"
    assert "example 1" in finding.message


def test_a_finding_in_a_snippet_names_its_file_and_line() -> None:
    text = body('Answer in JSON.\n{% include "tone" %}')
    snippet = "Be kind. \nAnswer in XML. {{ nope }}"
    findings = [(f.file, f.line, f.rule.id) for f in lint_text(text, Files({"tone": snippet}, []))]
    assert findings == [
        ("snippets/tone.md", 1, "trailing-space"),
        ("snippets/tone.md", 2, "undeclared-input"),
        ("snippets/tone.md", 2, "conflicting-instructions"),
    ]


# Tokens


def test_tokens_are_estimated_and_said_to_be() -> None:
    text = SOUND.replace("stop: ['###']", "maxOutputTokens: 900")
    assert lint_text(text) == []
    (finding,) = lint(text, parse_prompty(text), CONTEXT, [Message("user", "word " * 100)], "t-1")
    assert finding.message == (
        "t-1: about 125 tokens (estimated) and 900 for the answer, and the model's context is 1,000"
    )
    assert lint(text, parse_prompty(text), LintContext(), [Message("user", "word " * 9_999)]) == ()


def test_dense_scripts_count_by_character() -> None:
    assert about_tokens("abcd" * 10) == 10
    assert about_tokens("漢字かな") == 4
    assert about_tokens("") == 0


# Switches


def test_a_rule_is_switched_off_in_the_front_matter() -> None:
    text = body("Be\tkind. ", "x-lint: {off: [tab, trailing-space]}\n")
    assert lint_text(text) == []
    assert parse_prompty(text).fingerprint == parse_prompty(body("Be\tkind. ")).fingerprint


def test_a_switch_that_switches_nothing_is_told() -> None:
    (finding,) = lint_text(body("Be kind.", "x-lint: {off: [tabs]}\n"))
    assert (finding.line, finding.what_to_do) == (5, "did you mean 'tab'?")
    for wrong in ("{on: [tab]}", "[tab]", "{off: tab}"):
        assert places(body("Be kind.", f"x-lint: {wrong}\n")) == ["5 unknown-rule"]


def test_the_ids_of_rules_are_unique_and_each_has_a_remedy() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.summary and rule.remedy for rule in RULES)


# Any text


TEXTS = st.text(alphabet='{}% #ab:\n\t-user`"systeminclude', max_size=150)


@given(TEXTS)
def test_no_text_makes_the_rules_fail_and_the_places_are_those_of_the_parser(text: str) -> None:
    draft = f"---\nname: p\ninputs: [a]\n---\n{text}"
    try:
        prompt = parse_prompty(draft)
    except DraftError:
        return
    placed = place(draft, prompt)
    assert [(m.role, m.content) for m in placed.messages] == [
        (m.role, m.content) for m in prompt.messages
    ]
    for message in placed.messages:
        first = message.content.split("\n")[0]
        assert not first or placed.lines[message.line - 1] == first
    for finding in lint(draft, prompt, CONTEXT):
        assert finding.line is None or 1 <= finding.line <= len(placed.lines)
