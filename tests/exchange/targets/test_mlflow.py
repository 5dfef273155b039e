"""What MLflow is sent, and what is refused before; `tests/integration` has MLflow itself."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.exchange.exporting import TRIAGE, leaving
from workbench.errors import ExtraMissing, TargetUnreachable, UsageError
from workbench.exchange.clients import mlflow_process
from workbench.exchange.forms import mlflow as forms
from workbench.exchange.targets.base import Destination
from workbench.exchange.targets.mlflow import KIND
from workbench.prompts.values import Input, Message, Model, Prompt
from workbench.registry import PromptRegistry

URI = "sqlite:///mlflow.db"


def prompt_of(*templates: str, **changes: object) -> Prompt:
    messages = tuple(Message("user", template) for template in templates)
    return replace(Prompt("p", messages, inputs=(Input("x"),)), **changes)  # type: ignore[arg-type]


def test_the_body_of_a_registration(tested: PromptRegistry) -> None:
    export = leaving(tested, "triage@1.0.0")
    body = forms.registration(TRIAGE, "1.0.0", {"gate": "pass", "description": "first"})
    tags = body.pop("tags")
    assert body == {
        "name": "triage",
        "template": [
            {
                "role": "system",
                "content": "Answer in a {{ tone }} tone, with one queue name only.",
            },
            {"role": "user", "content": "{{ ticket }}"},
        ],
        "commit_message": "1.0.0: first",
        "response_format": TRIAGE.outputs,
        "model_config": {
            "model_name": "gpt-4.1-mini",
            "provider": "openai",
            "temperature": 0.0,
            "max_tokens": 8,
            "seed": 7,
        },
    }
    assert tags["workbench.version"] == "1.0.0"
    assert tags["workbench.gate"] == "pass"
    assert len(tags["workbench.content_sha256"]) == 64
    assert KIND.content(export)["template"] == body["template"]


def as_held(prompt: Prompt) -> dict[str, object]:
    """A version as the child gives it after the registration."""
    import json

    body = forms.registration(prompt, "1.0.0", {})
    template = body["template"]
    is_text = isinstance(template, str)
    tags = {
        **body["tags"],
        "mlflow.prompt.text": template if is_text else json.dumps(template),
        "_mlflow_prompt_type": "text" if is_text else "chat",
        **{
            tag: json.dumps(body[key])
            for key, tag in (
                ("response_format", "_mlflow_prompt_response_format"),
                ("model_config", "_mlflow_prompt_model_config"),
            )
            if key in body
        },
    }
    return {"number": "3", "tags": tags, "description": ""}


@pytest.mark.parametrize(
    "prompt",
    [
        TRIAGE,
        prompt_of("{{- x -}} {# c #} {{ '{' }} end"),
        prompt_of("{% if x %}{{ x | upper }}{% endif %}", "second"),
        prompt_of("Hello {x}, {y}", template_format="braces"),
        prompt_of("plain", model=Model("m", "p", {"stopSequences": "END", "topP": 1})),
    ],
)
def test_a_version_that_nobody_changed_is_the_same_prompt(prompt: Prompt) -> None:
    version, content = forms.version_and_content(as_held(prompt))
    assert version == "1.0.0"
    assert content == forms.content_of(prompt)
    assert forms.prompt_of(prompt.prompt_id, content).fingerprint == prompt.fingerprint


@pytest.mark.parametrize(
    ("prompt", "problem"),
    [
        (prompt_of("fine", "{{ x | upper }}"), "message 2 (user), line 1: the filter upper: "),
        (prompt_of("{{ x.y }}"), "a part of an input"),
        (prompt_of("{{ '{{ x }}' }}"), "which MLflow would take for a template"),
        (prompt_of("{% if x %}{{ x | tojson }}{% endif %}"), "tojson escapes for HTML there"),
        (prompt_of("{% if x %}a{% endif %}", "b\n"), "drops its last line break"),
        (prompt_of("{% include 'a' %}"), "an included text"),
        (prompt_of("{% for e in examples %}{% endfor %}"), "few-shot examples"),
        (prompt_of("x" * 100_001), "100,001 characters, and MLflow takes 100,000"),
        (prompt_of("x", model=Model("m", "p", {"temperature": -1})), "temperature is -1.0"),
        (prompt_of("x", model=Model("m", "p", {"topP": 2})), "top_p is 2.0"),
    ],
)
def test_what_mlflow_would_render_otherwise_or_not_take_is_refused(
    prompt: Prompt, problem: str
) -> None:
    assert problem in "; ".join(forms.problems(prompt))


@pytest.mark.parametrize(
    ("uri", "options", "problem"),
    [
        ("", {}, "has no uri"),
        ("./mlruns", {}, "keeps no prompts"),
        ("file:///mlruns", {}, "keeps no prompts"),
        (URI, {"aliases": {"production": "v1.2"}}, "cannot have the alias 'v1.2'"),
        (URI, {"aliases": {"production": "latest"}}, "cannot have the alias 'latest'"),
        (URI, {"aliases": {"production": "a", "staging": "a"}}, "share the alias 'a'"),
    ],
)
def test_a_place_or_an_alias_that_cannot_be_is_refused(
    tested: PromptRegistry, uri: str, options: dict[str, object], problem: str
) -> None:
    export = leaving(tested, "triage@1.0.0", ["production", "staging"])
    there = Destination(uri=uri, options=options, name="mlflow")
    assert problem in "; ".join(KIND.refuses(export, there))


def test_a_python_without_mlflow_names_the_line_that_installs_it(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    there = Destination(uri=URI, root=tmp_path, options={"python": "./bare"}, name="mlflow")
    try:
        with pytest.raises(ExtraMissing, match=r"pip install 'prompt-workbench\[mlflow\]'"):
            KIND.pointers("triage", there)
    finally:
        mlflow_process.close_all()
    assert not (tmp_path / "mlflow.db").exists()


def test_a_python_that_is_not_there_is_said(tmp_path: Path) -> None:
    there = Destination(uri=URI, root=tmp_path, options={"python": "./none"}, name="mlflow")
    with pytest.raises(UsageError, match="cannot start"):
        KIND.pointers("triage", there)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'no such luck' >&2; exit 3", "ended with 3: no such luck"),
        ("kill -9 $$", "ended with -9"),
        ("echo nonsense; exec sleep 60", "ended with"),
        ("exec sleep 60", "no answer within"),
    ],
)
def test_a_process_that_ends_or_hangs_may_have_done_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    monkeypatch.setattr(mlflow_process, "START_S", 0.3 if "sleep" in script else 60.0)
    (tmp_path / "python").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "python").chmod(0o755)
    options = {"python": "./python", "timeout": 1.0}
    there = Destination(uri=URI, root=tmp_path, options=options, name="mlflow")
    with pytest.raises(TargetUnreachable, match=message) as caught:
        KIND.pointers("triage", there)
    assert caught.value.may_have_committed
    mlflow_process.close_all()
