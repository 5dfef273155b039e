"""What doctor sees, and what an untrusted workspace may not do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.actions.releasing.rules import sync
from workbench.actions.session import Session
from workbench.actions.trust import check_trust, is_trusted, trust
from workbench.actions.workspace.checks import Level
from workbench.actions.workspace.doctor import examine
from workbench.actions.workspace.filesystems import network_warning
from workbench.actions.workspace.git_attributes import add_union_merge
from workbench.actions.workspace.init import create_workspace
from workbench.actions.workspace.trust_checks import trust_checks
from workbench.child_process.allowed import allow
from workbench.child_process.source import read_source
from workbench.errors import UntrustedWorkspace
from workbench.fingerprints import fingerprint
from workbench.registry import PromptRegistry
from workbench.workspace import Workspace, open_workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    return create_workspace(tmp_path / "w")


def checks_named(workspace: Workspace, name: str) -> list[tuple[Level, str]]:
    return [(check.level, check.message) for check in examine(workspace) if check.name == name]


def with_settings(workspace: Workspace, text: str) -> Workspace:
    (workspace.root / "workbench.toml").write_text(text)
    return open_workspace(workspace.root)


def test_a_new_workspace_has_no_problem(workspace: Workspace) -> None:
    assert Level.PROBLEM not in {check.level for check in examine(workspace)}
    assert Level.PROBLEM not in {check.level for check in examine(None)}


def test_a_registry_that_others_may_write_is_a_warning(workspace: Workspace) -> None:
    with Session(workspace) as session:
        sync(session)
    assert checks_named(workspace, "registry")[0][0] is Level.OK
    workspace.registry_path.chmod(0o666)
    level, message = checks_named(workspace, "registry")[0]
    assert level is Level.WARNING
    assert "may be written by others (666)" in message


def test_a_signing_key_that_others_may_read_or_commit_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> list[tuple[Level, str]]:
        return [(c.level, c.message) for c in examine(None) if c.name == "signing key"]

    assert told() == []
    key = tmp_path / "repository" / "key.pem"
    key.parent.mkdir()
    monkeypatch.setenv("WORKBENCH_SIGNING_KEY", str(key))
    assert told() == [(Level.PROBLEM, f"there is no file {key}")]
    key.touch(0o600)
    assert told() == [(Level.OK, str(key))]
    key.chmod(0o644)
    assert told() == [(Level.WARNING, f"{key} can be read by others (644)")]
    key.chmod(0o600)
    (tmp_path / ".git").mkdir()
    assert told() == [(Level.WARNING, f"{key} lies in a git repository")]


def test_a_damaged_registry_and_a_broken_draft_are_problems(workspace: Workspace) -> None:
    with PromptRegistry(_made(workspace), create=True):
        pass
    size = workspace.registry_path.stat().st_size
    with workspace.registry_path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 2))
    assert checks_named(workspace, "registry")[0][0] is Level.PROBLEM
    (workspace.root / "prompts" / "broken.prompty").write_text("---\nname: [\n---\n")
    level, message = checks_named(workspace, "draft")[0]
    assert level is Level.PROBLEM
    assert "broken.prompty" in message


def _made(workspace: Workspace) -> Path:
    workspace.state.mkdir(exist_ok=True)
    return workspace.registry_path


def test_a_missing_key_is_named_by_its_variable(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOME_KEY", raising=False)
    table = '[providers.o]\nbase_url = "https://api.example.com/v1"\napi_key_env = "SOME_KEY"\n'
    changed = with_settings(workspace, table)
    level, message = checks_named(changed, "provider o")[0]
    assert level is Level.PROBLEM
    assert "SOME_KEY is not set" in message
    assert checks_named(changed, "trust")[0][0] is Level.WARNING
    monkeypatch.setenv("SOME_KEY", "sk-canary-1")
    assert checks_named(changed, "provider o") == [(Level.OK, "api.example.com, key set")]
    assert "canary" not in str(examine(changed))


def test_a_folder_that_another_program_keeps_in_step_is_warned_about(tmp_path: Path) -> None:
    assert network_warning(tmp_path) == ""
    folder = tmp_path / "Dropbox (Work)" / "prompts"
    folder.mkdir(parents=True)
    assert "Dropbox" in network_warning(folder)


def test_a_network_file_system_is_warned_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/home {tmp_path} nfs4 rw 0 0\n")
    monkeypatch.setattr("workbench.actions.workspace.filesystems._MOUNTS", mounts)
    assert "nfs4 file system, where SQLite's locks do not hold" in network_warning(tmp_path / "w")
    assert network_warning(Path("/")) == ""


@pytest.mark.parametrize(
    ("version", "level"),
    [((3, 40, 1), Level.WARNING), ((3, 51, 2), Level.WARNING), ((3, 51, 3), Level.OK)],
)
def test_a_sqlite_with_the_log_reset_bug_is_a_warning(
    version: tuple[int, int, int], level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", version)
    monkeypatch.setattr("sqlite3.sqlite_version", ".".join(map(str, version)))
    (check,) = (check for check in examine(None) if check.name == "sqlite")
    assert check.level is level
    assert check.message.startswith(".".join(map(str, version)))


REACHING = [
    '[providers.o]\nbase_url = "https://api.example.com/v1"\n',
    '[providers.o]\nbase_url = "http://127.0.0.1:1/v1"\napi_key_env = "SOME_KEY"\n',
    '[providers.local]\nmodel_path = "/tmp/other.gguf"\n',
    '[providers.o]\nbase_url = "http://127.0.0.1.example.com/v1"\n',
    '[providers.o]\nkind = "of_a_plug_in"\n',
    '[providers.o]\nbase_url = "http://127.0.0.1:1/v1"\noptions = {send_to = "other"}\n',
]


@pytest.mark.parametrize("table", REACHING)
def test_settings_that_reach_further_ask_for_trust_again(workspace: Workspace, table: str) -> None:
    changed = with_settings(workspace, table)
    (provider,) = changed.settings.providers.values()
    with pytest.raises(UntrustedWorkspace, match=r"workbench\.toml sends prompts to"):
        check_trust(changed, provider)
    trust(changed)
    check_trust(changed, provider)
    moved = with_settings(changed, table.replace('"http', '"https').replace("other", "third"))
    assert is_trusted(moved) == (moved.settings.providers == changed.settings.providers)


def test_trust_that_was_given_before_tables_had_kinds_and_options_lasts(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = with_settings(
        workspace,
        '[providers.o]\nbase_url = "https://api.example.com/v1"\napi_key_env = "SOME_KEY"\n'
        '[targets.t]\nkind = "mlflow"\nuri = "sqlite:///x.db"\n',
    )
    provider = {
        "name": "o",
        "base_url": "https://api.example.com/v1",
        "api_key_env": "SOME_KEY",
        "model_path": "",
        "requests_per_minute": 0,
        "tokens_per_minute": 0,
        "prices": {},
    }
    target = {"name": "t", "kind": "mlflow", "uri": "sqlite:///x.db", "uri_env": ""}
    known = fingerprint({"providers": {"o": provider}, "targets": {"t": target}})
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "old"))
    (tmp_path / "old").mkdir()
    trusted = json.dumps({str(changed.root.resolve()): known})
    (tmp_path / "old" / "trusted.json").write_text(trusted)
    assert is_trusted(changed)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_loopback_provider_without_a_key_needs_no_trust(workspace: Workspace, host: str) -> None:
    changed = with_settings(workspace, f'[providers.o]\nbase_url = "http://{host}:1/v1"\n')
    check_trust(changed, changed.settings.provider("o"))


def test_anchors_that_git_would_not_merge_are_warned_about(workspace: Workspace) -> None:
    assert checks_named(workspace, "anchors") == []
    (workspace.root / "registry.anchors").touch()
    (workspace.root / ".git").mkdir()
    ((level, message),) = checks_named(workspace, "anchors")
    assert level is Level.WARNING
    assert "conflicts" in message
    add_union_merge(workspace.root)
    assert checks_named(workspace, "anchors") == []


def test_doctor_says_which_code_may_run(workspace: Workspace) -> None:
    assert checks_named(workspace, "code") == []
    (workspace.root / "scorers").mkdir()
    (workspace.root / "scorers" / "own.py").write_text("def score(answer, case): return 1\n")
    (workspace.root / "scorers" / "broken.py").write_text("def\n")
    broken, waiting = checks_named(workspace, "code")
    assert broken[0] is waiting[0] is Level.WARNING
    assert "scorers/broken.py line 1" in broken[1]
    assert waiting[1] == "not allowed to run: scorers/own.py"
    allow(read_source(workspace.root, "scorers/own.py"))
    _, allowed = checks_named(workspace, "code")
    assert allowed[0] is Level.OK
    assert "may run: scorers/own.py" in allowed[1]


def test_the_address_of_a_suite_s_cases_is_unusable_until_it_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    suite = tmp_path / "workspace" / "evals" / "triage" / "suite.yaml"
    suite.parent.mkdir(parents=True)
    (tmp_path / "workspace" / "workbench.toml").write_text("")
    suite.write_text(
        "suite: triage\nprompt: triage\nscorers: [exact_match]\n"
        "dataset: {source: object, path: 's3://bucket/a.jsonl'}\n"
    )
    workspace = open_workspace(tmp_path / "workspace")
    (check,) = trust_checks(workspace)
    assert (check.level, check.message) == (
        Level.WARNING,
        "not trusted, so unusable: the cases of triage",
    )
    trust(workspace)
    assert next(trust_checks(workspace)).message == "you trust this workspace"


def test_a_registry_of_models_is_unusable_until_the_workspace_is_trusted(
    workspace: Workspace,
) -> None:
    changed = with_settings(workspace, '[model_registries.models]\nkind = "mlflow"\n')
    assert checks_named(changed, "trust") == [(Level.WARNING, "not trusted, so unusable: models")]
    trust(changed)
    assert checks_named(changed, "trust") == [(Level.OK, "you trust this workspace")]
