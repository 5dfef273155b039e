"""Prompts of other tools become drafts that say the same; the rest is named, and nothing runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.actions.releasing.importing import ImportPlan, make, plan_import, read_source
from workbench.errors import DraftError, UsageError
from workbench.exchange.importers.base import Imported
from workbench.exchange.plain_templates import quoted
from workbench.prompts.files.strict_yaml import parse_yaml
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import REVISION, Input, Message, Prompt
from workbench.workspace import Workspace, open_workspace


def imported(folder: Path, name: str, content: Any) -> Imported:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_source(path)


def rendered(prompt: Prompt, **values: Any) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in Renderer(prompt).render(values)]


def losses(brought: Imported) -> str:
    return "\n".join(map(str, brought.losses))


LANGFUSE = [
    {
        "name": "support/Triage",
        "type": "chat",
        "version": 3,
        "labels": ["production", "latest"],
        "tags": [],
        "commitMessage": "tighten",
        "config": {"model": "gpt-4.1-mini", "temperature": 0.2, "max_tokens": 9},
        "prompt": [
            {"role": "system", "content": "Be {{tone}}. {% raw %} {# x"},
            {"type": "placeholder", "name": "history"},
            {"type": "chatmessage", "role": "user", "content": "{{q}}"},
        ],
    },
    {
        "name": "support/Triage",
        "type": "chat",
        "version": 4,
        "labels": [],
        "prompt": [],
        "config": {},
    },
    {
        "name": "plain",
        "prompt": "Hi {{ name }}",
        "labels": ["staging"],
        "futureKey": 1,
        "config": None,
    },
    {"name": "loops", "prompt": "{{#each xs}}x{{/each}}", "labels": []},
]


def test_langfuses_live_version_becomes_the_draft_and_the_rest_is_named(tmp_path: Path) -> None:
    brought = imported(tmp_path, "prompts.json", LANGFUSE)
    triage, plain = brought.prompts
    assert triage.prompt_id == "support_triage" and triage.description == "tighten"
    assert triage.model is not None and triage.model.id == "gpt-4.1-mini"
    assert triage.model.options == {"temperature": 0.2, "maxOutputTokens": 9}
    assert [(i.name, i.kind) for i in triage.inputs] == [
        *[("tone", "string"), ("history", "messages"), ("q", "string")]
    ]
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert rendered(triage, tone="{{ q }}", q="{% x %}", history=turns) == [
        ("system", "Be {{ q }}. {% raw %} {# x"),
        *[("user", "a"), ("assistant", "b"), ("user", "{% x %}")],
    ]
    assert rendered(plain, name="Ana") == [("user", "Hi Ana")]
    lost = losses(brought)
    for part in (
        "support/Triage (it is called support_triage)",
        "version 4 of support/Triage (version 3 became the draft)",
        "the labels production of support/Triage",
        "of the prompt plain: futureKey",
        "the prompt loops (not imported: a template at Langfuse has more than plain variables)",
    ):
        assert part in lost


def test_openais_prompt_objects_bring_the_version_in_production(tmp_path: Path) -> None:
    one = {
        "openai_prompt_id": "pmpt_1",
        "name": "extract",
        "production_version": "2",
        "versions": [
            {"version": "1", "messages": [{"role": "user", "content": "old"}]},
            {
                "version": "2",
                "messages": [
                    {"role": "developer", "content": [{"type": "input_text", "text": "Read."}]},
                    {"role": "user", "content": "{{text}}"},
                ],
                "config": {
                    "model": "gpt-5",
                    "reasoning": {"effort": "low"},
                    "max_output_tokens": 50,
                    "tools": [
                        {"type": "function", "name": "look", "parameters": {"type": "object"}},
                        {"type": "web_search"},
                    ],
                    "text": {
                        "format": {
                            "type": "json_schema",
                            "name": "answer",
                            "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
                        }
                    },
                },
            },
        ],
    }
    brought = imported(tmp_path, "prompt.json", one)
    (prompt,) = brought.prompts
    assert rendered(prompt, text="x") == [("system", "Read."), ("user", "x")]
    assert prompt.model is not None
    assert prompt.model.options == {"reasoning_effort": "low", "maxOutputTokens": 50}
    assert prompt.outputs["properties"] == {"a": {"type": "string"}}
    assert prompt.tools[0]["function"]["name"] == "look"
    assert "the id pmpt_1" in losses(brought) and "the hosted tool web_search" in losses(brought)
    assert "the versions 1 of extract (version 2 became the draft)" in losses(brought)


GITHUB = r"""
name: Triage
model: openai/gpt-4o-mini
modelParameters: {temperature: 0.5, maxTokens: 20}
messages:
  - role: system
    content: "Answer {{ spaced }} literally"
  - role: user
    content: "{{input}}"
testData:
  - {input: no charger, expected: returns}
  - {input: paid twice, expected: billing}
evaluators:
  - name: same
    string: {equals: "{{expected}}"}
  - name: ends
    string: {endsWith: "."}
  - name: fit
    uses: github/similarity
