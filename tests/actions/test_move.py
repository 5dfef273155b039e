"""Out into files and back in: the same prompt, and never over a draft."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.actions.refs import resolve
from workbench.actions.releasing.exporting import Exported, plan_export
from workbench.actions.releasing.exporting import export as send
from workbench.actions.releasing.importing import make, plan_import, read_source
from workbench.actions.releasing.redraft import draft_from
from workbench.actions.releasing.register import register
from workbench.actions.releasing.rules import sync
from workbench.actions.session import Session
from workbench.actions.trust import trust
from workbench.actions.workspace.init import create_workspace
from workbench.errors import DraftError, GateRefused, UntrustedWorkspace, UsageError
from workbench.prompts.files.prompty import parse_prompty, read_draft
from workbench.prompts.values import FIRST_REVISION, REVISION, Prompt
from workbench.registry import PromptRegistry, PromptVersion
from workbench.workspace import Workspace, open_workspace


def imported(workspace: Workspace, path: Path, name: str | None = None) -> list[Path]:
    """The drafts that an import makes."""
    plan = plan_import(workspace, path, name)
    make(plan)
    return list(plan.drafts)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    workspace = create_workspace(tmp_path / "w")
    with Session(workspace) as session:
        sync(session)
        register(session, resolve(session, "hello"), description="first")
        session.registry.deploy("hello", "1.0.0", "development", "ana")
    return workspace


def export(
    session: Session,
    target: str,
    ref: str | None,
    path: Path | None,
    environment: str,
    reason: str = "nothing judges it yet",
) -> Exported:
    """What an export did, forced where it must be."""
    plan = plan_export(session, target, ref, path, environment, force_reason=reason)
    return send(session, plan)


def sent(
    session: Session, target: str, ref: str | None, path: Path, environment: str = "production"
) -> Path:
    """The file that an export wrote."""
    written = export(session, target, ref, path, environment).sent
    assert written is not None
    assert written.path == path
    return path


def prompt_in(path: Path) -> Prompt:
    (prompt,) = read_source(path).prompts
    return prompt


def test_json_and_prompty_come_back_as_the_same_prompt(
    workspace: Workspace, tmp_path: Path
) -> None:
    with Session(workspace) as session:
        told = sent(session, "json", "hello@development", tmp_path / "a.json", "production")
        draft = sent(session, "prompty", "hello@1.0.0", tmp_path / "a.prompty", "production")
        wanted = resolve(session, "hello").prompt.fingerprint
    assert prompt_in(told).fingerprint == wanted
    assert prompt_in(draft).fingerprint == wanted
    for path in (told, draft):
        assert imported(workspace, path) == [], "the draft is there as it would be made"
    (made,) = imported(workspace, told, "other")
    made.write_text(f"{made.read_text('utf-8')}more\n", encoding="utf-8")
    with pytest.raises(UsageError, match="a draft of other already"):
        imported(workspace, told, "other")
    made.unlink()
    (made,) = imported(workspace, told, "other")
    assert made == workspace.root / "prompts" / "other.prompty"
    assert read_draft(made).prompt.fingerprint == wanted


@pytest.mark.exhaustive
def test_a_version_that_is_not_approved_is_not_exported_as_json(
    workspace: Workspace, tmp_path: Path
) -> None:
    with (
        Session(workspace) as session,
        pytest.raises(GateRefused, match="not approved for production"),
    ):
        export(session, "json", "hello@1.0.0", tmp_path / "a.json", "production", reason="")
    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize("ref", ["hello@1.0.0", "hello@development"])
def test_an_untested_version_leaves_with_the_reason_that_forces_it(
    workspace: Workspace, tmp_path: Path, ref: str
) -> None:
    path = tmp_path / "a.json"
    with Session(workspace) as session:
        with pytest.raises(GateRefused, match="--force --reason TEXT"):
            plan_export(session, "json", ref, path)
        export(session, "json", ref, path, "production", reason="asked for by legal")
        (row,) = session.store.outbox.rows()
    assert json.loads(path.read_text())["forced_reason"] == "asked for by legal"
    assert (row.reason, row.state, row.output) == ("asked for by legal", "done", str(path))


@pytest.mark.exhaustive
def test_a_sqlite_file_is_a_registry_that_apps_read(workspace: Workspace, tmp_path: Path) -> None:
    with Session(workspace) as session:
        path = sent(session, "sqlite", None, tmp_path / "prompts.db", "production")
        head = session.registry.head()
    with PromptRegistry(path) as registry:
        assert registry.get_active("hello", "development").version == "1.0.0"
        assert registry.verify(head=head).ok


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize(
    ("target", "ref", "message"),
    [
        ("jsno", "hello", "did you mean 'json'?"),
        ("sqlite", "hello", "the whole registry"),
        ("json", None, "json needs a prompt"),
        ("prompty", "helo", "did you mean 'hello'?"),
    ],
)
def test_a_wrong_export_says_what_is_wrong(
    workspace: Workspace, tmp_path: Path, target: str, ref: str | None, message: str
) -> None:
    with Session(workspace) as session, pytest.raises(UsageError) as caught:
        export(session, target, ref, tmp_path / "x", "production")
    assert message in str(caught.value)


def with_settings(workspace: Workspace, text: str) -> Workspace:
    """The workspace with these tables, trusted."""
    (workspace.root / "workbench.toml").write_text(text)
    changed = open_workspace(workspace.root)
    trust(changed)
    return changed


@pytest.mark.exhaustive
def test_a_table_of_the_settings_names_a_target_with_its_kind_and_place(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPTS_FOLDER", str(workspace.root / "shared"))
    (workspace.root / "shared").mkdir()
    changed = with_settings(
        workspace,
        '[targets.apps]\nkind = "sqlite"\nuri = "dist/prompts.db"\n'
        '[targets.team]\nkind = "json"\nuri_env = "PROMPTS_FOLDER"\n'
        '[targets.prompty]\nkind = "json"\nuri = "out/"\n',
    )
    (workspace.root / "dist").mkdir()
    (workspace.root / "out").mkdir()
    with Session(changed) as session:
        for name, ref, place in (
            ("apps", None, "dist/prompts.db"),
            ("team", "hello@development", "shared/hello-1.0.0.json"),
            ("prompty", "hello@development", "out/hello-1.0.0.json"),
        ):
            told = export(session, name, ref, None, "production").sent
            assert told is not None
            assert told.path == workspace.root / place
            assert told.path.stat().st_size > 100
        over = sent(session, "team", "hello@development", workspace.root / "x.json")
        assert prompt_in(over).prompt_id == "hello"


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('kind = "jsno"', "[targets.team]: no target kind 'jsno' (did you mean 'json'?)"),
        ('kind = "nexus"', "[targets.team]: no target kind 'nexus' (known: dotprompt, folder"),
        ('uri = "x.json"', "[targets.team] names no kind (kind: dotprompt, folder, git, json"),
        ('kind = "json"\nuri = "sqlite:///x.db"', "this target writes a file, and its uri is"),
        ('kind = "json"\nuri_env = "NO_SUCH_1"', "the variable NO_SUCH_1 is not set"),
        ('kind = "json"\noptions = {indent = 2}', "options has no option 'indent'"),
    ],
)
def test_a_wrong_table_of_a_target_is_refused_with_what_to_do(
    workspace: Workspace, table: str, message: str
) -> None:
    changed = with_settings(workspace, f"[targets.team]\n{table}\n")
    with Session(changed) as session, pytest.raises(UsageError) as caught:
        export(session, "team", "hello@development", None, "production")
    assert message in str(caught.value)


def test_a_target_is_suggested_by_its_kind_and_by_its_name(workspace: Workspace) -> None:
    changed = with_settings(workspace, '[targets.company]\nkind = "json"\n')
    with Session(changed) as session:
        for wrong, meant in (("compani", "company"), ("sqlit", "sqlite")):
            with pytest.raises(UsageError, match=f"no target '{wrong}' .did you mean '{meant}'"):
                export(session, wrong, "hello", None, "production")


def test_a_target_of_a_workspace_that_is_not_trusted_writes_nothing(
    workspace: Workspace, tmp_path: Path
) -> None:
    place = tmp_path / "secret.json"
    text = f'[targets.team]\nkind = "json"\nuri = "{place}"\n'
    (workspace.root / "workbench.toml").write_text(text)
    with (
        Session(open_workspace(workspace.root)) as session,
        pytest.raises(UntrustedWorkspace, match=r"\[targets\.team\] exports to .*secret\.json"),
    ):
        export(session, "team", "hello@development", None, "production")
    assert not place.exists()


@pytest.mark.exhaustive
def test_what_a_target_cannot_hold_is_said(workspace: Workspace, tmp_path: Path) -> None:
    with Session(workspace) as session:
        version = export(session, "prompty", "hello@1.0.0", tmp_path / "a.prompty", "production")
        draft = export(session, "prompty", "hello", tmp_path / "b.prompty", "production")
        whole = export(session, "sqlite", None, tmp_path / "a.db", "production")
    assert [loss.what for loss in version.losses] == [
        "that the version is fixed",
        "evidence and deployments",
    ]
    assert draft.losses == whole.losses == ()


def test_a_folder_that_is_not_there_is_one_line(workspace: Workspace, tmp_path: Path) -> None:
    with Session(workspace) as session:
        for target, ref in (("sqlite", None), ("json", "hello@development")):
            with pytest.raises(UsageError, match="cannot write"):
                export(session, target, ref, tmp_path / "none" / "x", "production")


@pytest.mark.exhaustive(keep=2)
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
        imported(workspace, path)
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
        told = sent(session, "json", "greet@development", tmp_path / "a.json", "production")
        draft = sent(session, "prompty", "greet@1.0.0", tmp_path / "a.prompty", "production")
        copy = sent(session, "sqlite", None, tmp_path / "prompts.db", "production")
        path = draft_from(session, "greet", "1.0.0").path
        assert session.registry.verify().first_bad is None
    assert ("revision" in json.loads(told.read_bytes())) == (revision == REVISION)
    for place in (told, draft, path, imported(workspace, told, "other")[0]):
        assert prompt_in(place).fingerprint == prompt.fingerprint
    with PromptRegistry(copy) as registry:
        live = registry.get_active("greet", "development")
        assert live is not None
        assert live.fingerprint == prompt.fingerprint
        content = live.messages()[0]["content"]
    assert content == {FIRST_REVISION: '""', REVISION: '"é"'}[revision]
