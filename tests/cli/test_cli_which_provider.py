"""A draft that names a model and no provider: whom it asks, and that this is said."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, answer, make_cli
from tests.support.openai_server import OpenAIServer
from workbench.actions.refs import resolve
from workbench.actions.running.run import make_spec
from workbench.actions.session import Session
from workbench.errors import EXIT_USAGE, DraftError
from workbench.registry import PromptVersion
from workbench.workspace import open_workspace


def change(cli: Cli, old: str, new: str, name: str = "prompts/triage.prompty") -> None:
    path = cli.root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def nameless(cli: Cli) -> None:
    change(cli, "{id: mock, provider: mock, options", "{id: gpt-4o-mini, options")


TAKEN = "names no provider for gpt-4o-mini: mock is taken"


def test_the_only_configured_provider_is_taken_and_it_is_said_everywhere(fresh_cli: Cli) -> None:
    cli = fresh_cli
    nameless(cli)
    tried = cli.here("try", "triage")
    assert TAKEN in tried.err
    assert TAKEN in cli.here("try", "triage", "--json").json["notes"][0]
    assert TAKEN in cli.here("run", "triage").out
    assert any(TAKEN in note for note in cli.here("run", "triage", "--json").json["notes"])
    registered = cli.here("register", "triage", "--description", "first", "--json")
    assert TAKEN in registered.json["warnings"][0]
    assert TAKEN in registered.err
    assert TAKEN in cli.here("doctor").out
    cli.say("better")
    compared = cli.here("compare", "triage@1.0.0", "triage", "--json")
    assert TAKEN in compared.json["notes"][0]
    assert TAKEN in compared.err
    # What was taken is in the version: nothing is guessed when the settings change.
    report = cli.here("evaluate", "triage@1.0.0", "--json").json
    assert report["notes"] == []
    with sqlite3.connect(cli.root / ".workbench" / "registry.db") as registry:
        (body,) = registry.execute("SELECT body FROM versions").fetchone()
    assert json.loads(body)["model"]["provider"] == "mock"


@pytest.mark.parametrize("model", ["{id: gpt-4o-mini}", "gpt-4o-mini"])
def test_with_several_or_none_it_is_asked_which_before_any_call(tmp_path: Path, model: str) -> None:
    with OpenAIServer(answer) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        change(cli, "{id: mock, provider: mock, options: {temperature: 0}}", model)
        change(
            cli,
            "[environments",
            '[providers.second]\nbase_url = "http://127.0.0.1:9/v1"\n\n[environments',
            "workbench.toml",
        )
        commands = [
            ("try", "triage"),
            ("run", "triage"),
            ("compare", "triage", "triage"),
            ("register", "triage", "-d", "first"),
            ("estimate", "triage"),
        ]
        for command in commands:
            refused = cli.here(*command)
            assert refused.code == EXIT_USAGE, command
            assert "triage.prompty: line 3 which provider?" in refused.err
            assert "one of: mock, second, local" in refused.err
        assert "which provider?" in cli.here("doctor").out
        assert server.calls == 0


def test_with_no_provider_configured_the_embedded_model_answers_for_its_own_name_only(
    fresh_cli: Cli,
) -> None:
    path = fresh_cli.root / "workbench.toml"
    path.write_text("")
    workspace = open_workspace(fresh_cli.root)
    draft = fresh_cli.root / "prompts" / "triage.prompty"
    nameless(fresh_cli)
    with pytest.raises(DraftError, match=r"line 3 which provider\?") as caught:
        workspace.draft(draft)
    assert caught.value.hint.endswith("one of: local")
    change(fresh_cli, "gpt-4o-mini", "Gemma-3-270M")
    opened = workspace.draft(draft)
    assert opened.prompt.model
    assert opened.prompt.model.provider == "local"
    assert "local is taken" in opened.note


def test_a_provider_that_is_not_configured_is_refused_with_the_nearest(fresh_cli: Cli) -> None:
    change(fresh_cli, "provider: mock", "provider: mok")
    for command in (("try", "triage"), ("run", "triage")):
        refused = fresh_cli.here(*command)
        assert refused.code == EXIT_USAGE
        assert "no provider 'mok'" in refused.err
        assert "did you mean 'mock'?" in refused.err
    assert "triage.prompty: no provider 'mok'" in fresh_cli.here("doctor").out


def test_a_version_that_was_registered_without_one_keeps_the_embedded_model_and_says_so(
    fresh_cli: Cli,
) -> None:
    workspace = open_workspace(fresh_cli.root)
    drafted = workspace.draft(fresh_cli.root / "prompts" / "triage.prompty").prompt
    assert drafted.model
    # As 0.1.0 stored it.
    stored = replace(drafted, model=replace(drafted.model, id="gpt-4o-mini", provider="local"))
    with Session(workspace) as session:
        session.registry.register(PromptVersion.of(stored, "1.0.0", "first", "ana"))
        source = resolve(session, "triage@1.0.0")
        assert source.prompt.model
        assert source.prompt.model.provider == "local"
        assert source.note == (
            "triage@1.0.0 was registered with the provider local,"
            " so gemma-3-270m answers and not gpt-4o-mini"
        )
        notes = make_spec(source, session.workspace.suite("triage"), limit=1).notes
    assert source.note in notes


def test_a_draft_that_gives_the_embedded_model_another_name_is_refused(fresh_cli: Cli) -> None:
    change(fresh_cli, "{id: mock, provider: mock,", "{id: gpt-4o-mini, provider: local,")
    for command in (("try", "triage"), ("run", "triage"), ("register", "triage", "-d", "first")):
        refused = fresh_cli.here(*command)
        assert refused.code == EXIT_USAGE
        assert "line 3 the provider local is gemma-3-270m and not 'gpt-4o-mini'" in refused.err
    assert "not 'gpt-4o-mini'" in fresh_cli.here("doctor").out


def test_a_model_file_of_ones_own_answers_to_any_name(fresh_cli: Cli) -> None:
    change(fresh_cli, "{id: mock, provider: mock,", "{id: smollm, provider: local,")
    with (fresh_cli.root / "workbench.toml").open("a") as settings:
        settings.write('\n[providers.local]\nmodel_path = "smollm.gguf"\n')
    draft = open_workspace(fresh_cli.root).draft(fresh_cli.root / "prompts" / "triage.prompty")
    assert draft.prompt.model
    assert (draft.prompt.model.id, draft.note) == ("smollm", "")


def test_an_input_that_is_typed_is_read_as_its_kind(fresh_cli: Cli) -> None:
    change(
        fresh_cli, "inputs: [{name: ticket, kind: string}]", "inputs: [{name: ticket, kind: array}]"
    )
    change(fresh_cli, "{{ ticket }}", "{% for t in ticket %}case {{ t }};{% endfor %}")
    assert fresh_cli.here("try", "triage", "--input", "ticket=[1, 2]").code == 0
    refused = fresh_cli.here("try", "triage", "--input", "ticket=1, 2")
    assert refused.code == EXIT_USAGE
    assert "ticket is '1, 2', and a JSON list is needed" in refused.err
