"""One prompt on several models, without an edit of its draft."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli, answer, make_cli
from tests.support.fault_server import FaultServer, error
from tests.support.fault_server import answer as served_answer
from tests.support.openai_server import OpenAIServer


def by_model(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
    """The model `new` answers as if the prompt were the best one."""
    if options.get("model") == "new":
        messages = [{**messages[0], "content": "best"}, *messages[1:]]
    return answer(messages, options)


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    with OpenAIServer(by_model, model="mock") as server:
        yield make_cli(tmp_path_factory.mktemp("models") / "w", server.base_url)


def test_a_migration_to_another_model_is_one_line(cli: Cli) -> None:
    result = cli.here("compare", "triage", "--model", "mock,new", "--json")
    assert (result.code, result.json["verdict"], result.json["fixed"]) == (0, "better", 10)
    assert (result.json["a"], result.json["b"]) == (
        "triage (draft on mock)",
        "triage (draft on new)",
    )
    turned = cli.here("compare", "triage", "--model", "mock:new,mock:mock", "--json")
    assert (turned.code, turned.json["verdict"]) == (1, "worse")
    assert turned.json["run_a"] == result.json["run_b"], "nothing is asked twice"


def test_a_run_on_several_models_says_how_each_does(cli: Cli) -> None:
    result = cli.here("run", "triage", "--model", "mock,new", "--json")
    assert result.code == 0, result.err
    assert [run["score"] for run in result.json["runs"]] == [0.5, 1.0]
    assert result.json["run_id"] == result.json["runs"][0]["run_id"]
    text = cli.here("estimate", "triage", "--model", "mock,new").out
    assert "triage (draft on mock) and triage (draft on new)" in text and "40 cached" in text


def test_one_answer_of_each_model_stands_below_the_other(cli: Cli) -> None:
    result = cli.here("try", "triage", "--model", "mock,new", "--json")
    assert [one["model"] for one in result.json["models"]] == ["mock", "new"]
    assert "triage (draft on new): ok" in cli.here("try", "triage", "--model", "mock,new").out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("compare", "triage"), "compare with what?"),
        (("compare", "triage", "--model", "new"), "two models or more"),
        (("compare", "triage", "triage@draft", "--model", "mock,new"), "one prompt on two models"),
        (("compare", "triage", "--model", "new,new"), "are the same model"),
        (("compare", "triage", "--model", "new,"), "lacks a name"),
        (("try", "triage", "--model", "local:gpt-5"), "answers as gemma-3-270m, not as gpt-5"),
        (("run", "triage", "--model", "mock,new", "--batch"), "a batch is of one model"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_any_call(
    cli: Cli, argv: tuple[str, ...], message: str
) -> None:
    result = cli.here(*argv)
    assert result.code == 2 and message in result.err


REFUSAL = {
    "message": "Unsupported value: 'temperature' does not support 0 with this model.",
    "type": "invalid_request_error",
    "param": "temperature",
    "code": "unsupported_value",
}


def strict(number: int, body: bytes) -> list[bytes]:
    """An endpoint whose model `o-new` refuses a temperature."""
    asked = json.loads(body)
    if asked["model"] == "o-new" and "temperature" in asked:
        return [error("400 Bad Request", **REFUSAL)]
    text = by_model(asked["messages"], {"model": "new"} if asked["model"] == "o-new" else {})
    return [served_answer(text)]


def test_a_parameter_that_the_new_model_refuses_is_offered_as_a_variant_that_runs(
    tmp_path: Path,
) -> None:
    with FaultServer(strict) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        refused = cli.here("compare", "triage", "--model", "mock,o-new")
        offer = "workbench draft triage --as o-new --model mock:o-new --without temperature"
        assert offer in refused.err + refused.out
        assert offer in cli.here("try", "triage", "--model", "o-new").err
        made = cli.here(*offer.split()[1:], "--set", "reasoning_effort=low", "--json")
        assert made.code == 0, made.err
        text = Path(made.json["draft"]).read_text()
        assert "temperature" not in text and "reasoning_effort: low" in text
        result = cli.here("compare", "triage", "triage@o-new", "--json")
        assert (result.code, result.json["verdict"], result.json["fixed"]) == (0, "better", 10)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--as", "x", "--without", "temprature"), "did you mean"),
        (("--as", "x", "--set", "temperature"), "is no OPTION=VALUE"),
        (("--as", "x", "--set", "temperature=warm"), "takes a number"),
        (("--without", "temperature"), "go with --as"),
    ],
)
def test_a_variant_on_terms_that_cannot_be_is_refused(
    cli: Cli, argv: tuple[str, ...], message: str
) -> None:
    result = cli.here("draft", "triage", *argv)
    assert result.code == 2 and message in result.err
    assert not list(cli.root.glob("prompts/triage@x.prompty"))
