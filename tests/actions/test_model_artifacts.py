"""Weights that a draft pins must be those of the model on this machine."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.tiny_gguf import tiny_gguf
from workbench.actions.refs import Source, on_models
from workbench.actions.running.model_artifacts import artifact_facts
from workbench.actions.session import Session
from workbench.actions.trust import trust
from workbench.errors import UntrustedWorkspace, UsageError
from workbench.prompts.values import Message, Model, Prompt
from workbench.workspace import open_workspace


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A workspace whose provider `own` is a GGUF file; the user has not trusted it yet."""
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tiny_gguf(tmp_path / "own.gguf")
    (tmp_path / "workbench.toml").write_text(
        f'[providers.own]\nkind = "local"\nmodel_path = "{path}"\n'
        '[providers.far]\nbase_url = "http://127.0.0.1:9/v1"\n'
    )
    return Session(open_workspace(tmp_path))


def pinned(session: Session, provider: str = "own") -> Prompt:
    digest = hashlib.sha256((session.workspace.root / "own.gguf").read_bytes()).hexdigest()
    model = Model("own", provider, artifact=f"sha256:{digest}")
    return Prompt("p", (Message("user", "x"),), model)


def test_the_pinned_weights_are_taken_and_one_other_byte_is_refused(session: Session) -> None:
    prompt = pinned(session)
    with pytest.raises(UntrustedWorkspace):
        artifact_facts(session, prompt)
    trust(session.workspace)
    assert artifact_facts(session, prompt) == {}
    with (session.workspace.root / "own.gguf").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    with pytest.raises(
        UsageError, match=r"p pins the weights .*, and the provider own has weights"
    ):
        artifact_facts(session, prompt)


def test_weights_of_another_machine_cannot_be_pinned(session: Session) -> None:
    with pytest.raises(UsageError, match="far is not a model on this machine"):
        artifact_facts(session, pinned(session, "far"))


def test_a_prompt_without_a_pin_asks_nobody(session: Session) -> None:
    prompt = pinned(session)
    assert prompt.model
    assert artifact_facts(session, replace(prompt, model=replace(prompt.model, artifact=""))) == {}


def test_the_pin_of_a_model_goes_with_it_and_with_no_other(session: Session) -> None:
    prompt = pinned(session)
    assert prompt.model
    own, other, elsewhere = on_models(session, Source(prompt, "draft"), ("own", "new", "far:own"))
    assert own.prompt.model == prompt.model
    assert [one.prompt.model for one in (other, elsewhere)] == [
        Model("new", "own"),
        Model("own", "far"),
    ]