"""


def test_githubs_test_data_becomes_a_suite_with_the_scorers_that_say_the_same(
    tmp_path: Path,
) -> None:
    brought = imported(tmp_path, "triage.prompt.yml", GITHUB)
    (prompt,), (suite,) = brought.prompts, brought.suites
    assert rendered(prompt, input="x") == [
        ("system", "Answer {{ spaced }} literally"),
        ("user", "x"),
    ]
    assert prompt.model is not None and prompt.model.id == "gpt-4o-mini"
    assert suite.scorers == ["exact_match", {"matches": {"pattern": r"(?i)\.\s*\Z"}}]
    assert suite.rows[0] == {
        "id": "row-001",
        "inputs": {"input": "no charger"},
        "expected": "returns",
    }
    assert "the evaluator fit" in losses(brought)


def test_an_llm_templates_variables_and_dollars_are_read_as_llm_does(tmp_path: Path) -> None:
    text = "model: gpt-4o\nsystem: Costs $$5 in ${place}\nprompt: 'About $topic'\n"
    brought = imported(tmp_path, "cost.yaml", text + "defaults: {place: Rome}\nextract: true\n")
    (prompt,) = brought.prompts
    assert rendered(prompt, topic="x") == [("system", "Costs $5 in Rome"), ("user", "About x")]
    assert "extract" in losses(brought)
    (asks,) = imported(tmp_path, "bare.yaml", "system: Be short\n").prompts
    assert rendered(asks, input="hi") == [("system", "Be short"), ("user", "hi")]


DOTPROMPT = """\
---
model: googleai/gemini-1.5-flash
config: {temperature: 0.4}
input:
  schema:
    q: string, the question
    tone?(enum): [calm, dry]
  default: {tone: calm}
output:
  schema:
    label(enum, where it goes): [a, b]
    notes?(array): string
ext.mine: 1
---
{{role "system"}}
Be {{tone}}. \\{{not a tag}} {% nor %}
{{history}}
{{role "user"}}
{{q}}{{! a comment }}
"""


def test_a_dotprompts_schema_roles_and_escapes_are_read(tmp_path: Path) -> None:
    (prompt,) = imported(tmp_path, "ask.prompt", DOTPROMPT).prompts
    assert rendered(prompt, q="x", history=[{"role": "user", "content": "h"}]) == [
        ("system", "Be calm. {{not a tag}} {% nor %}"),
        *[("user", "h"), ("user", "x")],
    ]
    tone = prompt.input_named("tone")
    assert tone is not None and (tone.enum, tone.default) == (("calm", "dry"), "calm")
    assert prompt.outputs["required"] == ["label"]
    assert prompt.outputs["properties"]["notes"] == {"type": "array", "items": {"type": "string"}}
    with pytest.raises(DraftError, match="line 2 of the body"):
        imported(tmp_path, "loop.prompt", "---\n---\nx\n{{#each xs}}y{{/each}}\n")


def test_langchains_manifest_is_read_in_both_template_formats(tmp_path: Path) -> None:
    def manifest(template: str, template_format: str) -> dict[str, Any]:
        prompt = {
            "lc": 1,
            "id": ["langchain", "prompts", "prompt", "PromptTemplate"],
            "kwargs": {"template": template, "template_format": template_format},
        }
        message = {
            "lc": 1,
            "id": ["langchain", "prompts", "chat", "HumanMessagePromptTemplate"],
            "kwargs": {"prompt": prompt},
        }
        return {
            "lc": 1,
            "type": "constructor",
            "id": ["langchain", "prompts", "chat", "ChatPromptTemplate"],
            "kwargs": {"messages": [message]},
        }

    commit = {"repo": "greet", "manifest": manifest('{{"a": {name}}} {{% x', "f-string")}
    (prompt,) = imported(tmp_path, "a.json", commit).prompts
    assert prompt.prompt_id == "greet"
    assert rendered(prompt, name="Ana") == [("user", '{"a": Ana} {% x')]
    (other,) = imported(tmp_path, "b.json", manifest("Hi {{name}}", "mustache")).prompts
    assert rendered(other, name="Ana") == [("user", "Hi Ana")]
    with pytest.raises(DraftError, match="more than a plain variable"):
        imported(tmp_path, "c.json", manifest("{name!r}", "f-string"))


PROMPTY_1 = """\
---
name: Basic Prompt
authors: [ana]
model:
  api: chat
  configuration: {type: azure_openai, azure_deployment: gpt-35, api_key: "${env:KEY}"}
  parameters: {max_tokens: 128, temperature: 0.2, response_format: {type: json_object}}
sample: {first: Jane, question: 'What?'}
---
system:
You help {{first}}.

