"""A provider that fails ends every command that asks it with 4: incomplete, and no wrong usage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.conftest import Cli, answer, make_cli
from tests.support.openai_server import OpenAIServer, Reply

COMMANDS = {
    "try": ("try", "triage", "--case", "c000"),
    "run": ("run", "triage"),
    "compare": ("compare", "triage@1.0.0", "triage@draft"),
    "compare models": ("compare", "triage", "--model", "mock,other"),
    "evaluate": ("evaluate", "triage@1.0.0"),
    "reproduce": ("reproduce", "triage@1.0.0", "--yes"),
    "canary": ("canary", "triage", "--yes"),
    "bisect": ("bisect", "triage@1.0.0", "triage@draft", "--yes"),
}


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """A workspace with a live version, whose provider refuses its key since."""
    healthy = [True]

    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply | str:
        return answer(messages, options) if healthy else Reply("a wrong key", 401)

    with OpenAIServer(script) as server:
        cli = make_cli(tmp_path_factory.mktemp("failing") / "w", server.base_url)
        cli.say("best")
        assert cli.here("register", "triage", "-d", "first").code == 0
        assert cli.here("evaluate", "triage@1.0.0", "--full").code == 0
        for environment in ("staging", "production"):
            assert cli.here("deploy", "triage@1.0.0", environment, "--reason", "live").code == 0
        cli.say("worse")
        healthy.clear()
        yield cli


@pytest.mark.exhaustive(keep=4)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_provider_that_fails_is_incomplete_everywhere(failing: Cli, name: str) -> None:
    command = COMMANDS[name]
    fresh = ("--fresh",) if name in ("run", "evaluate", "compare") else ()
    done = failing.here(*command, *fresh)
    assert done.code == 4, done.err or done.out
    assert "401" in done.err + done.out or "key" in done.err + done.out
