"""A person's data can be deleted from the runs; digests, scores and the registry stay."""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Done
from workbench.runs.forgetting import forgetter

NAME = "Wilhelmina Quaderstein of 17 Nowhere Lane 5"
"""In the inputs of a case; the endpoint takes its last number for the case's."""


def dataset(cli: Cli) -> Path:
    return cli.root / "evals" / "triage" / "cases.jsonl"


def name_a_person(cli: Cli, case_id: str = "c005") -> None:
    rows = [json.loads(line) for line in dataset(cli).read_text().splitlines()]
    for row in rows:
        if row["id"] == case_id:
            row["inputs"]["ticket"] = f"{NAME} 5"
            row["group"] = NAME
    dataset(cli).write_text("\n".join(map(json.dumps, rows)))


def stored(cli: Cli, text: str) -> list[str]:
    """Where the text stands in runs.db and its log: in the bytes, or packed."""
    folder = cli.root / ".workbench"
    needle = text.encode()
    places = [path.name for path in folder.glob("runs.db*") if needle in path.read_bytes()]
    with closing(sqlite3.connect(folder / "runs.db")) as runs:
        for fingerprint, body in runs.execute("SELECT fingerprint, body FROM contents"):
            if needle in zlib.decompress(body):
                places.append(fingerprint)
    return places


def forget(cli: Cli, *more: str) -> Done:
    return cli.here("dataset", "forget", "--case", "c005", "--reason", "asked to", "--yes", *more)


def released(cli: Cli) -> None:
    """A version that was evaluated with the person's case and is live in staging."""
    cli.say("best")
    name_a_person(cli)
    cli.here("register", "triage", "-d", "first")
    assert cli.here("evaluate", "triage@1.0.0").code == 0
    assert cli.here("deploy", "triage@1.0.0", "staging").code == 0


def test_the_bytes_are_gone_and_scores_and_evidence_stay(fresh_cli: Cli) -> None:
    cli = fresh_cli
    released(cli)
    cli.say("better")
    cli.here("register", "triage", "-d", "second")
    runs = [
        cli.here(
            "run", "triage", "--prompt", f"triage@{v}", "--split", "gate", "--yes", "--json"
        ).json
        for v in ("1.0.0", "1.0.1")
    ]
    before = cli.here("compare", *(run["run_id"] for run in runs), "--json").json
    assert stored(cli, NAME)

    done = forget(cli, "--json")

    assert (done.code, done.json["erased"], done.json["case"]) == (0, True, "c005")
    assert set(done.json["runs"]) >= {run["run_id"] for run in runs}
    assert stored(cli, NAME) == []
    after = cli.here("compare", *(run["run_id"] for run in runs), "--json").json
    for key in ("verdict", "difference", "fixed_ids", "broke_ids", "missing_ids", "cases"):
        assert after[key] == before[key], key
    assert cli.here("verify").code == 0
    preview = cli.here("deploy", "triage@1.0.0", "production", "--preview", "--json").json
    assert preview["state"] == "tested"
    with closing(sqlite3.connect(cli.root / ".workbench" / "runs.db")) as store:
        who = store.execute("SELECT case_id, suite, forgotten_by, reason FROM forgotten").fetchall()
        texts = store.execute("SELECT DISTINCT text FROM answers WHERE forgotten").fetchall()
    assert (who, texts) == ([("c005", "triage", "ana", "asked to")], [("[forgotten]",)])


