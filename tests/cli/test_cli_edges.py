"""What goes wrong is one line and an exit code, whatever it is."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Cli, answer, make_cli
from tests.support.openai_server import OpenAIServer, Reply
from workbench.cli import main
from workbench.cli.app import workbench

pytestmark = pytest.mark.exhaustive(keep=26)

CANARY = "sk-canary-0123456789"


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("frob", 2, "known: "),
        ("rnu triage", 2, "did you mean 'run'?"),
        ("run", 2, "give a SUITE, or --resume RUN, or --attach RUN"),
        ("run triage --limit 0", 2, "workbench run --help"),
        ("run triag", 2, "did you mean 'triage'?"),
        ("run triage --prompt tirage", 2, "did you mean 'triage'?"),
        ("run triage --split nope", 2, "one of: gate, dev, all"),
        ("run triage --split gate", 2, "the split gate is for evaluations"),
        ("run --resume rnone", 2, "no run 'rnone'"),
        ("compare triage", 2, "compare with what?"),
        ("compare triage nope.prompty", 2, "no draft at nope.prompty"),
        ("register triage", 2, "Missing option '--description'"),
        ("evaluate triage", 2, "write PROMPT@VERSION"),
        ("evaluate triage@9.9.9", 2, "no prompt 'triage'"),
        ("evaluate triage@1.0.0 --full --anytime", 2, "give one of them"),
        ("deploy triage production", 2, "write PROMPT@VERSION"),
        ("get nothing --workspace nowhere", 2, "no folder nowhere"),
        ("try triage --case c9999", 2, "no case 'c9999'"),
        ("try triage --input ticket", 2, "write NAME=VALUE"),
        ("serve --host 0.0.0.0", 2, "there is no login"),
        ("init .", 2, "is a workspace already"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    cli: Cli, line: str, code: int, message: str
) -> None:
    done = cli.here(*line.split())
    assert done.code == code, done.err
    assert message in done.err
    assert done.err.startswith("workbench: ")
    assert len(done.err.splitlines()) == 1
    assert done.out == ""
    told = cli.here(*line.split(), "--json")
    assert told.json["exit_code"] == code
    assert told.json["error"]


def test_outside_of_a_workspace_the_error_says_how_to_make_one(cli: Cli, tmp_path: Path) -> None:
    done = cli.here("run", "triage", "--workspace", str(tmp_path))
    assert done.code == 2
    assert "workbench init" in done.err


def test_without_a_terminal_the_screens_say_what_to_do(cli: Cli) -> None:
    done = cli()
    assert done.code == 2
    assert "needs a terminal" in done.err


def test_a_workspace_in_a_synchronised_folder_is_warned_about(cli: Cli, tmp_path: Path) -> None:
    made = cli.here("init", str(tmp_path / "Dropbox" / "w"))
    assert made.code == 0
    assert "warning: " in made.err and "kept in step by Dropbox" in made.err


def test_the_gate_without_enough_data_exits_with_3(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cases = cli.root / "evals" / "triage" / "cases.jsonl"
    cases.write_text("\n".join(cases.read_text().splitlines()[:12]))
    suite = cli.root / "evals" / "triage" / "suite.yaml"
    suite.write_text(suite.read_text().replace("threshold: 0.8, margin: 0.1", "margin: 0.05"))
    cli.say("better")
    other = cli.root / "other.prompty"
    other.write_text((cli.root / "prompts" / "triage.prompty").read_text() + "\nPlease.\n")
    done = cli.here("compare", "other.prompty", "triage", "--split", "gate", "--json")
    assert done.code == 3, done.err
    assert done.json["gate"] == "no_decision"


def test_a_provider_that_fails_exits_with_4_and_says_which(tmp_path: Path) -> None:
    def broken(messages: list[dict[str, object]], options: dict[str, object]) -> Reply:
        return Reply("no such key", status=401)

    with OpenAIServer(broken) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        done = cli.here("run", "triage", "--json")
    assert done.code == 4
    assert done.json["status"] == "incomplete" or "401" in done.err
    assert server.calls <= 8


def test_an_untrusted_workspace_sends_nothing_until_it_is_trusted(
    cli: Cli, server: OpenAIServer, tmp_path: Path
) -> None:
    other = make_cli(tmp_path / "w", server.base_url)
    settings = other.root / "workbench.toml"
    table = '[providers.mock]\napi_key_env = "CANARY_KEY"\n'
    settings.write_text(settings.read_text().replace("[providers.mock]\n", table))
    before = server.calls
    done = other.here("run", "triage", CANARY_KEY=CANARY)
    assert done.code == 2
    assert "workbench trust" in done.err
    assert server.calls == before
    assert other.here("trust", CANARY_KEY=CANARY).code == 0
    assert other.here("run", "triage", CANARY_KEY=CANARY).code == 0
    assert server.headers[-1]["authorization"] == f"Bearer {CANARY}"
    for path in [*other.root.rglob("*"), *Path(other.environ["WORKBENCH_CONFIG"]).rglob("*")]:
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()
    settings.write_text(settings.read_text().replace("127.0.0.1", "localhost"))
    assert other.here("run", "triage", "--fresh", CANARY_KEY=CANARY).code == 2


def test_text_from_data_never_acts_on_the_terminal(fresh_cli: Cli) -> None:
    cli = fresh_cli
    hostile = "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m\u202e[/INST]"
    path = cli.root / "prompts" / "triage.prompty"
    path.write_text(path.read_text().replace("plain", f"best {hostile}"), encoding="utf-8")
    outputs = [
        cli.here("register", "triage", "-d", hostile),
        cli.here("evaluate", "triage@1.0.0"),
        cli.here("deploy", "triage@1.0.0", "staging", "--reason", hostile),
        cli.here("get", "triage", "staging"),
        cli.here("log"),
        cli.here("blame", "triage"),
        cli.here("diff", "triage@1.0.0", "triage"),
        cli.here(hostile.replace("\x00", "")),
        cli.here("run", hostile),
    ]
    for output in outputs:
        assert not set("\x1b\x07\x9b\u202e") & set(output.out + output.err), output
    assert hostile in cli.here("get", "triage", "staging", "--json").json["content"]


def test_any_locale_will_do(cli: Cli) -> None:
    done = cli("diff", "triage", "triage", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.code == 0
    made = cli("try", "triage", "--input", "ticket=case 3 é 漢", LC_ALL="C", PYTHONUTF8="0")
    assert made.code == 0, made.err


def test_an_input_of_the_command_line_is_read_as_its_kind(
    fresh_cli: Cli, server: OpenAIServer
) -> None:
    draft = fresh_cli.root / "prompts" / "triage.prompty"
    text = draft.read_text(encoding="utf-8").replace("kind: string", "kind: integer")
    draft.write_text(text, encoding="utf-8")
    made = fresh_cli.here("try", "triage", "--input", "ticket=maybe")
    assert made.code == 2
    assert "ticket is 'maybe', and a whole number is needed" in made.err
    assert fresh_cli.here("try", "triage", "--input", "ticket=007").code == 0
    assert server.requests[-1]["messages"][-1]["content"] == "7"


def test_a_reader_that_goes_away_is_no_error(cli: Cli) -> None:
    with subprocess.Popen(
        cli.command("--help"),
        cwd=cli.root,
        env=cli.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        stderr = process.stderr.read()
    assert process.returncode == 0
    assert stderr == b""


def test_an_unexpected_error_is_one_line_and_a_log_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKBENCH_STATE", str(tmp_path))
    monkeypatch.setenv("SOME_API_KEY", CANARY)

    def explode(*_: object, **__: object) -> None:
        kept_in_a_local = CANARY
        raise ZeroDivisionError(f"at {kept_in_a_local}\nsecond line")

    monkeypatch.setattr(workbench, "main", explode)
    assert main.run(["runs", "--json"]) == 4
    told = capsys.readouterr()
    assert told.err.startswith("workbench: unexpected ZeroDivisionError: at [secret]")
    assert len(told.err.splitlines()) == 1
    assert json.loads(told.out)["exit_code"] == 4
    log = (tmp_path / "errors.log").read_text()
    assert "in explode" in log
    assert CANARY not in log + told.err + told.out


def test_ctrl_c_before_a_run_exits_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise click.Abort

    monkeypatch.setattr(workbench, "main", interrupted)
    assert main.run(["runs"]) == 130
    assert capsys.readouterr().err == "workbench: interrupted\n"


class Gated:
    """Answers some cases at once and the others when it is told to."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.served = 0
        self.open = threading.Event()
        self.waiting = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, messages: list[dict[str, object]], options: dict[str, object]) -> str:
        with self._lock:
            self.served += 1
            waits = self.served > self.free
        if waits:
            self.waiting.set()
            self.open.wait(60)
        return answer(messages, options)


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_stops_keeps_and_resumes(tmp_path: Path, times: int) -> None:
    gate = Gated(free=10)
    with OpenAIServer(gate) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        process = subprocess.Popen(
            cli.command("run", "triage", "--concurrency", "2", "--json"),
            cwd=cli.root,
            env=cli.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert gate.waiting.wait(60)
        process.send_signal(signal.SIGINT)
        _wait_for(process, "stopping")
        if times == 2:
            process.send_signal(signal.SIGINT)
            _wait_for(process, "aborting")
        else:
            gate.open.set()
        out, err = process.communicate(timeout=60)
        gate.open.set()
        assert process.returncode == 130, err
        run = json.loads(out)
        assert run["status"] == ("incomplete" if times == 1 else "cancelled")
        assert f"workbench run --resume {run['run_id']}" in err
        assert 8 <= run["scored"] < 20
        before = server.calls
        resumed = cli("run", "--resume", run["run_id"], "--json")
        assert resumed.code == 0, resumed.err
        assert (resumed.json["run_id"], resumed.json["scored"]) == (run["run_id"], 20)
        assert server.calls - before == 20 - run["scored"]


def _wait_for(process: subprocess.Popen[str], word: str) -> None:
    """Read stderr until a line has the word."""
    assert process.stderr is not None
    deadline = time.monotonic() + 60
    for line in process.stderr:
        if word in line or time.monotonic() > deadline:
            assert word in line
            return
    pytest.fail(f"no {word!r} was said")


def test_progress_on_a_terminal_is_one_line_that_is_overwritten(cli: Cli) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        cli.command("run", "triage", "--fresh"),
        cwd=cli.root,
        env=cli.environ,
        stdout=subprocess.PIPE,
        stderr=follower,
        text=True,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            piece = os.read(leader, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    out, _ = process.communicate(timeout=60)
    os.close(leader)
    assert process.returncode == 0
    assert "complete" in out
    assert re.search(rb"\rrunning +\d+/20 ", shown)
    assert sys.platform != "linux" or b"\x1b" not in shown
