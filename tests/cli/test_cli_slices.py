"""Verdicts by tag, a gate with margins for tags, cost and latency, and their audit."""

from __future__ import annotations

import json
import re
import sqlite3
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli, make_cli
from tests.support.openai_server import OpenAIServer

SUITE = """\
suite: triage
prompt: triage
dataset: cases.jsonl
scorers: [exact_match]
gate: {margin: 0.1, baseline: production%s}
run: {concurrency: 16}
"""
SETTINGS = """\
[workspace]
author = "ana"

[providers.mock]
base_url = "%s"
prices = {mock = {input = 1.0, output = 1.0}}
"""


def answer(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
    """Right where the last digit of the case stands in the prompt's first word."""
    del options
    number = re.findall(r"\d+", messages[-1]["content"])[0]
    return "billing" if number[-1] in messages[0]["content"].split()[0] else "sales"


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(answer) as running:
        yield running


@pytest.fixture
def tagged(server: OpenAIServer, tmp_path: Path) -> Cli:
    """120 cases, of which those that end in 7, 8 or 9 are vip; d0123456789x is live."""
    cli = make_cli(tmp_path / "workspace", server.base_url)
    (cli.root / "workbench.toml").write_text(SETTINGS % server.base_url)
    rows = [
        {
            "id": f"c{number:03}",
            "inputs": {"ticket": f"case {number}"},
            "expected": "billing",
            "tags": ["vip" if number % 10 >= 7 else "plain", *(["rare"] if number < 9 else [])],
        }
        for number in range(240)
    ]
    (cli.root / "evals/triage/cases.jsonl").write_text("\n".join(map(json.dumps, rows)))
    suite(cli, "")
    cli.say("d012345689x")
    cli.here("register", "triage", "-d", "first")
    assert cli.here("deploy", "triage@1.0.0", "production", "--override", "--reason", "x").code == 0
    return cli


def suite(cli: Cli, gate: str) -> None:
    (cli.root / "evals/triage/suite.yaml").write_text(SUITE % gate)


def evaluated(cli: Cli, word: str, version: str) -> dict[str, Any]:
    cli.say(word)
    cli.here("register", "triage", "-d", word)
    return cli.here("evaluate", f"triage@{version}", "--full", "--json").json


def scores(cli: Cli) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(cli.root / ".workbench/registry.db"))


def test_a_version_that_is_better_and_breaks_a_slice_does_not_pass_its_margin(tagged: Cli) -> None:
    suite(tagged, ", slices: {vip: {margin: 0.06}}")
    tagged.say("d01234567x")
    tagged.here("register", "triage", "-d", "swaps")
    done = tagged.here("evaluate", "triage@1.0.1", "--full")
    assert done.code == 1
    assert re.search(r"FAIL +slice vip", done.out), done.out
    row = re.search(r"^vip \* +72 ", done.out, re.M)
    assert row, done.out
    assert "not enough data" in next(x for x in done.out.splitlines() if x.startswith("rare"))
    assert tagged.here("verify").code == 0
    refused = tagged.here("deploy", "triage@1.0.1", "production")
    assert refused.code == 5 and "worse" in refused.err