@pytest.mark.exhaustive
def test_what_is_not_reached_is_named_and_a_new_run_asks_again_and_says_so(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    released(cli)
    (cli.root / "notes.html").write_text(f"<p>{NAME} 5</p>")

    left = {item["where"]: item for item in forget(cli, "--json").json["left"]}

    assert "c005" in left[f"{dataset(cli)}: line 6"]["what"]
    assert {"notes.html", ".workbench/registry.db"} <= left.keys()
    assert any(where.startswith("http://127.0.0.1") for where in left)

    again = cli.here("run", "triage", "--split", "gate", "--yes", "--json").json
    assert again["calls"] == 1
    assert any("'c005' was forgotten by ana" in note for note in again["notes"])
    assert stored(cli, NAME), "it is in the dataset still"
    assert forget(cli, "--json").json["answers"] == 1
    assert stored(cli, NAME) == []


@pytest.mark.exhaustive
def test_cases_with_the_same_inputs_go_too_whatever_their_id_and_suite(fresh_cli: Cli) -> None:
    cli = fresh_cli
    released(cli)
    other = cli.root / "evals" / "other"
    other.mkdir()
    (other / "suite.yaml").write_text(
        "suite: other\nprompt: triage\ndataset: cases.jsonl\nscorers: [exact_match]\n"
        "gate: {threshold: 0.1}\n"
    )
    rows = [
        {"id": "x1", "inputs": {"ticket": f"{NAME} 5"}, "expected": "sales"},
        {"id": "c006", "inputs": {"ticket": "someone else 6"}, "expected": "billing"},
    ]
    (other / "cases.jsonl").write_text("\n".join(map(json.dumps, rows)))
    run = cli.here("run", "other", "--json").json["run_id"]

    assert run in forget(cli, "--json").json["runs"]

    assert stored(cli, NAME) == []
    refused = cli.here("dataset", "forget", "--case", "c006", "--reason", "x", "--yes")
    assert refused.code == 2 and "--suite" in refused.err
    one = cli.here("dataset", "forget", "--case", "c006", "-s", "other", "--reason", "x", "--yes")
    assert one.code == 0 and stored(cli, "someone else 6") == []
    assert stored(cli, "case 6"), "another case of that id is another's"


@pytest.mark.exhaustive
def test_what_cannot_be_meant_or_agreed_to_changes_nothing(fresh_cli: Cli) -> None:
    cli = fresh_cli
    released(cli)

    unknown = cli.here("dataset", "forget", "--case", "c0005", "--reason", "x", "--yes")
    assert unknown.code == 2 and "did you mean" in unknown.err
    elsewhere = cli.here(
        "dataset", "forget", "--case", "c005", "-s", "triag", "--reason", "x", "--yes"
    )
    assert elsewhere.code == 2 and "did you mean 'triage'" in elsewhere.err
    unsaid = cli.here("dataset", "forget", "--case", "c005", "--reason", " ", "--yes")
    assert unsaid.code == 2 and "reason" in unsaid.err
    unasked = cli.here("dataset", "forget", "--case", "c005", "--reason", "x")
    assert unasked.code == 2 and "--yes" in unasked.err
    assert stored(cli, NAME)


@pytest.mark.exhaustive
def test_a_reader_that_keeps_the_old_bytes_alive_is_said_and_a_second_try_finishes(
    fresh_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli = fresh_cli
    released(cli)
    monkeypatch.setattr(forgetter, "WAIT_MS", 50)
    with closing(sqlite3.connect(cli.root / ".workbench" / "runs.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM answers").fetchone()
        done = forget(cli, "--json")
        assert (done.code, done.json["erased"]) == (4, False)
        reader.execute("COMMIT")
    dataset(cli).write_text(dataset(cli).read_text().replace(f"{NAME} 5", "someone"))

    again = forget(cli, "--json")

    assert (again.code, again.json["erased"]) == (0, True)
    assert stored(cli, NAME) == []


@pytest.mark.parametrize("is_exported", [True, False])
def test_restoring_an_earlier_version_brings_no_forgotten_text_back(
    fresh_cli: Cli, is_exported: bool
) -> None:
    cli = fresh_cli
    released(cli)
    (old,) = cli.here("dataset", "log", "triage", "--json").json["versions"]
    cli.here("dataset", "tag", "triage", "good")
    assert cli.here("try", "triage", "--case", "c005").code == 0
    if is_exported:
        assert cli.here("dataset", "export", "triage", "--snapshot", "good").code == 0
    dataset(cli).write_text(dataset(cli).read_text().replace(NAME, "nobody"))
    edited = dataset(cli).read_bytes()
    assert stored(cli, NAME)
    assert forget(cli, "--json").json["erased"]

    for ref in ("1", "good", old["fingerprint"], old["fingerprint"][:12]):
        done = cli.here("dataset", "restore", "triage", ref, "--reason", "as it was")
        assert (done.code, "forgotten" in done.err) == (2, True), done.err
        done = cli.here("dataset", "export", "triage", "--snapshot", ref, "-o", "again.jsonl")
        assert (done.code, "forgotten" in done.err) == (2, True), done.err

    assert stored(cli, NAME) == []
    assert dataset(cli).read_bytes() == edited
    assert not (cli.root / "again.jsonl").exists()
    assert cli.here("verify").code == 0