user:
{{question}}
"""


def test_prompty_1_is_converted_and_says_so(tmp_path: Path) -> None:
    brought = imported(tmp_path, "basic.prompty", PROMPTY_1)
    (prompt,) = brought.prompts
    assert rendered(prompt, first="Jane", question="?") == [
        ("system", "You help Jane."),
        ("user", "?"),
    ]
    assert prompt.model is not None and prompt.model.id == "gpt-35"
    assert prompt.model.options == {"maxOutputTokens": 128, "temperature": 0.2}
    for part in ("it is Prompty 1", "model.configuration", "response_format", "values of sample"):
        assert part in losses(brought)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "workbench.toml").write_text("", encoding="utf-8")
    return open_workspace(tmp_path / "w")


def test_importing_again_makes_nothing_and_never_overwrites(
    tmp_path: Path, workspace: Workspace
) -> None:
    path = tmp_path / "triage.prompt.yml"
    path.write_text(GITHUB, encoding="utf-8")

    def again() -> ImportPlan:
        return plan_import(workspace, path)

    first = again()
    assert not (workspace.root / "evals").exists(), "planning writes nothing"
    make(first)
    assert workspace.suite("triage").scorers[0].name == "exact_match"
    second = again()
    assert (second.drafts, second.suites) == ({}, {}) and len(second.unchanged) == 2
    suite = workspace.root / "evals" / "triage" / "suite.yaml"
    suite.write_text(suite.read_text("utf-8") + "# mine\n", encoding="utf-8")
    with pytest.raises(UsageError, match="there is a suite triage already"):
        again()
    draft = next(iter(first.drafts))
    draft.write_text(draft.read_text("utf-8") + "more\n", encoding="utf-8")
    with pytest.raises(UsageError, match="there is a draft of triage already"):
        again()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "[1, 2", "is not JSON"),
        ("a.json", "[]", "is no export of a version"),
        ("a.json", '[{"name": "x", "prompt": 5}]', "is no export of a version"),
        (
            "a.json",
            '[{"name": "../..", "prompt": "x", "labels": []}]',
            "nothing of a prompt's name",
        ),
        ("a.prompt.yml", "messages: [5]", "is no message"),
        ("a.prompt.yml", "a: &a [*a]", "inside of what it repeats"),
        ("a.prompt", "---\nmodel: [\n---\nx", "x"),
        ("a.yaml", "prompt: 5\n", "a text is needed"),
        ("a.txt", "hello", "no import format recognizes it"),
    ],
)
def test_a_malformed_file_gives_one_error_and_makes_nothing(
    tmp_path: Path, workspace: Workspace, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    before = sorted(workspace.root.rglob("*"))
    if message == "x":  # front matter that is none is a text
        assert rendered(read_source(path).prompts[0])[0][1].endswith("x")
        return
    with pytest.raises((DraftError, UsageError), match=message) as caught:
        plan_import(workspace, path)
    assert "\n" not in str(caught.value)
    assert sorted(workspace.root.rglob("*")) == before


TEXTS = st.text(st.sampled_from("{}%#ab \n$\\\"'") | st.characters(codec="utf-8"), max_size=30)


@given(TEXTS, TEXTS, TEXTS)
def test_a_langfuse_template_renders_to_what_its_variables_say(
    before: str, value: str, after: str
) -> None:
    from workbench.exchange.importers.langfuse import _prompt

    plain = [text.replace("{{", "(").rstrip("{") for text in (before, after)]
    if any("\0" in text for text in (*plain, value)) or plain[1].startswith("}"):
        return
    entry = {"name": "x", "prompt": f"{plain[0]} {{{{v}}}}{plain[1]}"}
    text = rendered(_prompt("x", entry), v=value)[0][1]
    assert text == f"{plain[0]} {value}{plain[1]}"


@given(st.lists(TEXTS, min_size=1, max_size=3), TEXTS)
def test_what_is_exported_as_dotprompt_comes_back_saying_the_same(
    texts: list[str], value: str
) -> None:
    from workbench.exchange.forms import dotprompt, front_matter
    from workbench.exchange.importers.dotprompt import _prompt

    roles = ["system", "user", "assistant"]
    messages = [Message(role, f"a{{{{ v }}}}{quoted(t)}.") for role, t in zip(roles, texts)]  # noqa: B905
    prompt = Prompt("p", tuple(messages), inputs=(Input("v"),), revision=REVISION)
    if dotprompt.problems(prompt) or any("\r" in text for text in (*texts, value)):
        return
    text = front_matter.write(dotprompt.front_of(prompt, {}), dotprompt.body_of(prompt))
    back = _prompt("p", front_matter.read(text))
    assert rendered(back, v=value) == rendered(prompt, v=value)


@given(st.dictionaries(st.sampled_from("abc"), st.text("xyz: ", max_size=5), max_size=4))
def test_yaml_with_merge_keys_reads_as_what_it_repeats(values: dict[str, str]) -> None:
    text = f"a: &a {json.dumps(values, ensure_ascii=False)}\nb:\n  <<: *a\n  zz: 1\nc: *a\n"
    data = parse_yaml(text, "x", aliases=True)
    assert data == {"a": values, "b": {**values, "zz": 1}, "c": values}
