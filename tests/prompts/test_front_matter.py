"""The head of a draft: what it may hold, and the line on which something else stands."""

from __future__ import annotations

import re

import pytest

from workbench.errors import DraftError
from workbench.prompts.files.prompty import parse_prompty, write_prompty
from workbench.prompts.values import Message
from workbench.providers.openai_chat.parameters import api_options
from workbench.providers.options import build_request

OPTIONS = "name: a\nmodel:\n  id: m\n  options:\n"
HEAD = "---\nname: a\nmodel: {id: m, provider: x}\n---\n"


@pytest.mark.parametrize("before", ["", "\n", "\n \n\t\n", "\ufeff", "\ufeff\n", "\r\n\r\n"])
def test_blank_lines_may_stand_before_the_front_matter(before: str) -> None:
    prompt = parse_prompty(f"{before}{HEAD}user:\nhi\n")
    assert prompt.fingerprint == parse_prompty(f"{HEAD}user:\nhi\n").fingerprint
    assert prompt.messages == (Message("user", "hi"),)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\nname: a\nmodel: m\nuser:\nhi\n", 1),
        ("\n---\nname: a\n --- \nuser:\nhi\n", 2),
        ("---", 1),
        ("# Support\n---\nname: a\nmodel: m\n---\nuser:\nhi\n", 2),
        ("<!-- ana -->\n\n---\nname: a\ninputs: []\n---\nuser:\nhi\n", 3),
        ("----\nname: a\nmodel: m\n----\nuser:\nhi\n", 1),
        ("+++\nname: a\nmodel: m\n+++\nhi\n", 1),
        ('+++\nname = "a"\n+++\nuser:\nhi\n', 1),
        ("%YAML 1.2\n---\nname: a\n---\nuser:\nhi\n", 1),
        ("--- # mine\nname: a\n---\nuser:\nhi\n", 1),
        ("\ufeff\ufeff---\nname: a\n---\nuser:\nhi\n", 1),
        ("```yaml\nname: a\nmodel: {id: m}\n```\nuser:\nhi\n", 1),
        ("name: a\nmodel: {id: m}\nuser:\nhi\n", 1),
        ("\ndescription: a\n\nuser:\nhi\n", 2),
        ("# Support\n---\nname: a\ndescription: b\n---\nuser:\nhi\n", 2),
        ("Support\n\n```yaml\nname: a\n```\nuser:\nhi\n", 3),
        (f"{HEAD}---\nname: b\n---\nuser:\nhi\n", 5),
        (f"{HEAD}\n---\nmodel: {{id: n}}\n---\nhi\n", 6),
        (f"{HEAD}Support\n---\nname: b\n---\nuser:\nhi\n", 6),
        (f"{HEAD}----\ndescription: b\n----\nuser:\nhi\n", 5),
        (f"{HEAD}inputs: [q]\n---\nuser:\nhi\n", 5),
        (f"{HEAD}```\ntools: []\n```\nuser:\nhi\n", 5),
    ],
)
def test_front_matter_that_is_none_is_never_sent(text: str, line: int) -> None:
    with pytest.raises(DraftError, match=rf"^p: line {line} .*front matter") as caught:
        parse_prompty(text, where="p", default_id="a")
    assert "---" in caught.value.hint


@pytest.mark.parametrize(
    "body",
    [
        "---\nAnswer briefly.\n---\nuser:\nhi",
        "Answer briefly.\n\n---\n\nuser:\nhi",
        "name: the customer's\nuser:\nhi",
        "Answer with YAML:\n```yaml\nqueue: billing\nmodel: x\n```\nuser:\nhi",
        "system:\n---\nname: b\nmodel: c\n---\nuser:\n```yaml\nname: x\n```",
        "| a | b |\n|---|---|\nuser:\nhi",
        "user:\nhi\n---\nname: b\n---\nbye",
    ],
)
def test_a_text_with_rules_and_keys_stays_a_text(body: str) -> None:
    messages = parse_prompty(f"{HEAD}{body}\n").messages
    assert "\n".join(m.content for m in messages).count("---") == body.count("---")