@pytest.mark.exhaustive
def test_tags_and_raw_values_are_kept_with_the_evidence_and_derived_again(tagged: Cli) -> None:
    margins = (
        ", slices: {vip: {margin: 0.06}}, also: {cost: {margin: 20 %}, latency_p50: {margin: 9s}}"
    )
    suite(tagged, margins)
    report = evaluated(tagged, "d012345689xy", "1.0.1")
    assert report["gate"] == "pass", report
    by_tag = {row["tag"]: row for row in report["slices"]}
    assert by_tag["vip"]["gate"] == "pass" and by_tag["vip"]["claim"] == "not_worse"
    assert by_tag["plain"]["gate"] is None and by_tag["plain"]["claim"] == "not_worse"
    assert (by_tag["rare"]["enough"], by_tag["rare"]["claim"]) == (False, "undecided")
    also = {row["name"]: row for row in report["also"]}
    assert also["cost"]["gate"] == also["latency_p50"]["gate"] == "pass"
    assert also["cost"]["high"] < 0.2 and also["cost"]["cases"] == 240
    assert not any("latencies" in note for note in report["notes"]), "both sides were asked now"
    with scores(tagged) as connection:
        counts = dict(connection.execute("SELECT scorer, count(*) FROM scores GROUP BY scorer"))
        assert counts == {"@cost": 240, "@latency": 240, "exact_match": 240}
        sql = "SELECT tags FROM scores WHERE scorer = 'exact_match' AND case_id = 'c007'"
        assert json.loads(connection.execute(sql).fetchone()[0]) == ["vip", "rare"]
        assert connection.execute("SELECT count(*) FROM sound_evaluations").fetchone()[0] == 1
    again = tagged.here("evaluate", "triage@1.0.1", "--full", "--json").json
    assert any("480 of 480 latencies are those of stored" in note for note in again["notes"])
    assert tagged.here("deploy", "triage@1.0.1", "production").code == 0
    assert tagged.here("verify").code == 0


@pytest.mark.exhaustive
def test_the_database_derives_no_pass_from_a_slice_or_a_cost_that_lost(tagged: Cli) -> None:
    """Whoever writes a pass by hand beside such scores gets no sound evaluation."""
    suite(tagged, ", slices: {vip: {margin: 0.06}}, also: {cost: {margin: 20 %}}")
    evaluated(tagged, "d012345689xy", "1.0.1")
    path = tagged.root / ".workbench/registry.db"

    def sound(change: str) -> int:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
            with closing(sqlite3.connect(path)) as source:
                source.backup(copy)
            copy.execute("DROP TRIGGER scores_no_update")
            assert copy.execute(change).rowcount > 0
            return int(copy.execute("SELECT count(*) FROM sound_evaluations").fetchone()[0])

    assert sound("UPDATE scores SET reason = ''") == 1
    lost = "UPDATE scores SET b = 0.0, a = 1.0 WHERE scorer = 'exact_match' AND case_id LIKE '%8'"
    assert sound(lost + " AND position < 90") == 0, "the slice"
    assert sound("UPDATE scores SET tags = '' WHERE scorer = 'exact_match'") == 0, "no case of it"
    assert sound("UPDATE scores SET b = b * 1.5 WHERE scorer = '@cost'") == 0, "the cost"
    assert sound("UPDATE scores SET b = NULL WHERE scorer = '@cost' AND position < 40") == 0


@pytest.mark.exhaustive
def test_verify_names_evidence_whose_tags_were_taken_away(tagged: Cli) -> None:
    suite(tagged, ", slices: {vip: {margin: 0.06}}")
    evaluated(tagged, "d012345689xy", "1.0.1")
    with scores(tagged) as connection:
        connection.execute("DROP TRIGGER scores_no_update")
        connection.execute("UPDATE scores SET tags = '' WHERE scorer = 'exact_match'")
        connection.commit()
    done = tagged.here("verify")
    assert done.code == 5
    assert "its scores say no_decision" in done.out + done.err


@pytest.mark.exhaustive
def test_a_cost_without_a_price_decides_nothing_and_says_why(tagged: Cli) -> None:
    settings = tagged.root / "workbench.toml"
    settings.write_text(settings.read_text().rpartition("prices")[0])
    suite(tagged, ", also: {cost: {margin: 20 %}}")
    report = evaluated(tagged, "d012345689xy", "1.0.1")
    assert report["gate"] == "no_decision"
    assert "no price" in report["also"][0]["reason"]


@pytest.mark.exhaustive
def test_a_gone_or_wider_margin_is_a_loosening(tagged: Cli) -> None:
    suite(tagged, ", slices: {vip: {margin: 0.06}}, also: {cost: {margin: 20 %}}")
    evaluated(tagged, "d012345689xy", "1.0.1")
    for looser in (", also: {cost: {margin: 20 %}}", ", slices: {vip: {margin: 0.07}}"):
        suite(tagged, looser)
        done = tagged.here("evaluate", "triage@1.0.1")
        assert done.code == 5 and "vip 0.06" in done.err, done.err
    suite(tagged, ", slices: {vip: {margin: 0.05}}, also: {cost: {margin: 20 %}}")
    assert tagged.here("evaluate", "triage@1.0.1").code != 5


