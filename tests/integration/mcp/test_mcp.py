"""The real client of the Model Context Protocol asks `workbench mcp`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from mcp import Client, StdioServerParameters, stdio_client

from tests.cli.conftest import Cli, answer, make_cli
from tests.support.openai_server import OpenAIServer

NEVER = ("deploy", "register", "evaluate", "rollback", "approve", "rules", "trust", "forget")


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(answer) as running:
        yield running


@pytest.fixture(scope="module")
def cli(server: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A workspace in which `best` is live."""
    cli = make_cli(tmp_path_factory.mktemp("workspace"), server.base_url)
    cli.say("best")
    cli.here("register", "triage", "-d", "first")
    cli.here("deploy", "triage@1.0.0", "production", "--override", "--reason", "x")
    cli.say("worse")
    return cli


def with_client(cli: Cli, use: Callable[[Client], Awaitable[Any]]) -> Any:
    async def connected() -> Any:
        parameters = StdioServerParameters(
            command=sys.executable,
            args=["-m", "workbench", "mcp"],
            cwd=str(cli.root),
            env=cli.environ,
        )
        async with Client(stdio_client(parameters)) as client:
            return await use(client)

    return asyncio.run(connected())


def call(cli: Cli, tool: str, **arguments: Any) -> tuple[bool, Any]:
    """Whether it failed, and what it says."""

    async def use(client: Client) -> tuple[bool, Any]:
        result = await client.call_tool(tool, arguments)
        text = result.content[0].text  # type: ignore[union-attr]
        return bool(result.is_error), text if result.is_error else json.loads(text)

    failed, reply = with_client(cli, use)
    return failed, reply


def test_the_tools_read_and_try_and_release_nothing(cli: Cli) -> None:
    async def use(client: Client) -> list[str]:
        return [tool.name for tool in (await client.list_tools()).tools]

    names = with_client(cli, use)
    assert {"get_prompt", "list_runs", "history", "dry_run"} <= set(names)
    assert not [name for name in names if name.startswith(NEVER)]


def test_what_is_live_is_read(cli: Cli) -> None:
    failed, reply = call(cli, "get_prompt", prompt="triage")
    assert (failed, reply["version"]) == (False, "1.0.0")


def test_each_tool_answers(cli: Cli) -> None:
    asked = {
        ("list_drafts", "drafts"): {},
        ("history", "entries"): {"prompt": "triage"},
        ("diff", "changes"): {"a": "triage@1.0.0", "b": "triage"},
        ("lineage", "upstream"): {"ref": "triage@1.0.0"},
        ("list_scorers", "scorers"): {},
        ("lint", "drafts"): {"prompt": "triage"},
        ("estimate", "calls"): {"suite": "triage"},
    }

    async def use(client: Client) -> None:
        for (tool, key), arguments in asked.items():
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result.content
            assert key in json.loads(result.content[0].text)  # type: ignore[union-attr]

    with_client(cli, use)


def test_a_dry_run_is_short_and_stored(cli: Cli, server: OpenAIServer) -> None:
    before = server.calls
    failed, reply = call(cli, "dry_run", suite="triage", cases=1000)
    assert not failed, reply
    assert (reply["cases"], server.calls - before) == (20, 20)
    failed, shown = call(cli, "show_run", run_id=reply["run_id"])
    assert (failed, shown["run_id"]) == (False, reply["run_id"])


def test_a_draft_answers_once(cli: Cli) -> None:
    failed, reply = call(cli, "try_draft", prompt="triage", inputs={"ticket": "case 1"})
    assert not failed, reply
    assert reply["text"] in ("billing", "sales")


@pytest.mark.parametrize("name", ["--help", "--workspace=/", "a\nb"])
def test_what_an_assistant_gives_is_a_name_and_no_option(cli: Cli, name: str) -> None:
    failed, reply = call(cli, "get_prompt", prompt=name)
    assert failed
    assert "Usage:" not in reply


def test_a_comparison_takes_stored_runs_alone(cli: Cli, server: OpenAIServer) -> None:
    before = server.calls
    failed, reply = call(cli, "compare_runs", run_a="triage@1.0.0", run_b="triage")
    assert failed
    assert "stored runs" in reply
    assert server.calls == before