def test_a_rule_in_a_text_is_no_front_matter() -> None:
    text = "Title\n---\nuse the model: yours\n\nuser:\n---\nmodel: x\n---\n"
    assert parse_prompty(text, default_id="a").messages[1].content == "---\nmodel: x\n---"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{HEAD}user:\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> theirs\n", 6),
        (f"{HEAD}user:\na\n>>>>>>> theirs\n", 7),
        ("---\nname: a\n<<<<<<< HEAD\nmodel: m\n=======\nmodel: n\n>>>>>>> b\n---\nhi\n", 3),
        ("<<<<<<< HEAD\n---\nname: a\n---\nhi\n", 1),
        (f"{HEAD}user:\r\n||||||| base\r\n", 6),
    ],
)
def test_what_a_merge_left_over_is_refused_with_the_line(text: str, line: int) -> None:
    with pytest.raises(DraftError, match=f"^p: line {line} is left over from a merge"):
        parse_prompty(text, where="p", default_id="a")


def test_signs_that_only_look_like_a_merge_are_text() -> None:
    body = "Title\n=======\n{{ '<<<<<<<' }} SEARCH\n<<<<<<<<\n>>>>>> x\n  <<<<<<< y"
    assert parse_prompty(f"{HEAD}user:\n{body}\n").messages[0].content == body


