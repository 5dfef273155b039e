"""`workbench dataset log | show | diff | restore | tag | export`, from edit to restored file."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli


def dataset(cli: Cli) -> Path:
    return cli.root / "evals" / "triage" / "cases.jsonl"


def edit(cli: Cli, old: str, new: str) -> None:
    text = dataset(cli).read_text()
    assert old in text
    dataset(cli).write_text(text.replace(old, new))


def versions(cli: Cli) -> list[dict[str, Any]]:
    done = cli.here("dataset", "log", "triage", "--json")
    assert done.code == 0, done.err
    listed: list[dict[str, Any]] = done.json["versions"]
    return listed


@pytest.mark.exhaustive
def test_what_was_judged_can_be_seen_compared_and_brought_back(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cli.say("best")
    cli.here("register", "triage", "-d", "first")
    assert cli.here("evaluate", "triage@1.0.0").code == 0
    original = dataset(cli).read_text()

    edit(cli, '"case 7"', '"case seven 7"')
    newest, first = versions(cli)
    assert (newest["number"], newest["changed"], newest["made_by"]) == (2, 1, "ana")
    assert first["reason"] == "run of triage (1.0.0)"
    assert first["cases"] == 120
    assert [e["version"] for e in first["evaluations"]] == ["1.0.0"]
    assert newest["evaluations"] == []

    changes = cli.here("dataset", "diff", "triage", "--json").json
    assert changes["changed"] == [
        {
            "id": "c007",
            "fields": [{"field": "inputs.ticket", "before": "case 7", "after": "case seven 7"}],
        }
    ]
    evidence = changes["evidence"][0]
    assert (evidence["version"], evidence["asked"] - evidence["kept"]) in {
        ("1.0.0", 0),
        ("1.0.0", 1),
    }
    assert evidence["score_on_kept"] == 1.0

    dataset(cli).unlink()
    lost = cli.here("dataset", "log", "triage", "--json")
    assert len(lost.json["versions"]) == 2
    assert "no dataset at" in lost.err
    assert cli.here("dataset", "restore", "triage", "1", "--reason", "it was better").code == 0
    assert [json.loads(line) for line in dataset(cli).read_text().splitlines()] == [
        json.loads(line) for line in original.splitlines()
    ]
    last = versions(cli)[0]
    assert (last["number"], last["fingerprint"]) == (3, first["fingerprint"])
    assert last["reason"] == "restored version 1: it was better"
    assert cli.here("dataset", "diff", "triage", "1", "3").out.splitlines()[1] == "the same cases"


def test_what_cannot_be_kept_is_not_written_over(fresh_cli: Cli) -> None:
    cli = fresh_cli
    versions(cli)
    broken = dataset(cli).read_text() + "\n<<<<<<< HEAD\n"
    dataset(cli).write_text(broken)
    done = cli.here("dataset", "restore", "triage", "1")
    assert (done.code, "mend it, or move it away" in done.err) == (2, True), done.err
    assert dataset(cli).read_text() == broken


def test_a_version_has_a_name_and_is_exported_by_it(fresh_cli: Cli) -> None:
    cli = fresh_cli
    assert cli.here("dataset", "tag", "triage", "before").code == 0
    edit(cli, '"case 7"', '"\\u001b[31mcase seven"')
    lines = cli.here("dataset", "diff", "triage", "before", "file")
    assert (lines.code, "\x1b" in lines.out, "[31mcase seven" in lines.out) == (0, False, True)
    done = cli.here("dataset", "show", "triage", "before", "--json").json
    assert done["version"]["names"] == ["before"]
    assert len(done["cases"]) == 120
    again = cli.here("dataset", "tag", "triage", "before")
    assert again.code == 2
    assert "names version 1 of triage (--move moves it)" in again.err
    path = Path(
        cli.here("dataset", "export", "triage", "--snapshot", "before", "--json").json["path"]
    )
    assert path.parent == cli.root / "evals" / "triage" / "snapshots"
    assert len(path.read_text().splitlines()) == 120
    refused = cli.here("dataset", "export", "triage", "-o", str(dataset(cli)))
    assert refused.code == 2
    assert "is the dataset itself" in refused.err


@pytest.mark.exhaustive
def test_a_teammate_finds_a_content_by_its_digest_or_hears_who_had_it(
    fresh_cli: Cli, tmp_path: Path
) -> None:
    cli = fresh_cli
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", "-C", str(cli.root)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "evals"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "cases"], check=True)
    committed = versions(cli)[0]["fingerprint"]
    edit(cli, '"case 7"', '"case seven 7"')
    cli.say("best")
    cli.here("register", "triage", "-d", "first")
    assert cli.here("evaluate", "triage@1.0.0").code == 0
    evidence = versions(cli)[0]["gate_fingerprint"]
    exported = tmp_path / "from-ana.jsonl"
    assert cli.here("dataset", "export", "triage", "-o", str(exported)).code == 0
    edit(cli, "case seven 7", "case 7 again")
    (cli.root / ".workbench" / "runs.db").unlink()

    def found_in(digest: str, *more: str) -> str:
        done = cli.here("dataset", "show", "triage", digest, "--json", *more)
        assert done.code == 0, done.err
        owners: str = done.json["found_in"]
        return owners

    assert re.search(r"cases\.jsonl \(git [0-9a-f]{12}\)$", found_in(committed[:12]))
    missing = cli.here("dataset", "show", "triage", evidence[:12])
    assert missing.code == 2
    assert "triage@1.0.0 was evaluated on it by ana on 20" in missing.err
    assert f"dataset export triage --snapshot {evidence[:12]}" in missing.err
    assert found_in(evidence, "--from", str(exported)) == str(exported)
    kept = cli.root / "evals" / "triage" / "snapshots"
    kept.mkdir()
    shutil.copy(exported, kept / "any.jsonl")
    assert found_in(evidence) == str(kept / "any.jsonl")
    assert found_in(versions(cli)[0]["fingerprint"]) == "runs.db"
    nobody = cli.here("dataset", "show", "triage", "0123456789ab")
    assert "no evaluation names it" in nobody.err


@pytest.mark.exhaustive
def test_what_a_run_of_an_earlier_release_was_asked_is_found_by_its_digest(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    cli.say("best")
    cli.here("register", "triage", "-d", "first")
    assert cli.here("evaluate", "triage@1.0.0").code == 0
    digest = versions(cli)[0]["gate_fingerprint"]
    with closing(sqlite3.connect(cli.root / ".workbench" / "runs.db")) as runs, runs:
        for table in ("dataset_versions", "snapshots", "snapshot_packs"):
            runs.execute(f"DELETE FROM {table}")
    edit(cli, '"case 7"', '"case seven 7"')
    done = cli.here("dataset", "show", "triage", digest[:12], "--json")
    assert (done.code, done.json["found_in"]) == (0, "runs.db, the cases of a run"), done.err
    assert len(done.json["cases"]) == 100
    assert done.json["gate_fingerprint"] == digest


def test_doctor_says_when_a_source_has_moved_on(fresh_cli: Cli) -> None:
    cli = fresh_cli
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", "-C", str(cli.root)]
    subprocess.run([*git, "init", "-q"], check=True)
    suite = cli.root / "evals" / "triage" / "suite.yaml"
    pinned = "dataset: {path: cases.jsonl, source: git, version: v1}"
    suite.write_text(suite.read_text().replace("dataset: cases.jsonl", pinned))
    warned = []
    for edited in ('"case 7"', '"case seven 7"'):
        subprocess.run([*git, "add", "evals"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", edited], check=True)
        if not warned:
            subprocess.run([*git, "tag", "v1"], check=True)
        warned.append("has moved on from v1 to git" in cli.here("doctor", "--json").out)
        edit(cli, edited, '"case seven 7"' if len(warned) == 1 else '"case 8 7"')
    assert warned == [False, True]
    assert versions(cli)[0]["source"].startswith("evals/triage/cases.jsonl (git ")


def test_a_forgotten_case_leaves_the_versions_and_they_say_so(fresh_cli: Cli) -> None:
    cli = fresh_cli
    edit(cli, '"case 7"', '"I am Wilhelmina Quaderstein"')
    versions(cli)
    edit(cli, '"I am Wilhelmina Quaderstein"', '"case 7"')
    digest = versions(cli)[1]["fingerprint"]
    done = cli.here("dataset", "forget", "--case", "c007", "--reason", "asked to", "--yes")
    assert done.code == 0, done.err
    stored = cli.here("dataset", "show", "triage", "1", "--json")
    assert "Quaderstein" not in stored.out
    assert stored.json["fingerprint"] == digest
    refused = cli.here("dataset", "restore", "triage", "1")
    assert (refused.code, "it lacks 1 forgotten case" in refused.err) == (2, True)


def test_what_is_no_plain_file_is_not_written_into(fresh_cli: Cli) -> None:
    cli = fresh_cli
    suite = cli.root / "evals" / "triage" / "suite.yaml"
    mapped = "dataset: {path: cases.jsonl, sample: {n: 30, seed: 1}}"
    suite.write_text(suite.read_text().replace("dataset: cases.jsonl", mapped))
    assert versions(cli)[0]["cases"] == 30
    before = dataset(cli).read_bytes()
    done = cli.here("dataset", "restore", "triage", "1")
    assert done.code == 2
    assert "its dataset is no plain file" in done.err
    assert dataset(cli).read_bytes() == before


def test_unknown_versions_and_suites_are_named(fresh_cli: Cli) -> None:
    cli = fresh_cli
    versions(cli)
    for arguments, message in (
        (("show", "triage", "9"), "triage has no version '9' (versions: 1)"),
        (("show", "triage", "wrong"), "no version 'wrong'"),
        (("diff", "triage"), "triage has no version before version 1"),
        (("log", "trage"), "did you mean 'triage'"),
        (("tag", "triage", "12"), "'12' cannot name a version"),
    ):
        done = cli.here("dataset", *arguments)
        assert (done.code, message in done.err) == (2, True), done.err
