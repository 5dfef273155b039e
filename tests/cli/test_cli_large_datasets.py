"""A run of a large dataset begins with its first cases, and ends with the same records as any."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import DRAFT, Cli
from tests.datasets.tables_made import parquet
from workbench.datasets.streaming import blocks as reading
from workbench.runs.spec import case_stream, evidence_size, open_stream, suite_file
from workbench.runs.spec.environment import STREAMED
from workbench.runs.store.store import RunStore

Row = dict[str, Any]
COUNT = 40


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (case_stream, suite_file):
        monkeypatch.setattr(module, "BLOCK", 7)
    monkeypatch.setattr(open_stream, "_SET", 9)


@pytest.fixture
def cli(fresh_cli: Cli) -> Cli:
    return fresh_cli


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bool], None]]:
    """Sets whether the files of the test are large."""

    def set_to(is_large: bool) -> None:
        least = 1 if is_large else 10**9
        monkeypatch.setattr(reading, "LARGE_BYTES", least)
        monkeypatch.setattr(reading, "LARGE_PACKED_BYTES", least)

    yield set_to


def rows_of(**more: Callable[[int], Any]) -> list[Row]:
    return [
        {"id": f"c{n}", "inputs": {"ticket": f"ticket {n}"}, "expected": "billing"}
        | {name: value(n) for name, value in more.items()}
        for n in range(COUNT)
    ]


def put(cli: Cli, rows: list[Row], tail: str = "") -> Path:
    path = cli.root / "evals" / "triage" / "cases.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows) + tail, "utf-8")
    return path


def records(cli: Cli) -> tuple[Any, ...]:
    """What the last run and its dataset leave in runs.db, without ids and times."""
    path = cli.root / ".workbench" / "runs.db"
    with RunStore(path, create=False) as store:
        last = store.summaries(limit=1)[0]
        known = last.environment
        results = {(r.case_id, r.repeat): r.scores for r in store.results(last.run_id)}
        cases = store.cases(last.run_id)
    versions = sqlite3.connect(path).execute(
        "SELECT number, fingerprint, gate, cases, added, removed, changed, hex(content)"
        " FROM dataset_versions JOIN snapshots ON snapshots.id = snapshot"
    )
    return (
        last.status, last.suite_parts, last.cases, last.split, cases, results,
        known["snapshot"], known["available"], versions.fetchall(),
    )  # fmt: skip


KINDS: dict[str, tuple[list[Row], list[str]]] = {
    "plain": (rows_of(), []),
    "without ids": ([{k: v for k, v in row.items() if k != "id"} for row in rows_of()], []),
    "two splits": (rows_of(split=lambda n: "gate" if n % 3 else "dev"), []),
    "the other split": (rows_of(split=lambda n: "gate" if n % 3 else "dev"), ["--split", "gate"]),
    "no such split": (rows_of(split=lambda n: "gate" if n % 2 else None), []),
    "asked twice": (rows_of(inputs=lambda n: {"ticket": f"ticket {n % 25}"}), []),
    "sent alike": (
        rows_of(inputs=lambda n: {"ticket": f"ticket {n % 30}" + " " * (n // 30)}),
        [],
    ),
    "grouped": (rows_of(group=lambda n: f"g{n // 30}" if n > 20 else None), []),
    "spelled numbers": (rows_of(tags=lambda n: [1.50, n], expected=lambda n: "billing"), []),
    "several answers": (rows_of(), ["--repeats", "2"]),
    "flat": ([{"ticket": f"ticket {n}", "expected": "sales", "lang": "de"} for n in range(40)], []),
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", KINDS)
def test_it_leaves_the_records_of_a_dataset_that_was_read_whole(
    cli: Cli, large: Callable[[bool], None], kind: str
) -> None:
    rows, options = KINDS[kind]
    put(cli, rows)
    left = []
    for is_large in (False, True):
        large(is_large)
        done = cli.here("run", "triage", "--yes", *options, "--json")
        assert done.json["status"] == "complete"
        left.append(records(cli))
        for file in (cli.root / ".workbench").glob("runs.db*"):
            file.unlink()
    assert left[0] == left[1]


def test_parquet_is_streamed_as_well(cli: Cli, large: Callable[[bool], None]) -> None:
    query = "SELECT 'ticket ' || i AS ticket, 'billing' AS expected FROM range(40) t(i)"
    parquet(cli.root / "evals" / "triage" / "cases.parquet", query)
    suite = cli.root / "evals" / "triage" / "suite.yaml"
    suite.write_text(suite.read_text("utf-8").replace("cases.jsonl", "cases.parquet"), "utf-8")
    left = []
    for is_large in (False, True):
        large(is_large)
        done = cli.here("run", "triage", "--yes", "--json")
        assert done.json["cases"] == done.json["scored"] == 40
        left.append(records(cli)[1:4])
    assert left[0] == left[1]


def test_a_row_that_is_broken_ends_it_with_the_line_and_the_answers_are_kept(
    cli: Cli, large: Callable[[bool], None]
) -> None:
    large(True)
    path = put(cli, rows_of(), '{"id": "bad", "inputs": {"other": "ticket 41"}}\n')
    done = cli.here("run", "triage", "--yes", "--json")
    assert done.code == 4
    assert "line 41: case 'bad' has no ticket" in done.json["reason"]
    assert done.json["scored"] >= 28  # the blocks before it
    path.write_text(path.read_text("utf-8").replace('"other"', '"ticket"'), "utf-8")
    again = cli.here("run", "--resume", done.json["run_id"], "--yes", "--json")
    assert (again.json["reason"], again.json["cases"]) == ("", 41)
    assert again.json["calls"] == 41


def test_cases_that_changed_are_not_gone_on_with(cli: Cli, large: Callable[[bool], None]) -> None:
    large(True)
    rows = rows_of()
    put(cli, rows, "{broken\n")
    done = cli.here("run", "triage", "--yes", "--json")
    rows[3]["expected"] = "sales"
    put(cli, rows)
    again = cli.here("run", "--resume", done.json["run_id"], "--yes", "--json")
    assert again.code == 4 and "the cases changed since" in again.json["reason"]


def test_an_id_that_stands_twice_is_found_far_from_the_first(
    cli: Cli, large: Callable[[bool], None]
) -> None:
    large(True)
    put(cli, [*rows_of(), {**rows_of()[1], "inputs": {"ticket": "another"}}])
    done = cli.here("run", "triage", "--yes", "--json")
    assert "line 41: the id 'c1' stands twice" in done.json["reason"]


def test_what_is_known_before_the_first_call_is_refused_before_it(
    cli: Cli, large: Callable[[bool], None]
) -> None:
    large(True)
    put(cli, [{"id": "a", "inputs": {"other": "x"}}, *rows_of()])
    done = cli.here("run", "triage", "--yes")
    assert done.code == 2 and "case 'a' has no ticket" in done.err


def test_a_second_run_makes_no_call_and_an_estimate_is_an_upper_bound(
    cli: Cli, large: Callable[[bool], None]
) -> None:
    large(True)
    put(cli, rows_of())
    assert cli.here("estimate", "triage", "--json").json["calls"] == 40
    cli.here("run", "triage", "--yes")
    assert cli.here("run", "triage", "--yes", "--json").json["cached"] == 40
    assert 0 < cli.here("estimate", "triage", "--json").json["calls"] <= 40


def test_examples_need_the_whole_dataset(cli: Cli, large: Callable[[bool], None]) -> None:
    large(True)
    put(cli, rows_of())
    draft = cli.root / "prompts" / "triage.prompty"
    (cli.root / "prompts" / "examples.jsonl").write_text(
        '{"inputs": {"ticket": "lost parcel"}, "expected": "shipping"}\n', "utf-8"
    )
    examples = 'examples: {file: examples.jsonl, template: "{{ ticket }}"}'
    text = DRAFT.replace("---\nsystem:\n", f"{examples}\n---\nsystem:\n{{{{ examples }}}}\n")
    draft.write_text(text, "utf-8")
    cli.here("run", "triage", "--yes")
    with RunStore(cli.root / ".workbench" / "runs.db", create=False) as store:
        assert STREAMED not in store.summaries(limit=1)[0].environment


def test_its_notes_name_where_they_begin(cli: Cli, large: Callable[[bool], None]) -> None:
    large(True)
    rows = rows_of()
    del rows[30]["expected"]
    put(cli, rows)
    notes = cli.here("run", "triage", "--yes", "--json").json["notes"]
    assert notes == [
        "from line 29 to line 35: 1 of 7 cases have no expected, which exact_match needs"
    ]


def test_more_cases_than_evidence_keeps_are_refused_before_they_are_read_and_block_nothing_else(
    cli: Cli, large: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = cli.root / "evals" / "other"
    other.mkdir()
    text = (cli.root / "evals" / "triage" / "suite.yaml").read_text("utf-8")
    (other / "suite.yaml").write_text(text.replace("suite: triage", "suite: other"), "utf-8")
    (other / "cases.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows_of()), encoding="utf-8"
    )
    put(cli, [*rows_of()] * 3, tail="broken, if it were read\n")
    monkeypatch.setattr(evidence_size, "MOST_JUDGED", 100)
    large(True)
    assert cli.here("register", "triage", "-d", "first").code == 0
    refused = cli.here("evaluate", "triage@1.0.0", "--suite", "triage")
    assert refused.code == 2
    assert "121 cases would decide, and evidence keeps the scores of 100 at most" in refused.err
    assert "sample: {n: 20000, seed: 1}" in refused.err
    done = cli.here("evaluate", "triage@1.0.0", "--suite", "other", "--json")
    assert done.json["cases"] == COUNT
    assert cli.here("deploy", "triage@1.0.0", "staging").code in (0, 5)
    monkeypatch.setattr(evidence_size, "MOST_JUDGED", COUNT - 1)
    grown = cli.here("deploy", "triage@1.0.0", "staging", "--override", "--reason", "now")
    assert grown.code == 2
    assert f"{COUNT} cases would decide" in grown.err


@pytest.mark.parametrize(
    ("tail", "rows"),
    [("", 40), ('{"ticket": "a", "split": "gate"}\n', 0), ('{"ticket": "\\u0067ate"}\n', 0)],
    ids=["no splits", "a split", "an escape that may spell one"],
)
@pytest.mark.parametrize("block", [7, 1 << 20])
def test_rows_are_counted_without_reading_them_unless_a_split_may_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tail: str, rows: int, block: int
) -> None:
    monkeypatch.setattr(reading, "LARGE_BYTES", 1)
    monkeypatch.setattr(reading, "_COUNTED", block)
    path = tmp_path / "cases.jsonl"
    path.write_text('{"ticket": "a"}\n' * 40 + tail, "utf-8")
    assert reading.rows_without_splits(path, "gate") == rows
    assert reading.rows_without_splits(tmp_path / "cases.csv", "gate") == 0