@pytest.mark.parametrize(
    ("front", "line", "problem", "hint"),
    [
        ("name: a\nmodl: m", 3, "the front matter has no key 'modl'", "'model'"),
        ("name: a\ninputs: []\nkind: thread", 4, "has no key 'kind'", "leave it out"),
        ("name: a\nauthors: [ana]", 3, "has no key 'authors'", "metadata"),
        ("name: a\ninstructions: hi", 3, "has no key 'instructions'", "below"),
        ("name: a\nmodel:\n  id: m\n  providr: x", 5, "model has no key 'providr'", "'provider'"),
        ("name: a\nmodel:\n  id: m\n  temperature: 0", 5, "'temperature'", "model.options"),
        (
            "name: a\nmodel:\n  id: m\n  connection: {kind: key}",
            5,
            "'connection'",
            "workbench.toml",
        ),
        ("name: a\nmodel:\n  id: m\n  apiType: image", 5, "apiType 'image' is not supported", ""),
        (
            "name: a\nmodel:\n  id: m\n  options:\n    temprature: 0",
            6,
            "'temprature'",
            "temperature",
        ),
        ("name: a\nmodel:\n  id: m\n  options:\n    max_token: 1", 6, "'max_token'", "max_tokens"),
        ("name: a\nmodel: {id: m, provider: [x]}", 3, "model.provider must be a name", ""),
        (
            "name: a\ninputs:\n- name: q\n- name: t\n  knd: string",
            6,
            "inputs[1] has no key 'knd'",
            "kind",
        ),
        (
            "name: a\ninputs:\n  q:\n    requird: true",
            5,
            "inputs.q has no key 'requird'",
            "required",
        ),
        (
            "name: a\ninputs:\n- name: q\n  kind: thread",
            5,
            "'thread' is not supported yet",
            "string",
        ),
        ("name: a\ninputs:\n- name: q\n  kind: strng", 5, "'strng' is unknown", "'string'"),
        ("name: a\ninputs:\n- name: q\n  kind: int", 5, "'int' is unknown", "integer"),
        ("name: a\ninputs:\n- name: q\n  kind: integer\n  default: x", 6, "'x' is no integer", ""),
        ("name: a\ninputs:\n- name: q\n  required: no", 5, "required is true or false", ""),
        ("name: a\noutputs:\n- name: q\n  knd: x", 5, "outputs[0] has no key 'knd'", "kind"),
        ("name: a\noutputs:\n- name: q\n  kind: strng", 5, "'strng' is unknown", "'string'"),
        (
            "name: a\ntools:\n- name: q\n  paramters: []",
            5,
            "tools[0] has no key 'paramters'",
            "param",
        ),
        ("name: a\ntools:\n- name: q\n  kind: mcp", 5, "the kind 'mcp' of a tool", ""),
        ("name: a\ntemplate:\n  formt: jinja2", 4, "template has no key 'formt'", "'format'"),
        (
            "name: a\ntemplate:\n  format:\n    knd: jinja2",
            5,
            "template.format has no key",
            "'kind'",
        ),
        ("name: a\ntemplate:\n  parser: xml", 4, "the parser 'xml' is not supported", "prompty"),
        (
            "name: a\ntemplate:\n  format:\n    options: {revision: 9}",
            5,
            "revision 9 is unknown",
            "",
        ),
        ("name: a\nmodel:\n  id: ${env:X}", 4, "model.id refers to ${env:X}", "api_key_env"),
        ("name: a\ndescription: ${FILE:x.md}", 3, "refers to ${FILE:x.md}", "itself"),
        ("name: a\nmetadata: {a: [b, 'x ${env:KEY:y}']}", 3, "metadata.a[1] refers to", ""),
        ("name: a\noutputs: foo", 3, "outputs must be a list, not 'foo'", "{name:"),
        ("name: a\noutputs:\n- answer", 4, "outputs[0] is no mapping", "{name:"),
        ("name: a\noutputs:\n- kind: string", 4, "outputs[0] needs a name", "{name:"),
        ("name: a\noutputs: {a: 5}", 3, "outputs.a is no mapping", "{name:"),
        ("name: a\noutputs: {a: strng}", 3, "outputs.a.kind 'strng' is unknown", "string"),
        ("name: a\noutputs:\n- {name: b}\n- {name: b}", 5, "'b' is declared twice", ""),
        ("name: a\noutputs:\n- {name: b, enum: xyz}", 4, "enum must be a list", ""),
        (
            "name: a\noutputs:\n- {name: b, items: integer}",
            4,
            "must be a mapping",
            "{kind: integer}",
        ),
        ("name: a\noutputs:\n- {name: b, kind: object, properties: c}", 4, "must be a list", ""),
        ("name: a\ntools: search", 3, "tools must be a list, not 'search'", "{name:"),
        ("name: a\ntools: [search]", 3, "tools[0] is no mapping", "{name:"),
        ("name: a\ntools: {search: web}", 3, "tools.search is no mapping", "{name:"),
        ("name: a\ntools:\n- kind: function", 4, "tools[0] needs a name", "{name:"),
        ("name: a\ntools:\n- {name: ' '}", 4, "tools[0] needs a name", "{name:"),
        ("name: a\ntools:\n- {type: function, function: {}}", 4, "tools[0] needs a name", ""),
        ("name: a\ntools:\n- {name: t, parameters: q}", 4, "parameters must be a list", ""),
        ("name: a\ntools:\n- {name: t, parameters: [q]}", 4, "is no mapping", "{name: query"),
        ("name: a\ninputs: {q: string}", 3, "inputs.q: string may be a kind", "{kind: string}"),
        ("name: a\ninputs:\n  n: 5\n  vip: Boolean", 5, "inputs.vip: Boolean may be", "default:"),
        (f"{OPTIONS}    maxOutputTokens: 9\n    max_tokens: 5", 7, "says again", "keep one"),
        (f"{OPTIONS}    max_completion_tokens: 9\n    maxOutputTokens: 9", 7, "says again", ""),
        (
            f"{OPTIONS}    temperature: 0\n    additionalProperties:\n      temperature: 1",
            8,
            "additionalProperties.temperature says again what temperature says",
            "keep one",
        ),
        (f"{OPTIONS}    additionalProperties: {{top_p: 1}}\n    topP: 1", 7, "says again", ""),
        (f"{OPTIONS}    additionalProperties: [1]", 6, "must be a mapping", ""),
        (f"{OPTIONS}    temperature: '0'", 6, "temperature is '0': a number is needed", ""),
        (f"{OPTIONS}    temperature: true", 6, "a number is needed", ""),
        (f"{OPTIONS}    seed: 1.5", 6, "seed is 1.5: a whole number is needed", ""),
        (f"{OPTIONS}    max_tokens: '8'", 6, "a whole number is needed", ""),
        (f"{OPTIONS}    stopSequences: [1]", 6, "a list of texts is needed", ""),
        (f"{OPTIONS}    allowMultipleToolCalls: 'no'", 6, "true or false is needed", ""),
        ("name: a\nname: b", 3, "'name' stands twice", ""),
        ("name: a\nx-a: &n 1\nx-b: *n", 4, "aliases are refused", ""),
        ("name: a\nmodel:\n\tid: m", 4, "", ""),
        ("name: A B", 2, "is no prompt id", ""),
        ("name: a\ninputs:\n- {name: q}\n- {name: q}", 5, "declared twice", ""),
    ],
)
@pytest.mark.parametrize("before", ["", "\n\n"])
def test_what_nothing_reads_is_refused_with_the_line_and_a_remedy(
    front: str, line: int, problem: str, hint: str, before: str
) -> None:
    at = line + len(before)
    with pytest.raises(DraftError, match=rf"^p: line {at} .*{re.escape(problem)}") as caught:
        parse_prompty(f"{before}---\n{front}\n---\nuser:\nhi\n", where="p")
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message


