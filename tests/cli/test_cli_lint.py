"""`workbench lint`: findings by file and line, exit codes, and the same in `doctor`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Cli


def draft_of(cli: Cli, variant: str = "") -> Path:
    return cli.root / "prompts" / f"triage{variant}.prompty"


def test_a_clean_draft_ends_with_0_and_a_finding_with_1(fresh_cli: Cli) -> None:
    assert fresh_cli.here("lint").code == 0
    assert fresh_cli.here("lint", "--json").json["ok"] is True
    draft_of(fresh_cli).write_text(draft_of(fresh_cli).read_text().replace("plain", "plain "))
    done = fresh_cli.here("lint", "triage")
    assert done.code == 1
    assert done.out.splitlines() == [
        "prompts/triage.prompty:7: warning trailing-space: the line ends with white space"
        " (remove it)",
        "1 draft, 1 finding",
    ]
    (finding,) = fresh_cli.here("lint", "--json").json["findings"]
    assert finding == {
        "rule": "trailing-space",
        "severity": "warning",
        "file": "prompts/triage.prompty",
        "line": 7,
        "message": "the line ends with white space",
        "remedy": "remove it",
        "prompt_id": "triage",
        "variant": None,
    }


def test_a_prompt_is_checked_with_its_variants_and_a_variant_alone(fresh_cli: Cli) -> None:
    text = draft_of(fresh_cli).read_text()
    draft_of(fresh_cli, "@terse").write_text(text.replace("plain", "{{ tone }}"))
    listed = fresh_cli.here("lint", "triage", "--json").json
    assert [one["variant"] for one in listed["drafts"]] == [None, "terse"]
    assert [(one["rule"], one["variant"]) for one in listed["findings"]] == [
        ("undeclared-input", "terse")
    ]
    assert len(fresh_cli.here("lint", "triage@terse", "--json").json["drafts"]) == 1
    assert fresh_cli.here("lint", "prompts/triage.prompty").code == 0
    assert fresh_cli.here("lint", "nope").code == 2


def test_a_draft_that_cannot_be_read_is_a_finding_of_its_own(fresh_cli: Cli) -> None:
    draft_of(fresh_cli, "@broken").write_text("---\nname: triage\ninputs: 3\n---\nHello\n")
    (finding,) = fresh_cli.here("lint", "--json").json["findings"]
    assert (finding["rule"], finding["line"], finding["severity"]) == ("unreadable", 3, "error")
    assert (finding["variant"], finding["message"]) == ("broken", "inputs must be a list")


def test_a_version_is_checked_too(fresh_cli: Cli) -> None:
    draft_of(fresh_cli).write_text(draft_of(fresh_cli).read_text().replace("plain", "plain\tand"))
    fresh_cli.here("register", "triage", "--description", "first")
    (finding,) = fresh_cli.here("lint", "triage@1.0.0", "--json").json["findings"]
    assert (finding["rule"], finding["file"]) == ("tab", "triage@1.0.0")


def test_the_longest_case_is_counted_against_the_models_context(fresh_cli: Cli) -> None:
    text = draft_of(fresh_cli).read_text()
    local = "{id: gemma-3-270m, provider: local, options: {maxOutputTokens: 64}}"
    draft_of(fresh_cli).write_text(
        text.replace("{id: mock, provider: mock, options: {temperature: 0}}", local)
    )
    assert fresh_cli.here("lint").code == 0
    cases = fresh_cli.root / "evals" / "triage" / "cases.jsonl"
    cases.write_text(cases.read_text().replace('"case 119"', f'"case 119 {"word " * 4_000}"'))
    (finding,) = fresh_cli.here("lint", "--json").json["findings"]
    assert finding["rule"] == "context-window"
    assert finding["message"].startswith("case c119: about 5,0")
    assert (
        "(estimated) and 64 for the answer, and the model's context is 4,096"
        in (finding["message"])
    )


def test_doctor_says_the_same_as_warnings(fresh_cli: Cli) -> None:
    draft_of(fresh_cli).write_text(draft_of(fresh_cli).read_text().replace("plain", "{{ tone }}"))
    done = fresh_cli.here("doctor", "--json")
    (check,) = [check for check in done.json["checks"] if check["name"] == "lint"]
    assert check["level"] == "warning"
    assert check["said"] == (
        "prompts/triage.prompty:7: {{ tone }} is not declared in inputs [undeclared-input]"
    )


def test_the_rules_are_listed(fresh_cli: Cli) -> None:
    rules = fresh_cli.here("lint", "--rules", "--json").json["rules"]
    assert {"rule", "severity", "finds", "remedy"} == set(rules[0])
    documented = (Path(__file__).parents[2] / "docs" / "drafts.md").read_text()
    for rule in rules:
        assert f"| `{rule['rule']}` | {rule['severity']} | {rule['finds']} |" in documented


def test_an_example_that_gives_a_case_away_is_found(fresh_cli: Cli) -> None:
    suite = next((fresh_cli.root / "evals").iterdir())
    case = json.loads((suite / "cases.jsonl").read_text().splitlines()[0])
    (fresh_cli.root / "shots.jsonl").write_text(
        json.dumps({"ticket": "Something that nobody asks about here", "expected": "x"})
        + "\n"
        + json.dumps({"ticket": case["inputs"]["ticket"].upper() + "!", "expected": "x"})
        + "\n"
    )
    text = draft_of(fresh_cli).read_text()
    head = text.replace(
        "inputs:", "examples: {file: shots.jsonl, template: '{{ ticket }}'}\ninputs:"
    )
    draft_of(fresh_cli).write_text(head.replace("plain", "plain {{ examples }}"))
    done = fresh_cli.here("lint", "triage", "--json")
    (finding,) = done.json["findings"]
    assert done.code == 1
    assert (finding["rule"], finding["file"]) == ("example-leak", "shots.jsonl")
    assert finding["message"].startswith("example 2 of shots.jsonl is case ")
    assert "cases.jsonl: line 1" in finding["message"]
    assert "take the row out" in finding["remedy"]
    off = (
        draft_of(fresh_cli).read_text().replace("inputs:", "x-lint: {off: [example-leak]}\ninputs:")
    )
    draft_of(fresh_cli).write_text(off)
    assert fresh_cli.here("lint", "triage").code == 0
