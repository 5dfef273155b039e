"""A program of one's own answers: its output, its failures, its end."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from workbench.actions.trust import check_trust, is_trusted, trust
from workbench.errors import ProviderError, SettingsError, UntrustedWorkspace
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome, Request
from workbench.providers.opening import open_provider
from workbench.settings import ProviderSettings
from workbench.workspace import open_workspace

REQUEST = Request("m", (Message("user", "hello é"),), {"temperature": 0})


def settings_of(folder: Path, code: str, **options: Any) -> ProviderSettings:
    (folder / "app.py").write_text(code, encoding="utf-8")
    command = {"command": [sys.executable, "app.py"], **options}
    return ProviderSettings("mine", kind="command", folder=str(folder), options=command)


def ask(
    folder: Path, code: str, timeout_s: float = 30.0, environ: Any = None, **options: Any
) -> Answer:
    settings = settings_of(folder, code, **options)

    async def one() -> Answer:
        provider = open_provider(
            settings, environ={"KEY": "sk-secret-0123456789", **(environ or {})}
        )
        return await provider.answer(REQUEST, timeout_s=timeout_s)

    return asyncio.run(one())


def test_a_program_reads_the_request_and_prints_the_answer(tmp_path: Path) -> None:
    code = "import json, sys; print(json.load(sys.stdin)['messages'][0]['content'].upper())"
    answer = ask(tmp_path, code)
    assert (answer.outcome, answer.text, answer.cost_usd) == (Outcome.OK, "HELLO É", 0.0)


def test_a_program_may_be_given_a_request_and_print_json_of_its_own_shape(tmp_path: Path) -> None:
    code = "import json, sys; print(json.dumps({'out': [json.load(sys.stdin)['q']]}))"
    answer = ask(tmp_path, code, request={"q": "{{ user }}"}, answer="out[0]")
    assert answer.text == "hello é"


@pytest.mark.parametrize(
    ("code", "outcome", "error"),
    [
        ("import sys; sys.exit('no such index')", Outcome.PROVIDER_ERROR, "no such index"),
        ("import os; os.kill(os.getpid(), 9)", Outcome.PROVIDER_ERROR, "signal 9"),
        ("while True: print('x' * 1_000_000)", Outcome.INVALID, "more than an answer"),
        ("pass", Outcome.EMPTY, ""),
        ("print('fine')", Outcome.OK, ""),
    ],
)
def test_how_a_program_ends_decides_what_its_answer_is(
    tmp_path: Path, code: str, outcome: Outcome, error: str
) -> None:
    answer = ask(tmp_path, code)
    assert answer.outcome is outcome
    assert error in answer.error


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "child = \"import signal; held = open('alive', 'w'); held.write('x'); held.flush();"
        ' signal.pause()"\n'
        "subprocess.Popen([sys.executable, '-c', child]).wait()\n"
    )
    os.mkfifo(tmp_path / "alive")
    with ThreadPoolExecutor() as pool:
        # It ends when nobody holds the pipe any more.
        held = pool.submit((tmp_path / "alive").read_text)
        answer = ask(tmp_path, code, timeout_s=5.0)
        assert answer.outcome is Outcome.TIMED_OUT
        assert held.result(timeout=60) == "x"


def test_keys_of_the_environment_are_kept_from_the_program(tmp_path: Path) -> None:
    code = "import json, os; print(json.dumps(sorted(os.environ)))"
    names = set(json.loads(ask(tmp_path, code).text))
    assert "KEY" not in names


@pytest.mark.parametrize("command", [[], ["no-such-program-anywhere"], [7], ["a\0b"]])
def test_a_command_that_cannot_be_run_is_refused(tmp_path: Path, command: Any) -> None:
    settings = ProviderSettings(
        "mine", kind="command", folder=str(tmp_path), options={"command": command}
    )
    with pytest.raises(SettingsError):
        open_provider(settings)


def test_a_file_that_is_no_program_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "app").write_text("no program", encoding="utf-8")
    settings = ProviderSettings(
        "mine", kind="command", folder=str(tmp_path), options={"command": ["app"]}
    )
    with pytest.raises(ProviderError, match="cannot be run"):
        asyncio.run(open_provider(settings).answer(REQUEST, timeout_s=5))


def test_another_program_is_not_trusted_and_gives_other_answers(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("print('one')", encoding="utf-8")
    (tmp_path / "workbench.toml").write_text(
        '[providers.mine]\nkind = "command"\noptions = {command = ["python3", "app.py"]}\n',
        encoding="utf-8",
    )
    workspace = open_workspace(tmp_path)
    settings = workspace.settings.provider("mine")
    with pytest.raises(UntrustedWorkspace, match=r"the program python3 app\.py"):
        check_trust(workspace, settings)
    trust(workspace)
    check_trust(workspace, settings)
    before = open_provider(settings).identity
    (tmp_path / "app.py").write_text("print('two')", encoding="utf-8")
    assert not is_trusted(workspace)
    assert open_provider(settings).identity != before
