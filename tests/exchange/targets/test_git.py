"""A real git repository gets versions, tags and environments, and nothing of it is run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.exporting import leaving, send
from workbench.errors import TargetError, TargetRefused, TargetUnreachable
from workbench.exchange.clients.git_repository import (
    Repository,
    address_problem,
    hidden_in,
    name_problem,
)
from workbench.exchange.comparing import changed_keys
from workbench.exchange.forms import layout
from workbench.exchange.targets.base import Destination
from workbench.exchange.targets.git import KIND
from workbench.registry import PromptRegistry

pytestmark = pytest.mark.needs("git")
FIRST, SECOND = (layout.version_file("triage", version) for version in ("1.0.0", "1.1.0"))


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=bob", "-c", "user.email=bob@example.com"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def there(tmp_path: Path) -> Destination:
    """A bare repository in a folder with a blank and a percent sign in its name."""
    git(tmp_path, "init", "--quiet", "--bare", "re %po.git")
    options = {"branch": "main", "timeout": 60.0}
    return Destination(uri="re %po.git", root=tmp_path, options=options, name="git")


def folder_of(there: Destination) -> Path:
    return there.root / there.uri


def test_a_version_is_a_commit_with_a_tag_and_a_deployment_is_a_commit(
    tested: PromptRegistry, there: Destination
) -> None:
    send(KIND, leaving(tested, "triage@1.0.0"), there)
    send(KIND, leaving(tested, "triage@1.1.0"), there)
    KIND.point("triage", "production", FIRST, there)

    subjects = git(folder_of(there), "log", "--format=%an: %s", "main").splitlines()
    assert subjects == [
        "workbench: production: triage 1.0.0 (was 1.1.0)",
        "workbench: production: triage 1.1.0 (was 1.0.0)",
        "ana: triage 1.1.0",
        "workbench: production: triage 1.0.0 (was nothing)",
        "ana: triage 1.0.0",
    ]
    assert git(folder_of(there), "tag", "--list").split() == ["triage/1.0.0", "triage/1.1.0"]
    trailers = git(folder_of(there), "log", "-1", "--format=%(trailers)", "triage/1.1.0")
    assert "Workbench-Gate: pass" in trailers
    assert KIND.pointers("triage", there) == {"production": FIRST}
    newest = KIND.newest("triage", there)
    assert newest is not None
    assert newest.ref == SECOND
    prompt = tested.get_version("triage", "1.1.0").prompt
    assert KIND.prompt("triage", newest).fingerprint == prompt.fingerprint

    KIND.point("triage", "production", None, there)
    assert KIND.pointers("triage", there) == {}


@pytest.fixture
def served(there: Destination) -> Iterator[Destination]:
    """The same repository behind git's own server."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    server = subprocess.Popen(
        [
            *("git", "daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}"),
            *(f"--base-path={there.root}", "--export-all", "--enable=receive-pack"),
        ],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and server.poll() is None:
            with socket.socket() as connection:
                if connection.connect_ex(("127.0.0.1", port)) == 0:
                    break
        folder_of(there).rename(there.root / "served.git")
        yield replace(there, uri=f"git://127.0.0.1:{port}/served.git")
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@pytest.mark.exhaustive
def test_a_repository_on_a_server_gets_the_same(
    tested: PromptRegistry, served: Destination
) -> None:
    export = leaving(tested, "triage@1.0.0")
    send(KIND, export, served)
    assert send(KIND, export, served).sent is None
    KIND.point("triage", "production", None, served)
    assert KIND.pointers("triage", served) == {}
    subjects = git(served.root / "served.git", "log", "--format=%s", "main").splitlines()
    assert subjects[0] == "production: triage retired (was 1.0.0)"


def clone(there: Destination) -> Path:
    git(there.root, "clone", "--quiet", "--branch", "main", str(folder_of(there)), "clone")
    return there.root / "clone"


@pytest.mark.exhaustive
def test_files_that_somebody_changed_are_seen_and_sent_again(
    tested: PromptRegistry, there: Destination
) -> None:
    export = leaving(tested, "triage@1.0.0")
    KIND.send(export, there)
    other = clone(there)
    for path in (FIRST, layout.prompty_file("triage", "1.0.0")):
        text = (other / path).read_text().replace("one queue", "two queues")
        (other / path).write_text(text)
    git(other, "commit", "--quiet", "--all", "--message=a quick fix")
    git(other, "push", "--quiet")

    held = KIND.read_back(export, there)
    assert held is not None
    changed = {key.partition(".")[0] for key in changed_keys(KIND.content(export), held.content)}
    assert {"messages", "prompty", "tag"} <= changed
    KIND.send(export, there)
    held = KIND.read_back(export, there)
    assert held is not None
    assert held.content == KIND.content(export)


@pytest.mark.exhaustive
def test_a_moved_or_deleted_tag_is_seen_and_made_again(
    tested: PromptRegistry, there: Destination
) -> None:
    export = leaving(tested, "triage@1.0.0")
    KIND.send(export, there)
    git(folder_of(there), "tag", "--delete", "triage/1.0.0")
    held = KIND.read_back(export, there)
    assert held is not None
    assert "tag" not in held.content
    KIND.send(export, there)
    held = KIND.read_back(export, there)
    assert held is not None
    assert held.content == KIND.content(export)


