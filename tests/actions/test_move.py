"""Out into files and back in: the same prompt, and never over a draft."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.actions.refs import resolve
from workbench.actions.releasing.import_export import export, import_draft, read_prompt
from workbench.actions.releasing.redraft import draft_from
from workbench.actions.releasing.register import register
from workbench.actions.releasing.rules import sync
from workbench.actions.session import Session
from workbench.actions.workspace.init import create_workspace
from workbench.errors import DraftError, GateRefused, UsageError
from workbench.prompts.files.prompty import parse_prompty, read_draft
from workbench.prompts.values import FIRST_REVISION, REVISION
from workbench.registry import PromptRegistry, PromptVersion
from workbench.workspace import Workspace, open_workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    workspace = create_workspace(tmp_path / "w")
    with Session(workspace) as session:
        sync(session)
        register(session, resolve(session, "hello"), description="first")
        session.registry.deploy("hello", "1.0.0", "development", "ana")
    return workspace


def test_json_and_prompty_come_back_as_the_same_prompt(
    workspace: Workspace, tmp_path: Path
) -> None:
    with Session(workspace) as session:
        told = export(session, "json", "hello@development", tmp_path / "a.json", "production")
        draft = export(session, "prompty", "hello@1.0.0", tmp_path / "a.prompty", "production")
        wanted = resolve(session, "hello").prompt.fingerprint
    assert read_prompt(told).fingerprint == wanted
    assert read_prompt(draft).fingerprint == wanted
    for path in (told, draft):
        with pytest.raises(UsageError, match="a draft of hello already"):
            import_draft(workspace, path)
    made = import_draft(workspace, told, "other")
    assert made == workspace.root / "prompts" / "other.prompty"
    assert read_draft(made).prompt.fingerprint == wanted


def test_a_version_that_is_not_approved_is_not_exported_as_json(
    workspace: Workspace, tmp_path: Path
) -> None:
    with (
        Session(workspace) as session,
        pytest.raises(GateRefused, match="not approved for production"),
    ):
        export(session, "json", "hello@1.0.0", tmp_path / "a.json", "production")
    assert not (tmp_path / "a.json").exists()


def test_a_sqlite_file_is_a_registry_that_apps_read(workspace: Workspace, tmp_path: Path) -> None:
    with Session(workspace) as session:
        path = export(session, "sqlite", None, tmp_path / "prompts.db", "production")
        head = session.registry.head()
    with PromptRegistry(path) as registry:
        assert registry.get_active("hello", "development").version == "1.0.0"
        assert registry.verify(head=head).ok


@pytest.mark.parametrize(
    ("target", "ref", "said"),
    [
        ("jsno", "hello", "did you mean 'json'?"),
        ("sqlite", "hello", "the whole registry"),
        ("json", None, "json needs a prompt"),
        ("prompty", "helo", "did you mean 'hello'?"),
    ],
)
def test_a_wrong_export_says_what_is_wrong(
    workspace: Workspace, tmp_path: Path, target: str, ref: str | None, said: str
) -> None:
    with Session(workspace) as session, pytest.raises(UsageError) as caught:
        export(session, target, ref, tmp_path / "x", "production")
    assert said in str(caught.value)


def test_a_configured_target_is_known_though_nothing_goes_there_yet(
    workspace: Workspace, tmp_path: Path
) -> None:
    settings = workspace.root / "workbench.toml"
    settings.write_text('[targets.mlflow]\nkind = "mlflow"\nuri = "sqlite:///x.db"\n')
    with Session(open_workspace(workspace.root)) as session:
        with pytest.raises(UsageError, match=r"\[targets\.mlflow\]: .* to files only") as caught:
            export(session, "mlflow", "hello", tmp_path / "x", "production")
        assert "did you mean" not in str(caught.value)
        with pytest.raises(UsageError, match="no target 'mlfow'") as caught:
            export(session, "mlfow", "hello", tmp_path / "x", "production")
        assert "mlflow" not in str(caught.value)


def test_a_folder_that_is_not_there_is_one_line(workspace: Workspace, tmp_path: Path) -> None:
    with Session(workspace) as session:
        for target, ref in (("sqlite", None), ("json", "hello@development")):
            with pytest.raises(UsageError, match="cannot write"):
                export(session, target, ref, tmp_path / "none" / "x", "production")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{"),
        ("a.json", "[]"),
        ("a.json", '{"format": "other/1"}'),
        ("a.json", json.dumps({"format": "workbench.prompt/1", "prompt_id": "../x"})),
        (
            "a.json",
            json.dumps(
                {
                    "format": "workbench.prompt/1",
                    "prompt_id": "x",
                    "template": "jinja2",
                    "messages": 5,
                }
            ),
        ),
        ("a.txt", "hello"),
        ("a.prompty", ""),
    ],
)
def test_what_is_no_prompt_is_refused(workspace: Workspace, name: str, text: str) -> None:
    path = workspace.root / name
    path.write_text(text)
    before = workspace.draft_paths()
    with pytest.raises(DraftError, match=name):
        import_draft(workspace, path)
    path.unlink()
    assert [p for p in before if p != path] == list(workspace.draft_paths())


@pytest.mark.parametrize("revision", [FIRST_REVISION, REVISION])
def test_a_version_leaves_and_comes_back_with_the_revision_of_its_templates(
    workspace: Workspace, tmp_path: Path, revision: int
) -> None:
    head = "---\nname: greet\ninputs: [{name: q, required: false}]\n---\n"
    text = f"{head}{{{{ q | default('é') | tojson }}}}"
    prompt = replace(parse_prompty(text), revision=revision)
    with Session(workspace) as session:
        session.registry.register(PromptVersion.of(prompt, "1.0.0", "first", "ana"))
        session.registry.deploy("greet", "1.0.0", "development", "ana")
        told = export(session, "json", "greet@development", tmp_path / "a.json", "production")
        draft = export(session, "prompty", "greet@1.0.0", tmp_path / "a.prompty", "production")
        copy = export(session, "sqlite", None, tmp_path / "prompts.db", "production")
        path = draft_from(session, "greet", "1.0.0").path
        assert session.registry.verify().first_bad is None
    assert ("revision" in json.loads(told.read_bytes())) == (revision == REVISION)
    for found in (told, draft, path, import_draft(workspace, told, "other")):
        assert read_prompt(found).fingerprint == prompt.fingerprint
    with PromptRegistry(copy) as registry:
        live = registry.get_active("greet", "development")
        assert live is not None
        assert live.fingerprint == prompt.fingerprint
        said = live.messages()[0]["content"]
    assert said == {FIRST_REVISION: '""', REVISION: '"é"'}[revision]
