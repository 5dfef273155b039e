"""`workbench lineage` and `workbench audit`."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Cli


@pytest.fixture(scope="module")
def released(cli: Cli) -> Cli:
    """1.0.0 was live in production, and a hostile reason made 1.0.1 live after it."""
    cli.say("better")
    reason = "why\x1b[2J <script>alert(1)</script> [x](http://evil) `code`"
    for command in (
        ("register", "triage", "--description", "first"),
        ("evaluate", "triage@1.0.0"),
        ("deploy", "triage@1.0.0", "staging"),
        ("deploy", "triage@1.0.0", "production", "--reason", reason),
    ):
        done = cli.here(*command)
        assert done.code == 0, done
    return cli


def test_the_lineage_of_what_is_live_names_data_model_scorer_and_evidence(released: Cli) -> None:
    done = released.here("lineage", "triage@production", "--json")
    assert done.code == 0
    report = done.json
    assert report["version"]["name"] == "triage@1.0.0"
    by_kind = {node["kind"]: node for node in report["upstream"]}
    assert by_kind["model"]["name"] == "mock"
    (scorer,) = (node for node in by_kind["suite"]["nodes"] if node["kind"] == "scorer")
    assert scorer["name"] == "exact_match"
    assert {node["name"] for node in report["downstream"]} >= {"production", "staging"}
    lines = released.here("lineage", "triage").out
    assert "rests on" in lines
    assert "is used by" in lines
    assert "\x1b" not in lines


def test_an_edited_case_is_shown_as_stale_in_the_lineage(released: Cli) -> None:
    cases = released.root / "evals" / "triage" / "cases.jsonl"
    text = cases.read_text()
    cases.write_text(text.replace("billing", "sales", 1))
    try:
        assert released.here("rules", "apply", "--reason", "a wrong label").code == 0
        done = released.here("lineage", "triage@1.0.0", "--json")
    finally:
        cases.write_text(text)
    (suite,) = (node for node in done.json["upstream"] if node["kind"] == "suite")
    assert "dataset" in suite["warning"]


def test_pages_and_events_are_written(released: Cli) -> None:
    page, events = released.root / "lineage.html", released.root / "events.jsonl"
    done = released.here("lineage", "triage", "--html", str(page), "--openlineage", str(events))
    assert done.code == 0, done
    html = page.read_text()
    assert "<svg" in html
    assert "<script" not in html
    assert [json.loads(line)["eventType"] for line in events.read_text().splitlines()]


@pytest.mark.parametrize("suffix", [".md", ".html", ".json"])
def test_an_audit_page_holds_hostile_text_as_text(released: Cli, suffix: str) -> None:
    page = released.root / f"audit{suffix}"
    done = released.here("audit", "triage", "production", "--output", str(page))
    assert done.code == 0, done
    text = page.read_text()
    assert "\x1b" not in text
    assert "triage" in text
    if suffix == ".html":
        assert "<script" not in text
    if suffix == ".md":
        assert "[x](" not in text
        assert "<script" not in text


def test_an_audit_at_one_moment_answers_with_hashes_that_verify_finds(released: Cli) -> None:
    whole = released.here("audit", "triage", "--json").json
    (live,) = whole["live"]
    at = released.here("audit", "triage", "--at", live["from"], "--json").json
    assert [each["name"] for each in at["live"]] == ["triage@1.0.0"]
    record = next(node for node in live["nodes"] if node["kind"] == "record")
    assert released.here("verify", "--head", record["digest"]).code == 0
    before = released.here("audit", "triage", "--to", "2001-01-01", "--json").json
    assert before["live"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("audit", "triage", "nowhere"), "no environment 'nowhere'"),
        (("audit", "triagee"), "did you mean 'triage'"),
        (("audit", "triage", "--from", "yesterday"), "is no time"),
        (("audit", "triage", "--at", "2026-01-01", "--to", "2026-01-02"), "is one moment"),
        (("audit", "triage", "--from", "2026-01-02", "--to", "2026-01-01"), "before it begins"),
        (("audit", "triage", "-o", "page.pdf"), ".md, .html or .json"),
        (("lineage", "triage@9.9.9"), "no version '9.9.9'"),
        (("lineage", "nothing"), "workbench register nothing"),
        (("lineage", "triage@development"), "development"),
    ],
)
def test_wrong_questions_are_answered_in_one_line(
    released: Cli, arguments: tuple[str, ...], words: str
) -> None:
    done = released.here(*arguments)
    assert done.code == 2
    assert words in done.err
    assert done.err.count("\n") == done.err.strip().count("\n") + 1
