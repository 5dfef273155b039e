"""What a provider honours, and what repeats say, on the command line."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import make_cli
from tests.support.openai_server import OpenAIServer, Reply
from workbench.actions.session import Session
from workbench.workspace import open_workspace


def careless(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply:
    """Drops the seed and the front of long prompts, honours the response format."""
    tokens = min(4096, len(messages[0]["content"].split()))
    text = '{"probe": true}' if "response_format" in options else f"{random.random()}"
    return Reply(text, prompt_tokens=tokens)


@pytest.mark.exhaustive
def test_a_probe_says_its_cost_first_and_records_what_is_ignored(tmp_path: Path) -> None:
    with OpenAIServer(careless) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        assert cli.here("doctor", "--json").json.get("probes") is None
        assert server.calls == 0
        done = cli.here("doctor", "--probe")
        assert server.calls == 4
        assert done.err == "probing mock mock: 4 calls of 5,200 tokens together, cost unknown\n"
        assert done.out.splitlines()[-1] == (
            "warning  probe mock mock: honours response_format, usage in streams; ignores seed,"
            " prompts of 5,000 words (it counts 4,096 tokens)"
        )
        (probe,) = cli.here("doctor", "--probe", "mock", "--json").json["probes"]
        assert (probe["provider"], probe["model"], probe["seed"]) == ("mock", "mock", False)
        with Session(open_workspace(cli.root)) as session:
            stored = session.store.probe(server.base_url, "mock")
        assert stored is not None and stored.content().items() <= probe.items()
        toml = cli.root / "workbench.toml"
        price = "[providers.mock.prices]\nmock = {input = 1.0, output = 2.0}\n"
        toml.write_text(toml.read_text() + price)
        assert "together, about $0.0054" in cli.here("doctor", "--probe", "--json").err


@pytest.mark.parametrize(
    ("change", "name", "message"),
    [
        ("", "nope", "no provider 'nope'"),
        ("", "local", "no draft names a model of the provider local"),
        ('api_key_env = "SOME_KEY"', "mock", "you have not trusted this workspace"),
    ],
)
def test_a_probe_that_may_not_be_made_makes_no_call(
    tmp_path: Path, change: str, name: str, message: str
) -> None:
    with OpenAIServer(careless) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        toml = cli.root / "workbench.toml"
        address = f'base_url = "{server.base_url}"'
        toml.write_text(toml.read_text().replace(address, f"{address}\n{change}"))
        done = cli.here("doctor", "--probe", name, SOME_KEY="sk-1")
        assert done.code in (2, 5) and message in done.err
        assert server.calls == 0


def test_a_refused_key_is_a_problem_of_that_provider(tmp_path: Path) -> None:
    with OpenAIServer(lambda messages, options: Reply("no", status=401)) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        done = cli.here("doctor", "--probe")
        assert done.code == 2
        assert done.out.splitlines()[-1].startswith("problem  probe mock mock: ")


@pytest.mark.exhaustive
def test_a_run_with_repeats_says_how_steady_the_answers_are(tmp_path: Path) -> None:
    seen = itertools.count()

    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
        wavers = messages[-1]["content"] == "case 100"
        return "sales" if wavers and next(seen) == 0 else "billing"

    with OpenAIServer(script) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        steadiness = cli.here("run", "triage", "--repeats", "3", "--json").json["steadiness"]
        assert (steadiness["repeats"], steadiness["cases"]) == (3, 20)
        assert steadiness["pass_all"] == pytest.approx({"1": 59 / 60, "2": 58 / 60, "3": 19 / 20})
        assert (steadiness["flaky"], steadiness["flaky_ids"]) == (1, ["c100"])
        assert steadiness["spread"] == pytest.approx(0.05 / 3**0.5)
        output = cli.here("run", "triage", "--repeats", "3").out
        assert "3 repeats: pass^3 0.950, 1 of 20 cases flaky, spread 2.9 pts" in output
        once = cli.here("run", "triage", "--json").json
        assert once["steadiness"] is None
        assert "pass^" not in cli.here("run", "triage").out


def test_a_run_says_how_many_answers_were_no_plain_ones(tmp_path: Path) -> None:
    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply:
        cut = messages[-1]["content"] == "case 100"
        return Reply("billing", finish_reason="length" if cut else "stop")

    with OpenAIServer(script) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        assert "not ok: 1 truncated" in cli.here("run", "triage").out
        assert cli.here("run", "triage", "--json").json["outcomes"] == {"ok": 19, "truncated": 1}
        plain = cli.here("run", "triage", "--limit", "1", "--split", "gate", "--yes")
        assert "not ok" not in plain.out
