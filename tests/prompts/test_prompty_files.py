"""Drafts as files: what is read, what is refused, and that writing loses nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DraftError
from workbench.prompts.files.prompty import parse_prompty, read_draft, write_prompty
from workbench.prompts.revisions import least_revision
from workbench.prompts.values import FIRST_REVISION, REVISION, Input, Message, Model, Prompt

WHOLE = """\
---
name: support_triage
description: Route a support ticket to one queue
metadata: {authors: [ana], tags: [support]}
model:
  id: gpt-4.1-mini
  provider: openai
  options: {temperature: 0, maxOutputTokens: 8, seed: 7}
inputs:
  - {name: ticket, kind: string, required: true, description: The customer's message}
template: {format: {kind: jinja2}, parser: {kind: prompty}}
---
system:
Answer with one queue name only.

user:
{{ ticket }}
"""

# Everything that a UTF-8 file can hold: ESC, bidi controls, U+2028 and braces included.
any_text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1, max_size=40
)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)


def _is_body(text: str) -> bool:
    """Text that a message can hold: no role marker, no blank lines around it."""
    try:
        return parse_prompty(f"user:\n{text}", default_id="a").messages == (Message("user", text),)
    except DraftError:
        return False


bodies = any_text.filter(_is_body)
models = st.builds(
    Model,
    id=any_text,
    provider=any_text,
    options=st.fixed_dictionaries(
        {}, optional={"temperature": st.floats(0, 2), "stop": any_text, "zz": plain}
    ),
)
of_kind: dict[str, st.SearchStrategy[object]] = {
    "string": any_text,
    "integer": st.integers(0, 9),
    "array": st.lists(plain, max_size=2),
}
inputs = st.lists(
    st.sampled_from(sorted(of_kind)).flatmap(
        lambda kind: st.builds(
            Input,
            name=names.filter(str.isidentifier),
            kind=st.just(kind),
            required=st.booleans(),
            default=st.none() | of_kind[kind],
            description=st.just("") | any_text,
        )
    ),
    max_size=3,
    unique_by=lambda item: item.name,
).map(tuple)
prompts = st.builds(
    Prompt,
    prompt_id=names,
    messages=st.lists(
        st.builds(Message, st.sampled_from(["system", "user", "assistant"]), bodies),
        min_size=1,
        max_size=4,
    ).map(tuple),
    model=st.none() | models,
    inputs=inputs,
    outputs=st.none() | st.fixed_dictionaries({"type": st.just("object"), "properties": plain}),
    tools=st.none()
    | st.lists(
        st.fixed_dictionaries({"name": names}, optional={"description": any_text}),
        min_size=1,
        max_size=2,
        unique_by=lambda tool: tool["name"],
    ),
    revision=st.sampled_from([FIRST_REVISION, REVISION]),
    description=st.just("") | any_text,
    extra=st.dictionaries(st.sampled_from(["metadata", "displayName", "x-own"]), plain, max_size=2),
)


@given(prompts)
def test_writing_and_reading_a_prompt_keeps_its_fingerprint_and_what_is_unknown(
    prompt: Prompt,
) -> None:
    least = least_revision(prompt.messages, prompt.inputs, prompt.template_format)
    prompt = replace(prompt, revision=min(prompt.revision, least))
    again = parse_prompty(write_prompty(prompt))
    assert again.fingerprint == prompt.fingerprint
    assert again.description == prompt.description
    assert again.extra == prompt.extra


def test_a_whole_file_is_read() -> None:
    prompt = parse_prompty(WHOLE)
    assert prompt.prompt_id == "support_triage"
    assert [message.role for message in prompt.messages] == ["system", "user"]
    assert prompt.messages[1].content == "{{ ticket }}"
    assert prompt.model == Model(
        "gpt-4.1-mini", "openai", {"temperature": 0, "maxOutputTokens": 8, "seed": 7}
    )
    assert prompt.inputs == (Input("ticket", "string", True, None, "The customer's message"),)
    assert prompt.extra == {"metadata": {"authors": ["ana"], "tags": ["support"]}}


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_do_not_change_the_fingerprint(ends: str) -> None:
    assert parse_prompty(WHOLE.replace("\n", ends)).fingerprint == parse_prompty(WHOLE).fingerprint


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.prompty"
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE.encode())
    assert read_draft(path).prompt == parse_prompty(WHOLE)


def test_a_file_without_front_matter_takes_its_id_from_its_name(tmp_path: Path) -> None:
    path = tmp_path / "greeting.prompty"
    path.write_text("Say hello to {{ name }}.", encoding="utf-8")
    prompt = read_draft(path).prompt
    assert prompt.prompt_id == "greeting"
    assert prompt.messages == (Message("system", "Say hello to {{ name }}."),)


@pytest.mark.parametrize(
    ("front", "problem"),
    [
        ("name: ../../etc/passwd", "is no prompt id"),
        ("name: CON", "is no prompt id"),
        ("name: [a]", "is no prompt id"),
        ("name: a\nname: b", "stands twice"),
        ("name: a\nx: !!python/object:os.system {}", "line 3"),
        ("name: &n a\nx: *n", "aliases are refused"),
        ("name: a\nx: &x [*x]", "aliases are refused"),
        ("name: a\n\tx: 1", "line 3"),
        ("- a", "must be a mapping"),
        ("name: a\nmodel: {provider: openai}", "model needs an id"),
        ("name: a\nmodel: {id: m, options: [1]}", "model.options must be a mapping"),
        ("name: a\nmodel: {id: m, options: {t: .nan}}", "model.options.t is no number"),
        ("name: a\nmodel: {id: m, options: {t: .inf}}", "model.options.t is no number"),
        ("name: a\ntools: [!!binary aGk=]", "line 3 tools[0] is bytes"),
        ('name: a\ndescription: "\\ud800"', "half of a surrogate pair"),
        ("name: a\ninputs: [{name: a b}]", "is no name for an input"),
        ("name: a\ninputs: [{name: t}, {name: t}]", "declared twice"),
        ("name: a\ninputs: 5", "inputs must be a list"),
        ("name: a\ntemplate: {format: {kind: mustache}}", "'mustache' is not supported"),
        ("name: a\nmodel: {configuration: {type: openai}}", "Prompty 1"),
        ("name: a\nsample: {t: 1}", "Prompty 1"),
        (f"name: a\nx: {'[' * 100}{']' * 100}", "nested too deeply"),
        (f"name: a\nx: {'9' * 5000}", "digits"),
    ],
)
def test_a_wrong_front_matter_is_refused_in_one_line(front: str, problem: str) -> None:
    with pytest.raises(DraftError, match=re.escape(problem)) as caught:
        parse_prompty(f"---\n{front}\n---\nuser:\nhi\n", where="a.prompty").fingerprint  # noqa: B018
    assert caught.value.message.startswith("a.prompty")
    assert "\n" not in caught.value.message


def test_an_empty_prompt_is_refused() -> None:
    with pytest.raises(DraftError, match="has no text"):
        parse_prompty("---\nname: a\n---\n\n")


def test_what_is_no_draft_file_is_refused(tmp_path: Path) -> None:
    latin = tmp_path / "latin.prompty"
    latin.write_bytes("caf\xe9".encode("latin-1"))
    for path, problem in [
        (latin, "byte 3 is not UTF-8"),
        (tmp_path, "is a folder"),
        (tmp_path / "none.prompty", "no draft at"),
    ]:
        with pytest.raises(DraftError, match=problem):
            read_draft(path)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_with_our_error(text: str) -> None:
    try:
        prompt = parse_prompty(text, default_id="a")
    except DraftError:
        return
    assert prompt.messages


def test_the_prompty_package_reads_what_we_write(tmp_path: Path) -> None:
    import prompty

    path = tmp_path / "support_triage.prompty"
    path.write_text(write_prompty(parse_prompty(WHOLE)), encoding="utf-8")
    loaded = prompty.load(str(path))
    assert loaded.name == "support_triage"
    assert loaded.model.id == "gpt-4.1-mini"
    pinned = WHOLE.replace("provider: openai", 'provider: openai\n  artifact: "models:/x/3"')
    path.write_text(write_prompty(parse_prompty(pinned)), encoding="utf-8")
    assert prompty.load(str(path)).model.id == "gpt-4.1-mini"


def test_the_fingerprint_of_a_usual_draft_is_that_of_the_first_release() -> None:
    assert parse_prompty(WHOLE).fingerprint == (
        "6189649bbf9662500ef43e95f585a06a7535b0cf185e4de0d91c7476e5411e02"
    )
