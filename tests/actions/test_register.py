"""What is said before a version is made, and before one leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import make_cli
from workbench.actions.refs import resolve
from workbench.actions.releasing.register import propose, register
from workbench.actions.releasing.rules import sync
from workbench.actions.session import Session
from workbench.actions.workspace.init import create_workspace
from workbench.errors import RegistryError, UsageError
from workbench.workspace import Workspace

KEY = "sk-proj-0123456789abcdefghij"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    return create_workspace(tmp_path / "w")


def change(workspace: Workspace, old: str, new: str) -> None:
    path = workspace.root / "prompts" / "hello.prompty"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new), newline="")


@pytest.mark.parametrize(
    "new", ["Answer in  one short sentence.", "Answer in one\nshort sentence."]
)
def test_blanks_alone_make_another_version_with_a_warning(workspace: Workspace, new: str) -> None:
    with Session(workspace) as session:
        sync(session)
        register(session, resolve(session, "hello"), description="first")
        change(workspace, "Answer in one short sentence.", new)
        proposal = propose(session, resolve(session, "hello"))
        assert proposal.warnings == ("only blanks and line ends differ from 1.0.0",)
        assert proposal.same_as is None
        assert register(session, resolve(session, "hello"), description="blanks") == "hello@1.0.1"
        change(workspace, new, "Answer in one long sentence.")
        assert propose(session, resolve(session, "hello")).warnings == ()


def test_what_no_reader_sees_is_warned_about_before_it_is_registered(
    workspace: Workspace,
) -> None:
    change(workspace, "one short", "one \u202eshort\u202c \U000e0041\u200b")
    with Session(workspace) as session:
        sync(session)
        proposal = propose(session, resolve(session, "hello"))
    assert proposal.warnings == (
        "line 1 of the system message holds U+200B, U+202C, U+202E, U+E0041,"
        " which readers do not see and models do",
    )


@pytest.mark.exhaustive
def test_a_key_is_warned_about_when_registered_exported_and_run(tmp_path: Path) -> None:
    cli = make_cli(tmp_path / "w", "http://127.0.0.1:9/v1")
    draft = cli.root / "prompts" / "triage.prompty"
    draft.write_text(draft.read_text().replace("plain", f"plain\nSend {KEY} along."))
    cases = cli.root / "evals" / "triage" / "cases.jsonl"
    cases.write_text(cases.read_text().replace("case 105", f"case 105: my key is {KEY}"))
    warning = "line 2 of the system message looks like it holds a key (sk-p…)"

    registered = cli.here("register", "triage", "-d", "first", "--json")
    sqlite = cli.here("export", "sqlite", "--output", str(tmp_path / "prompts.db"), "--json")
    prompty = cli.here("export", "prompty", "triage@1.0.0", "-o", str(tmp_path / "a.prompty"))
    run = cli.here("run", "triage", "--json")

    assert registered.json["warnings"] == [warning]
    assert sqlite.json["warnings"] == [f"triage@1.0.0: {warning}"]
    assert f"warning: triage@1.0.0: {warning}" in prompty.err
    assert "1 of 20 cases look like they hold a key, first 'c105'" in run.json["notes"]
    for output in (registered, sqlite, prompty, run):
        assert KEY not in output.out + output.err


@pytest.mark.exhaustive
def test_after_candidates_their_release_is_proposed_and_further_ones_are_allowed(
    workspace: Workspace,
) -> None:
    with Session(workspace) as session:
        sync(session)

        def registered(wording: str, version: str | None = None) -> str:
            path = workspace.root / "prompts" / "hello.prompty"
            text = path.read_text()
            head, _, body = text.partition("system:\n")
            path.write_text(f"{head}system:\n{wording}\n\nuser:{body.partition('user:')[2]}")
            return register(session, resolve(session, "hello"), description="x", version=version)

        assert registered("one") == "hello@1.0.0"
        assert registered("two", "2.0.0-rc.1") == "hello@2.0.0-rc.1"
        assert registered("three", "2.0.0-rc.2") == "hello@2.0.0-rc.2"
        assert registered("a patch meanwhile", "1.0.1") == "hello@1.0.1"
        change(workspace, "a patch meanwhile", "four")
        proposal = propose(session, resolve(session, "hello"))
        assert (proposal.previous, proposal.version) == ("1.0.1", "2.0.0")
        assert registered("four", "2.0.0-rc.3") == "hello@2.0.0-rc.3"
        assert registered("five") == "hello@2.0.0"
        with pytest.raises(RegistryError, match=r"rc\.4 is a candidate for 2\.0\.0, which is"):
            registered("six", "2.0.0-rc.4")
        with pytest.raises(RegistryError, match=r"hello@1\.0\.0 is already registered with other"):
            registered("six", "1.0.0")
        with pytest.raises(UsageError, match="no semantic version"):
            registered("six", "2.0")
        assert registered("an older line", "1.0.2") == "hello@1.0.2"
        change(workspace, "an older line", "{{ more }}")
        with pytest.raises(RegistryError, match=r"1\.0\.3 is lower than 2\.0\.0, which this"):
            register(session, resolve(session, "hello"), description="x", version="1.0.3")


def test_the_release_of_a_candidate_has_its_content_and_is_proposed(workspace: Workspace) -> None:
    with Session(workspace) as session:
        sync(session)
        assert register(session, resolve(session, "hello"), description="x") == "hello@1.0.0"
        change(workspace, "Answer in one short sentence.", "Answer in one long sentence.")
        candidate = register(
            session, resolve(session, "hello"), description="x", version="2.0.0-rc.2"
        )
        proposal = propose(session, resolve(session, "hello"))
        assert (candidate, proposal.version, proposal.same_as) == (
            "hello@2.0.0-rc.2",
            "2.0.0",
            None,
        )
        assert propose(session, resolve(session, "hello"), "2.0.0-rc.3").same_as == "2.0.0-rc.2"
        assert propose(session, resolve(session, "hello"), "3.0.0").same_as == "2.0.0-rc.2"

        assert register(session, resolve(session, "hello"), description="x") == "hello@2.0.0"
        with pytest.raises(RegistryError, match=r"hello@2\.0\.0 is exactly this prompt already"):
            register(session, resolve(session, "hello"), description="x")
