"""What a command asks before it spends money, and what a run goes on with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli, answer, make_cli
from tests.support.openai_server import OpenAIServer, Reply
from workbench.actions.running.costs import is_private_endpoint
from workbench.settings import ProviderSettings

PRICES = "[providers.mock.prices]\nmock = {{input = 0.0, output = {output}}}\n"


def priced(cli: Cli, output: float, confirm_above: float = 1.0) -> None:
    """Give the model a price a million tokens of output."""
    path = cli.root / "workbench.toml"
    text = path.read_text().replace(
        "[workspace]\n", f"[workspace]\nconfirm_above={confirm_above}\n"
    )
    path.write_text(text + PRICES.format(output=output))


def elsewhere(cli: Cli) -> None:
    """Ask an endpoint that nobody knows the price of; nothing must ever reach it."""
    path = cli.root / "workbench.toml"
    lines = path.read_text().splitlines()
    url = 'base_url = "http://api.models.example/v1"'
    path.write_text("\n".join(url if x.startswith("base_url") else x for x in lines) + "\n")


def tell(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply:
    return Reply(answer(messages, options), prompt_tokens=1, completion_tokens=10)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Cli, OpenAIServer]]:
    """A workspace and a server of one test alone."""
    with OpenAIServer(tell) as server:
        yield make_cli(tmp_path / "w", server.base_url), server


def limit_answers(cli: Cli) -> None:
    path = cli.root / "prompts" / "triage.prompty"
    path.write_text(
        path.read_text().replace("temperature: 0", "temperature: 0, maxOutputTokens: 10")
    )


@pytest.mark.parametrize("given", ["nan", "inf", "-1", "-inf", "much", "1e999"])
def test_a_budget_that_is_no_amount_is_wrong_usage(cli: Cli, given: str) -> None:
    done = cli.here("run", "triage", "--budget", given)
    assert done.code == 2
    assert "amount" in done.err and len(done.err.splitlines()) == 1


@pytest.mark.parametrize("given", ["0.5", "1e-1", "$1", "2.00 USD"])
def test_a_budget_may_be_written_as_in_a_suite(cli: Cli, given: str) -> None:
    assert cli.here("estimate", "triage", "--budget", given).code == 0


@pytest.mark.exhaustive
def test_a_run_goes_on_with_its_own_budget_which_counts_over_all_attempts(
    own: tuple[Cli, OpenAIServer],
) -> None:
    cli, server = own
    limit_answers(cli)
    priced(cli, 1000.0)  # a cent a call
    flags = ("--budget", "0.05", "--concurrency", "2", "--json")
    first = cli.here("run", "triage", *flags).json
    assert (first["status"], first["scored"], server.calls) == ("incomplete", 5, 5)
    again = cli.here("run", "--resume", first["run_id"], "--json")
    assert (again.code, server.calls) == (4, 5)
    assert "budget of 0.05 USD is used up" in again.json["reason"]
    more = cli.here("run", "--resume", first["run_id"], "--budget", "0.12", "--json")
    assert (more.code, more.json["scored"], server.calls) == (4, 12, 12)
    last = cli.here("run", "--resume", first["run_id"], "--json")
    assert "budget of 0.12 USD is used up" in last.json["reason"] and server.calls == 12
    whole = cli.here("run", "--resume", first["run_id"], "--budget", "9", "--json")
    assert (whole.code, whole.json["scored"], server.calls) == (0, 20, 20)
    assert whole.json["cost_usd"] == pytest.approx(0.2)
    assert server.most_at_once <= 2


@pytest.mark.parametrize(
    ("flag", "line", "message"),
    [
        ("--resume", "--limit 3 --batch", "--limit and --batch cannot go with --resume"),
        ("--resume", "--prompt triage", "--prompt cannot go with --resume"),
        ("--resume", "--split gate", "--split cannot go with --resume"),
        ("--resume", "--fresh", "--fresh cannot go with --resume"),
        ("--attach", "--budget 0 --repeats 2", "cannot go with --attach"),
    ],
)
def test_what_a_run_began_with_cannot_be_said_anew(
    cli: Cli, flag: str, line: str, message: str
) -> None:
    done = cli.here("run", flag, "r1", *line.split())
    assert done.code == 2 and len(done.err.splitlines()) == 1
    assert message in done.err


@pytest.mark.exhaustive
def test_a_resumed_run_is_asked_about_like_a_new_one(own: tuple[Cli, OpenAIServer]) -> None:
    cli, server = own
    limit_answers(cli)
    priced(cli, 1000.0, confirm_above=0.1)
    first = cli.here("run", "triage", "--budget", "0.05", "--json").json
    assert cli.here("run", "--resume", first["run_id"], "--json").code == 4  # 0.05 was agreed to
    suite = cli.root / "evals" / "triage" / "suite.yaml"
    suite.write_text(suite.read_text().replace("concurrency: 8", "concurrency: 2, budget: 0.04"))
    small = cli.here("run", "triage", "--fresh", "--json").json
    assert (small["status"], small["scored"]) == ("incomplete", 4)
    suite.write_text(suite.read_text().replace(", budget: 0.04", ""))
    before = server.calls
    refused = cli.here("run", "--resume", small["run_id"])
    assert (refused.code, server.calls) == (2, before)
    assert "not run: it would cost about $0.16, more than $0.10" in refused.err
    assert cli.here("run", "--resume", small["run_id"], "--yes").code == 0


@pytest.mark.exhaustive
def test_a_budget_on_the_command_line_answers_the_question(own: tuple[Cli, OpenAIServer]) -> None:
    cli, server = own
    limit_answers(cli)
    priced(cli, 1000.0, confirm_above=0.1)
    refused = cli.here("run", "triage")
    assert (refused.code, server.calls) == (2, 0)
    assert "(--yes, or --budget USD)" in refused.err
    assert cli.here("run", "triage", "--budget", "0.30", "--json").json["status"] == "complete"
    suite = cli.root / "evals" / "triage" / "suite.yaml"
    suite.write_text(suite.read_text().replace("concurrency: 8", "concurrency: 8, budget: 0.1"))
    capped = cli.here("run", "triage", "--fresh", "--json")
    assert capped.json["status"] == "incomplete"  # the suite's budget is below confirm_above


def test_an_unknown_price_is_asked_about_from_a_number_of_calls_on(tmp_path: Path) -> None:
    cli = make_cli(tmp_path / "w", "http://127.0.0.1:9/v1")
    elsewhere(cli)
    done = cli.here("run", "triage", "--split", "all")
    assert done.code == 2 and len(done.err.splitlines()) == 1
    assert "the unknown price of 120 calls" in done.err


@pytest.mark.exhaustive
def test_a_run_goes_on_with_the_prompt_as_it_was_and_says_so(
    own: tuple[Cli, OpenAIServer],
) -> None:
    cli, server = own
    limit_answers(cli)
    priced(cli, 1000.0)
    first = cli.here("run", "triage", "--budget", "0.05", "--json").json
    same = cli.here("run", "--resume", first["run_id"], "--budget", "0.06")
    assert "going on with the prompt as it was when the run began\n" in same.err
    cli.say("best")
    other = cli.here("run", "--resume", first["run_id"], "--budget", "9")
    assert other.code == 0
    assert "as it was when the run began, not as the draft is now" in other.err
    assert all(body["messages"][0]["content"] == "plain" for body in server.requests)


def test_an_estimate_says_what_cannot_be_asked(fresh_cli: Cli) -> None:
    cases = fresh_cli.root / "evals" / "triage" / "cases.jsonl"
    draft = fresh_cli.root / "prompts" / "triage.prompty"
    draft.write_text(
        draft.read_text().replace("{{ ticket }}", "{{ ticket }} {{ 1 // ((ticket != 'odd')|int) }}")
    )
    cases.write_text(cases.read_text().replace('"case 119"', '"odd"'))
    done = fresh_cli.here("estimate", "triage", "--json")
    assert done.code == 0, done.err
    assert (done.json["cached"], done.json["unsent"]) == (0, 1)


@pytest.mark.exhaustive(keep=4)
@pytest.mark.parametrize(
    "line",
    [
        "compare triage@1.0.0 triage",
        "compare triage@1.0.0 triage --json",
        "compare triage triage --fresh",
        "evaluate triage@1.0.0",
        "evaluate triage@1.0.0 --json",
        "bisect triage@1.0.0 triage",
        "report triage@1.0.0 triage --html page.html",
    ],
)
def test_every_command_that_runs_asks_before_a_dear_run(
    own: tuple[Cli, OpenAIServer], line: str
) -> None:
    cli, server = own
    cli.say("best")
    limit_answers(cli)
    assert cli.here("register", "triage", "-d", "first").code == 0
    cli.say("worse")
    priced(cli, 1000.0, confirm_above=0.1)
    refused = cli.here(*line.split())
    assert (refused.code, server.calls) == (2, 0)
    assert "not run: it would cost about $" in refused.err and "--yes" in refused.err
    assert len(refused.err.splitlines()) == 1
    agreed = cli.here(*line.split(), "--yes")
    assert agreed.code in (0, 1, 3), agreed.err
    asked = server.calls
    assert asked >= 20
    if "fresh" not in line and "bisect" not in line:
        again = cli.here(*line.split())
        assert (again.code, server.calls) == (agreed.code, asked), again.err


def test_an_unknown_price_is_asked_about_by_every_command_that_runs(tmp_path: Path) -> None:
    cli = make_cli(tmp_path / "w", "http://127.0.0.1:9/v1")
    assert cli.here("register", "triage", "-d", "first").code == 0
    elsewhere(cli)
    settings = cli.root / "workbench.toml"
    text = settings.read_text()
    settings.write_text(text.replace("[workspace]\n", "[workspace]\nconfirm_above = 0.5\n"))
    done = cli.here("evaluate", "triage@1.0.0")
    assert done.code == 2 and "the unknown price of 100 calls" in done.err
    settings.write_text(text)
    cli.say("best")
    dear = cli.here("compare", "triage@1.0.0", "triage", "--split", "all")
    assert dear.code == 2
    assert "the unknown price of 240 calls" in dear.err


@pytest.mark.parametrize(
    ("url", "own_network"),
    [
        ("http://localhost:8000/v1", True),
        ("http://127.0.0.1:8000/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://10.1.2.3/v1", True),
        ("http://192.168.0.7:11434/v1", True),
        ("http://ollama:11434/v1", True),
        ("http://box.local/v1", True),
        ("http://8.8.8.8/v1", False),
        ("https://api.openai.com/v1", False),
        ("https://localhost.example.com/v1", False),
    ],
)
def test_an_endpoint_in_ones_own_network_is_told_from_others(url: str, own_network: bool) -> None:
    assert is_private_endpoint(ProviderSettings("x", base_url=url)) is own_network