@pytest.mark.exhaustive
def test_a_commit_is_made_again_where_somebody_else_pushed_meanwhile(
    tested: PromptRegistry, there: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    KIND.point("triage", "production", FIRST, there)
    other = clone(there)
    real, pushed = layout.with_pointer, threading.Event()

    def with_pointer(*arguments: Any) -> bytes:
        if not pushed.is_set():  # between the fetch and the push
            pushed.set()
            (other / "NOTES").write_text("theirs")
            git(other, "add", "NOTES")
            git(other, "commit", "--quiet", "--message=theirs")
            git(other, "push", "--quiet")
        return real(*arguments)

    monkeypatch.setattr(layout, "with_pointer", with_pointer)
    KIND.point("triage", "staging", FIRST, there)

    assert pushed.is_set()
    assert KIND.pointers("triage", there) == {"production": FIRST, "staging": FIRST}
    assert git(folder_of(there), "show", "main:NOTES") == "theirs"


@pytest.mark.exhaustive
def test_hooks_and_settings_of_a_repository_are_not_run(
    tested: PromptRegistry, there: Destination, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    hooks = folder_of(there) / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-receive", "update", "post-receive", "post-update", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> '{ran}'\n")
        (hooks / name).chmod(0o755)
    for key in ("uploadpack.packObjectsHook", "core.fsmonitor", "core.sshCommand"):
        git(folder_of(there), "config", key, f"touch '{ran}'; false")
    KIND.send(leaving(tested, "triage@1.0.0"), there)
    assert not ran.exists()


@pytest.mark.exhaustive
def test_a_branch_that_is_checked_out_stays_as_it_is(
    tested: PromptRegistry, tmp_path: Path
) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "work")
    git(tmp_path / "work", "commit", "--quiet", "--allow-empty", "--message=first")
    there = Destination(uri="work", root=tmp_path, options={"branch": "main"}, name="git")
    with pytest.raises(TargetRefused, match="checked out"):
        KIND.send(leaving(tested, "triage@1.0.0"), there)
    beside = Destination(uri="work", root=tmp_path, options={"branch": "prompts"}, name="git")
    KIND.send(leaving(tested, "triage@1.0.0"), beside)
    assert git(tmp_path / "work", "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("uri", "error"),
    [("nowhere", TargetRefused), ("git://127.0.0.1:9/x.git", TargetUnreachable)],
)
def test_a_repository_that_is_not_there_is_said(
    tested: PromptRegistry, tmp_path: Path, uri: str, error: type[Exception]
) -> None:
    there = Destination(uri=uri, root=tmp_path, options={"timeout": 20.0}, name="git")
    with pytest.raises(error):
        KIND.read_back(leaving(tested, "triage@1.0.0"), there)


@pytest.mark.parametrize(
    "uri", ["", "-u./run", "--upload-pack=x", "ext::sh -c x", "fd::17", "ftp://h/x", "a\nb"]
)
def test_an_address_that_git_would_run_or_misread_is_refused(
    tested: PromptRegistry, there: Destination, uri: str
) -> None:
    bad = Destination(uri=uri, root=there.root, options=there.options, name="git")
    assert address_problem(uri)
    assert KIND.refuses(leaving(tested, "triage@1.0.0"), bad)


@pytest.mark.parametrize("name", ["", "-d", "a..b", "a.lock/b", "a/", ".a", "a b", "a~1", "@{-1}"])
def test_a_name_that_git_would_misread_is_refused(name: str) -> None:
    assert name_problem(name)


@pytest.mark.parametrize(
    "user", ["ana:s3cr3t-pass-word@", "ana:pw@", "s3cr3t-token@", "a:s3@cr3t@"]
)
def test_a_password_in_an_address_is_not_shown_and_the_rest_is(user: str) -> None:
    address = f"http://{user}127.0.0.1:9/x.git"
    repository = Repository(address, "main", hidden=tuple(hidden_in(address)))
    with pytest.raises(TargetError) as caught, repository.fetched("triage/*"):
        pass
    message = str(caught.value)
    assert not any(part in message for part in ("s3cr3t", ":pw", "s3@", "cr3t"))
    assert "127.0.0.1:9/x.git" in message


def test_an_error_names_the_repository(tmp_path: Path) -> None:
    repository = Repository(str(tmp_path / "prompts.git"), "main")
    with pytest.raises(TargetRefused, match=r"prompts\.git"), repository.fetched("triage/*"):
        pass


@pytest.mark.exhaustive
def test_a_broken_pointer_file_is_said_and_not_overwritten(
    tested: PromptRegistry, there: Destination
) -> None:
    KIND.point("triage", "production", FIRST, there)
    other = clone(there)
    path = other / layout.environment_file("production")
    path.write_bytes(b'{"format": "other"}')
    git(other, "commit", "--quiet", "--all", "--message=broken")
    git(other, "push", "--quiet")
    calls: list[Callable[[], Any]] = [
        lambda: KIND.pointers("triage", there),
        lambda: KIND.point("triage", "production", FIRST, there),
    ]
    for call in calls:
        with pytest.raises(TargetRefused, match="repair"):
            call()
