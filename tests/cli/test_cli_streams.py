"""Who reads stdout and stderr, and whether anybody does, changes nothing of the outcome."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, make_cli
from tests.cli.test_cli_edges import Gated
from tests.support.openai_server import OpenAIServer, Reply
from workbench.cli import main
from workbench.cli.app import workbench

pytestmark = pytest.mark.exhaustive


def with_streams(
    cli: Cli, line: str, redirected: str, **pipes: int
) -> subprocess.CompletedProcess[str]:
    """`workbench LINE` as a shell starts it with these redirections."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirected}', "sh", *cli.command(*line.split())],
        cwd=cli.root,
        env=cli.environ,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=pipes.get("stdout", subprocess.PIPE),
        stderr=pipes.get("stderr", subprocess.PIPE),
    )


@pytest.fixture
def nobody_reads() -> Iterator[int]:
    """The writing end of a pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@pytest.fixture(scope="module")
def failing(server: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A workspace whose version 1.0.0 fails the gate."""
    cli = make_cli(tmp_path_factory.mktemp("failing"), server.base_url)
    cli.say("worse")
    assert cli.here("register", "triage", "-d", "first").code == 0
    assert cli.here("evaluate", "triage@1.0.0").code == 1
    return cli


@pytest.mark.parametrize("as_json", ["", " --json"])
@pytest.mark.parametrize("gone", ["stdout", "stderr", "both"])
def test_a_failed_gate_stays_failed_when_its_reader_has_gone(
    failing: Cli, nobody_reads: int, gone: str, as_json: str
) -> None:
    names = ("stdout", "stderr") if gone == "both" else (gone,)
    done = with_streams(
        failing, f"evaluate triage@1.0.0{as_json}", "", **dict.fromkeys(names, nobody_reads)
    )
    assert done.returncode == 1
    assert not done.stderr or "workbench:" not in done.stderr


@pytest.mark.parametrize("redirected", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_a_failed_gate_stays_failed_without_streams(failing: Cli, redirected: str) -> None:
    assert with_streams(failing, "evaluate triage@1.0.0", redirected).returncode == 1


@pytest.mark.parametrize("redirected", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_a_good_run_stays_good_without_streams(failing: Cli, redirected: str) -> None:
    done = with_streams(failing, "run triage", redirected)
    assert done.returncode == 0, done.stderr
    assert not done.stderr or "workbench:" not in done.stderr


@pytest.mark.parametrize("as_json", ["", " --json"])
def test_a_result_that_cannot_be_written_is_one_line_and_no_success(
    failing: Cli, as_json: str
) -> None:
    done = with_streams(failing, f"run triage{as_json}", ">/dev/full")
    assert done.returncode == 4
    assert "the result cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    again = with_streams(failing, f"evaluate triage@1.0.0{as_json}", ">/dev/full")
    assert again.returncode == 1
    wrong = with_streams(failing, f"run nothing{as_json}", ">/dev/full 2>/dev/full")
    assert wrong.returncode == 2


def test_an_incomplete_run_stays_incomplete_when_its_reader_has_gone(
    tmp_path: Path, nobody_reads: int
) -> None:
    with OpenAIServer(lambda messages, options: Reply("no", status=400)) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        done = with_streams(cli, "run triage", "", stdout=nobody_reads)
        assert done.returncode == 4
        done = with_streams(cli, "run triage", "", stdout=nobody_reads, stderr=nobody_reads)
        assert done.returncode == 4


def test_ctrl_c_stops_a_run_whose_notes_nobody_reads(tmp_path: Path, nobody_reads: int) -> None:
    gate = Gated(free=6)
    with OpenAIServer(gate) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        process = subprocess.Popen(
            cli.command("run", "triage", "--concurrency", "2"),
            cwd=cli.root,
            env=cli.environ,
            stdout=subprocess.PIPE,
            stderr=nobody_reads,
            text=True,
        )
        try:
            assert gate.waiting.wait(60)
            out = _ended_by_signals(process)
        finally:
            process.kill()
            gate.open.set()
    assert process.returncode == 130
    assert "aborted by the user" in out


def _ended_by_signals(process: subprocess.Popen[str]) -> str:
    """Ctrl+C, twice at the least: what comes at once counts as one."""
    for patience in (1, 10, 10):
        process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=patience)[0]
        except subprocess.TimeoutExpired:
            continue
    pytest.fail("Ctrl+C does not stop the run")


def test_help_that_nobody_reads_to_its_end_is_no_error(cli: Cli, nobody_reads: int) -> None:
    done = with_streams(cli, "--help", "", stdout=nobody_reads)
    assert (done.returncode, done.stderr) == (0, "")
    assert sys.platform != "linux" or with_streams(cli, "--help", ">&-").returncode == 0


def test_a_full_disk_is_one_line_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKBENCH_STATE", str(tmp_path / "state"))
    full = sqlite3.connect(tmp_path / "full.db")
    full.execute("CREATE TABLE texts (text TEXT)")
    full.execute("PRAGMA max_page_count=2")

    def write(*_: object, **__: object) -> None:
        full.execute("INSERT INTO texts VALUES (?)", ["x" * 100_000])

    monkeypatch.setattr(workbench, "main", write)
    assert main.run(["run", "triage"]) == 4
    errors = capsys.readouterr().err
    assert errors.startswith(
        "workbench: the runs cannot be stored: the disk is full (free some space"
    )
    assert len(errors.splitlines()) == 1
    full.close()
    assert not (tmp_path / "state").exists()