@pytest.mark.exhaustive
def test_compare_shows_the_tags_and_gates_on_the_same_conditions(tagged: Cli) -> None:
    suite(tagged, ", slices: {vip: {margin: 0.06}}")
    tagged.say("d01234567x")
    done = tagged.here("compare", "triage@production", "triage", "--json")
    by_tag = {row["tag"]: row for row in done.json["slices"]}
    assert (done.code, done.json["gate"]) == (1, "fail")
    assert by_tag["vip"]["claim"] == "worse" and by_tag["plain"]["claim"] == "not_worse"


@pytest.mark.exhaustive
def test_the_report_and_the_summary_show_the_tags_and_what_the_gate_asks(tagged: Cli) -> None:
    suite(tagged, ", slices: {vip: {margin: 0.06}}, also: {cost: {margin: 20 %}}")
    tagged.say("d01234567x")
    tagged.here("register", "triage", "-d", "swaps")
    tagged.here(
        "evaluate", "triage@1.0.1", "--full", "--summary", "summary.md", "--junit", "gate.xml"
    )
    summary = (tagged.root / "summary.md").read_text()
    assert "| vip \\* | 72 |" in summary and "| worse |" in summary
    assert "FAIL         slice vip" in summary and "PASS         cost" in summary
    tree = ElementTree.parse(tagged.root / "gate.xml")
    gates = {test.get("name"): test for test in tree.iter("testcase")}
    assert gates["slice vip"].find("failure") is not None
    assert gates["cost"].find("system-out") is not None
    tagged.here("report", "triage@1.0.0", "triage@1.0.1", "--html", "report.html")
    page = (tagged.root / "report.html").read_text()
    assert "<h3>Slices</h3>" in page and "<td>vip *</td>" in page
    assert "slice vip" in page and "not enough data" in page


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize(
    ("gate", "problem"),
    [
        (", slices: {vpi: {margin: 0.06}}", "has the tag 'vpi' (did you mean 'vip'?)"),
        (", slices: {vip: 0.06}", "gate: slices.vip must be a table, not 0.06 (margin: 0.02)"),
        (", slices: {vip: {margin: 6}}", "slices.vip: margin must be a number from 0 to 1, not 6"),
        (", slices: {vip: {margin: 0.1, treshold: 1}}", "gate: slices.vip: unknown key 'treshold'"),
        (", also: {cost: {margin: 10}}", "must be a share of A's cost"),
        (", also: {cost: {margin: 0}}", "gate: also has cost.margin 0.0, which must be"),
        (", also: {latency: {margin: 1s}}", "gate: also cannot gate 'latency'"),
        (", also: {latency_p95: {margin: 200}}", "which must be a duration"),
        (", also: {latency_p95: {margin: 1s}}, extend: true", "latency_p95 cannot be extended"),
        (", slices: {vip: {margin: 0.1}}, rule: threshold, threshold: 0.5", "slices go with"),
    ],
)
def test_a_wrong_margin_is_refused_with_its_place(tagged: Cli, gate: str, problem: str) -> None:
    suite(tagged, gate)
    done = tagged.here("evaluate", "triage@1.0.0")
    assert done.code == 2 and problem in done.err, done.err


@pytest.mark.parametrize("gate", ["slices: {vip: {margin: 0.1}}", "also: {cost: {margin: 10 %}}"])
def test_a_margin_without_anything_to_compare_with_is_refused(tagged: Cli, gate: str) -> None:
    path = tagged.root / "evals/triage/suite.yaml"
    path.write_text((SUITE % f", {gate}").replace("baseline: production", "baseline: none"))
    done = tagged.here("evaluate", "triage@1.0.0")
    assert done.code == 2 and "needs a baseline to be compared with" in done.err, done.err