def test_what_prompty_knows_and_is_not_used_here_survives_with_what_is_somebodys_own() -> None:
    text = """\
---
name: a
displayName: A
metadata: {authors: [ana], any: {thing: [1, 2]}}
x-team: {a: 1}
model: {id: m, provider: x, apiType: chat, options: {temperature: 0, min_tokens: 3}, x-note: y}
inputs:
- {name: q, kind: string, example: hello, enumValues: [hello, bye]}
- {name: t, kind: float, nullable: true, x-unit: s}
template: {format: {kind: jinja2}, parser: {kind: prompty}}
---
user:
{{ q }}{{ t }}
"""
    prompt = parse_prompty(text)
    again = parse_prompty(write_prompty(prompt))
    assert again == prompt
    assert again.fingerprint == prompt.fingerprint
    assert prompt.model is not None
    assert prompt.model.options["min_tokens"] == 3, "others' options are sent as they stand"
    for kept in ("displayName: A", "apiType: chat", "x-note: y", "example: hello", "x-unit: s"):
        assert kept in write_prompty(prompt)


def test_what_an_older_version_kept_beside_the_known_keys_can_be_written_and_read() -> None:
    from dataclasses import replace

    old = replace(parse_prompty(f"{HEAD}user:\nhi\n"), extra={"authors": ["ana"], "x-a": 1})
    again = parse_prompty(write_prompty(old))
    assert again.fingerprint == old.fingerprint
    assert again.extra == {"x-authors": ["ana"], "x-a": 1}


def test_a_model_without_a_provider_says_so() -> None:
    for model in ("model: m", "model: {id: m}", "model: {id: m, provider: ''}"):
        prompt = parse_prompty(f"---\nname: a\n{model}\n---\nuser:\nhi\n")
        assert prompt.model is not None
        assert prompt.model.provider == ""
        assert "provider" not in write_prompty(prompt)


def test_named_items_may_be_a_list_or_a_mapping_and_an_input_may_have_a_value_for_a_default() -> (
    None
):
    prompt = parse_prompty("""\
---
name: a
model: {id: m, options: {maxOutputTokens: 9, additionalProperties: {temperature: hot}}}
inputs: {q: hello, n: 5, kind: {kind: string}}
outputs: {answer: string, score: {kind: number}}
tools: {search: {description: d, parameters: {query: string}}}
---
user:
{{ q }}{{ n }}{{ kind }}
""")
    assert [(i.name, i.kind, i.default) for i in prompt.inputs] == [
        ("q", "string", "hello"),
        ("n", "string", 5),
        ("kind", "string", None),
    ]
    options = api_options(build_request(prompt, ()))
    assert options["temperature"] == "hot", "what is sent as it stands has no type here"
    schema = options["response_format"]["json_schema"]["schema"]
    assert schema["properties"] == {"answer": {"type": "string"}, "score": {"type": "number"}}
    (tool,) = options["tools"]
    assert tool["function"]["parameters"]["properties"] == {"query": {"type": "string"}}
