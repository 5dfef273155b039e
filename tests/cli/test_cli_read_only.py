"""A workspace that cannot be written, as in a container or a backup, can still be read."""

from __future__ import annotations

import functools
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Done, make_cli
from tests.support.openai_server import OpenAIServer

WITHOUT_OVERRIDE = """
import ctypes, os, sys
for capability in (1, 2, 3):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
    assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0, "PR_CAPBSET_DROP"
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Root for whom the modes of files hold, as they do for others."""
IN_A_NAMESPACE = ["unshare", "-r", "-m", "sh", "-c"]
BOUND = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'


@functools.cache
def has_namespaces() -> bool:
    """Whether a process may have mounts of its own here."""
    if not shutil.which("unshare"):
        return False
    tried = [*IN_A_NAMESPACE, BOUND, "/usr", "true"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def reading(cli: Cli, line: str) -> Done:
    """`workbench LINE` where the workspace is on a read-only file system; where nobody can have
    one, its modes forbid to write.
    """
    command = cli.command(*line.split())
    if has_namespaces():
        command = [*IN_A_NAMESPACE, BOUND, str(cli.root), *command]
    else:
        set_modes(cli.root, 0o555, 0o444)
        if os.geteuid() == 0:
            command = [sys.executable, "-c", WITHOUT_OVERRIDE, *command]
    try:
        done = subprocess.run(
            command,
            cwd=cli.root,
            env=cli.environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    finally:
        if not has_namespaces():
            set_modes(cli.root, 0o755, 0o644)
    assert "Traceback" not in done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def set_modes(root: Path, folders: int, files: int) -> None:
    for folder, _, names in os.walk(root):
        Path(folder).chmod(folders)
        for name in names:
            (Path(folder) / name).chmod(files)


@pytest.fixture(scope="module")
def used(server: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A workspace with two stored runs and a live version."""
    cli = make_cli(tmp_path_factory.mktemp("used"), server.base_url)
    cli.say("best")
    assert cli.here("register", "triage", "-d", "first").code == 0
    assert cli.here("evaluate", "triage@1.0.0", "--full").code == 0
    assert cli.here("deploy", "triage@1.0.0", "staging").code == 0
    assert cli.here("run", "triage").code == 0
    cli.say("plain")
    assert cli.here("run", "triage").code == 0
    yield cli


@pytest.mark.exhaustive
def test_stored_runs_are_listed_and_compared_where_nothing_can_be_written(used: Cli) -> None:
    listed = reading(used, "runs --json")
    assert listed.code == 0, listed.err
    runs = [run["run_id"] for run in listed.json["runs"] if run["split"] == "dev"]
    assert len(runs) == 2
    compared = reading(used, f"compare {runs[1]} {runs[0]} --json")
    assert compared.code == 1, compared.err
    assert compared.json["verdict"] == "worse"
    estimated = reading(used, "estimate triage --json")
    assert (estimated.code, estimated.json["cached"]) == (0, 20)


@pytest.mark.exhaustive
def test_what_is_live_is_read_on_a_read_only_file_system(used: Cli) -> None:
    """The registry of somebody else, who may be writing, is read from its copy instead."""
    if has_namespaces():
        got = reading(used, "get triage staging --json")
        assert (got.code, got.json["version"]) == (0, "1.0.0"), got.err
        logged = reading(used, "log --json")
        assert logged.code == 0 and logged.json["entries"][0]["action"] == "deploy"
        assert reading(used, "verify").code == 0
    assert used.here("get", "triage", "staging", "--json").json["version"] == "1.0.0"


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "line", ["run triage --fresh", "run triage --batch", "evaluate triage@1.0.0"]
)
def test_what_cannot_be_written_is_said_in_one_line(
    used: Cli, server: OpenAIServer, line: str
) -> None:
    before = server.calls
    refused = reading(used, line)
    assert refused.code in (2, 5), refused
    assert len(refused.err.splitlines()) == 1
    assert "cannot be" in refused.err and ".workbench/r" in refused.err
    assert "move" not in refused.err
    assert server.calls == before


@pytest.mark.exhaustive
def test_a_workspace_that_was_never_used_says_what_cannot_be_made(
    server: OpenAIServer, tmp_path: Path
) -> None:
    cli = make_cli(tmp_path / "w", server.base_url)
    for line in ("run triage", "register triage -d first"):
        refused = reading(cli, line)
        assert refused.code != 0
        assert len(refused.err.splitlines()) == 1
        assert ".workbench" in refused.err and "unexpected" not in refused.err
    assert reading(cli, "runs").code == 2
    assert reading(cli, "diff triage triage").code == 0


def test_results_that_only_a_writer_can_reach_are_not_taken_for_missing(
    used: Cli, server: OpenAIServer, tmp_path: Path
) -> None:
    """A killed process leaves its newest results in the log; the file alone holds an old state."""
    cli = make_cli(tmp_path / "w", server.base_url)
    shutil.copytree(used.root / ".workbench", cli.root / ".workbench")
    runs = cli.root / ".workbench" / "runs.db"
    writer = sqlite3.connect(runs)
    writer.execute("UPDATE runs SET reason = 'only in the log'")
    writer.commit()
    log = runs.with_name("runs.db-wal").read_bytes()
    writer.close()
    runs.with_name("runs.db-wal").write_bytes(log)
    refused = reading(cli, "runs")
    assert refused.code == 2
    assert "open it once where it may be written" in refused.err
