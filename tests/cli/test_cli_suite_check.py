"""`workbench suite check`: what speaks against a suite, and which breakages it notices."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli, make_cli
from tests.support.openai_server import OpenAIServer
from workbench.datasets import near_texts

SUITE = """\
suite: triage
prompt: triage
dataset: cases.jsonl
scorers: [exact_match, {contains: {required: false}}, {max_chars: {limit: 99, required: false}}]
gate: {margin: 0.1, slices: {rare: {margin: 0.2}}}
run: {concurrency: 16}
"""
SYSTEM = "Use the rule below.\nKeep to one word.\nRule: billing goes before sales."


def answer(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
    """The rule's order decides; without the rule everything is wrong."""
    del options
    order = re.search(r"(billing|sales) goes before", messages[0]["content"])
    number = int(re.findall(r"\d+", messages[-1]["content"])[0])
    if order is None:
        return "nothing"
    first, second = ("billing", "sales") if order[1] == "billing" else ("sales", "billing")
    return first if number % 10 else second


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(answer) as running:
        yield running


@pytest.fixture
def checked(server: OpenAIServer, tmp_path: Path) -> Cli:
    cli = make_cli(tmp_path / "workspace", server.base_url)
    path = cli.root / "prompts/triage.prompty"
    path.write_text(path.read_text().replace("system:\nplain", f"system:\n{SYSTEM}"))
    rows: list[dict[str, Any]] = [
        {
            "id": f"c{number:03}",
            "inputs": {"ticket": f"case {number} asks {number * 7919 % 99991} of {number**3}"},
            "expected": "billing" if number % 10 else "sales",
            "split": "gate" if number < 100 else "dev",
            "tags": ["rare"] if number < 5 else [],
        }
        for number in range(200)
    ]
    copy = {**rows[3], "id": "copy"}
    wrong = {**rows[4], "id": "other", "expected": "sales"}
    leaked = {**rows[7], "id": "leaked", "split": "dev", "expected": "billing"}
    rows += [copy, wrong, leaked]
    (cli.root / "evals/triage/cases.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (cli.root / "evals/triage/suite.yaml").write_text(SUITE)
    return cli


def findings(cli: Cli) -> dict[str, dict[str, Any]]:
    done = cli.here("suite", "check", "triage", "--json")
    assert done.code == 1
    return {one["kind"]: one for one in done.json["findings"]}


def test_copies_leaks_labels_and_too_few_cases_are_named(checked: Cli) -> None:
    by_check = findings(checked)
    assert by_check["duplicates"]["cases"] == ["copy"]
    assert by_check["contradictions"]["cases"] == ["other"]
    assert "c007" in by_check["split_leakage"]["cases"]
    assert "expect 'billing'" in by_check["label_imbalance"]["text"]
    assert "slice rare" in by_check["cases_needed"]["text"]
    assert by_check["cases_needed"]["level"] == "problem"


def test_a_scorer_with_a_text_of_its_own_needs_none_of_the_case(checked: Cli) -> None:
    scorers = "[{contains: {text: billing}}, {exact_match: {expected: sales}}]"
    path = checked.root / "evals/triage/suite.yaml"
    path.write_text(SUITE.replace(SUITE.splitlines()[3], f"scorers: {scorers}"))
    assert not {"unreachable", "unjudged"} & findings(checked).keys()


def test_what_was_not_compared_to_the_end_is_said(
    checked: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = checked.root / "prompts/triage.prompty"
    shown = (
        'examples: {file: shots.jsonl, template: "{{ ticket }}"}\n---\nsystem:\n{{ examples }}\n'
    )
    path.write_text(path.read_text().replace("---\nsystem:\n", shown))
    row = {"inputs": {"ticket": "case 11 asks 87109 of 1332"}, "expected": "sales"}
    path.with_name("shots.jsonl").write_text(json.dumps(row))
    monkeypatch.setattr(near_texts, "MOST_STEPS", 0)
    done = checked.here("suite", "check", "triage", "--json")
    cut = {one["kind"] for one in done.json["findings"] if "cases are too many" in one["text"]}
    assert cut == {"near_duplicates", "split_leakage", "example_leakage"}


def test_stored_runs_show_cases_and_scorers_that_tell_nothing(checked: Cli) -> None:
    checked.here("run", "triage", "--split", "dev", "--yes")
    path = checked.root / "prompts/triage.prompty"
    path.write_text(
        path.read_text().replace("billing goes before sales", "sales goes before billing")
    )
    checked.here("run", "triage", "--split", "all", "--yes")
    path.write_text(path.read_text().replace("Keep to one word.", "Keep to one word, please."))
    checked.here("run", "triage", "--split", "all", "--yes")
    by_check = findings(checked)
    assert "every version failed" in by_check["never_passed"]["text"], "but for the dev run"
    assert "max_chars gave 1" in by_check["never_varies"]["text"]
    assert "exact_match and contains agree" in by_check["never_disagree"]["text"]


@pytest.mark.exhaustive
def test_breakages_that_matter_are_noticed_and_others_are_missed(
    checked: Cli, server: OpenAIServer
) -> None:
    settings = checked.root / "workbench.toml"
    prices = "[providers.mock.prices.mock]\ninput = 1000000\noutput = 0\n"
    settings.write_text(settings.read_text() + prices)
    asked = server.calls
    done = checked.here("suite", "check", "triage", "--mutate")
    assert done.code == 2 and "--yes" in done.err and server.calls == asked, "it asks first"
    done = checked.here("suite", "check", "triage", "--mutate", "--yes", "--json")
    assert done.code == 1
    by_what = {one["what"]: one for one in done.json["mutants"]}
    assert not by_what["without the line 'Keep to one word.' of system"]["noticed"]
    (swapped,) = (one for one in done.json["mutants"] if one["kind"] == "swap_labels")
    assert swapped["noticed"] and swapped["gate"] == "fail"
    (cut,) = (one for one in done.json["mutants"] if one["kind"] == "truncate")
    assert cut["noticed"]
    assert server.calls == asked + (1 + len(by_what)) * 101
