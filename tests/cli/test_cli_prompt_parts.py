"""Snippets and few-shot sets from the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import DRAFT, Cli
from tests.support.openai_server import OpenAIServer

SHOWN = """\
examples:
  file: shots.jsonl
  template: "{{ ticket }}: {{ expected }}"
---
system:
{% include "tone" %}
{{ examples }}
"""
ROWS = [("first 1", "billing"), ("second 2", "sales"), ("third 3", "sales")]


@pytest.fixture
def draft(fresh_cli: Cli) -> Path:
    """A draft that includes a snippet and shows three examples."""
    (fresh_cli.root / "snippets").mkdir()
    (fresh_cli.root / "snippets" / "tone.md").write_text('plain {% include "mood" %}\n')
    (fresh_cli.root / "snippets" / "mood.md").write_text("and kind\n")
    show(fresh_cli, [f"{text} question" for text, _ in ROWS])
    path = fresh_cli.root / "prompts" / "triage.prompty"
    path.write_text(DRAFT.replace("---\nsystem:\nplain\n", SHOWN))
    return path


def show(cli: Cli, texts: list[str]) -> None:
    lines = [
        json.dumps({"inputs": {"ticket": text}, "expected": answer})
        for text, (_, answer) in zip(texts, ROWS, strict=False)
    ]
    (cli.root / "prompts" / "shots.jsonl").write_text("\n".join(lines))


def test_snippets_says_who_includes_what_and_what_an_edit_changes(
    fresh_cli: Cli, draft: Path
) -> None:
    (fresh_cli.root / "snippets" / "spare.md").write_text("x")
    by_name = {item["name"]: item for item in fresh_cli.here("snippets", "--json").json["snippets"]}
    assert by_name["mood"]["included_by"] == ["tone"]
    assert [use["prompt_id"] for use in by_name["mood"]["drafts"]] == ["triage"]
    assert by_name["spare"]["drafts"] == []
    listed = fresh_cli.here("snippets").out
    assert "triage, tone.md" in listed
    assert "nobody" in listed

    assert fresh_cli.here("register", "triage", "--description", "d").code == 0
    got = fresh_cli.here("get", "triage@1.0.0", "--json").json
    assert "include" not in got["messages"][0]["content"]
    assert "and kind" in got["content"]
    assert "first 1 question: billing" in got["content"]
    (use,) = fresh_cli.here("snippets", "mood", "--json").json["snippets"][0]["drafts"]
    assert (use["version"], use["same"], use["text_changed"]) == ("1.0.0", True, False)
    (fresh_cli.root / "snippets" / "mood.md").write_text("and curt\n")
    (use,) = fresh_cli.here("snippets", "mood", "--json").json["snippets"][0]["drafts"]
    assert (use["version"], use["same"], use["text_changed"]) == ("1.0.0", False, True)
    assert "has another text of it than triage@1.0.0" in fresh_cli.here("snippets", "mood").out

    shown = fresh_cli.here("diff", "triage@1.0.0", "triage").out
    assert "-   mood: and kind\n+   mood: and curt\n" in shown
    assert "patch: the snippet 'mood' changed" in shown


@pytest.mark.exhaustive
def test_an_edit_says_which_evidence_it_leaves_behind(fresh_cli: Cli, draft: Path) -> None:
    (fresh_cli.root / "snippets" / "tone.md").write_text("best")
    assert fresh_cli.here("register", "triage", "--description", "d").code == 0
    evaluated = fresh_cli.here("evaluate", "triage@1.0.0", "--json")
    assert evaluated.json["gate"] == "pass", evaluated.err
    (fresh_cli.root / "snippets" / "tone.md").write_text("better")
    out = fresh_cli.here("snippets", "tone").out
    assert "its evidence, triage (1.000), does not hold for the draft" in out
    checks = fresh_cli.here("doctor", "--json").json["checks"]
    assert [check["said"] for check in checks if check["name"] == "snippet"] == [
        f"{fresh_cli.root}/snippets/mood.md: no draft includes it",
        "tone was edited since triage@1.0.0, whose evidence (triage) does not hold for the draft",
    ]


def test_a_version_made_the_draft_again_keeps_the_text_of_its_time(
    fresh_cli: Cli, draft: Path
) -> None:
    fresh_cli.here("register", "triage", "--description", "d")
    (fresh_cli.root / "snippets" / "mood.md").write_text("and curt\n")
    show(fresh_cli, ["other 4 question"])
    fresh_cli.here("draft", "triage@1.0.0")
    assert "mood: and kind" in draft.read_text()
    assert "tone:" not in draft.read_text()
    assert fresh_cli.here("diff", "triage@1.0.0", "triage", "--json").json["same"]


def test_trying_with_several_numbers_of_examples_sets_the_answers_side_by_side(
    fresh_cli: Cli, draft: Path, server: OpenAIServer
) -> None:
    before = server.calls
    done = fresh_cli.here(
        "try", "triage", "--input", "ticket=case 3", "--examples", "0, 2,3,2", "--json"
    )
    assert done.code == 0, done.err
    assert [(one["count"], one["text"]) for one in done.json["examples"]] == [
        (0, "billing"),
        (2, "billing"),
        (3, "billing"),
    ]
    tokens = [one["tokens"] for one in done.json["examples"]]
    assert tokens == sorted(tokens)
    assert tokens[0] == 0 < tokens[1] < tokens[2]
    shown = [body["messages"][0]["content"].count("question") for body in server.requests[before:]]
    assert shown == [0, 2, 3]
    table = fresh_cli.here("try", "triage", "--input", "ticket=case 3", "--examples", "0,3").out
    assert [line.split()[0] for line in table.splitlines()] == ["examples", "0", "3"]


@pytest.mark.parametrize(
    ("counts", "problem"),
    [
        ("0,9", "triage has 3 examples, not 9"),
        ("two", "'two' is no list of numbers"),
        ("-1", "'-1' is no list of numbers"),
    ],
)
def test_a_number_that_cannot_be_is_refused_before_a_call(
    fresh_cli: Cli, draft: Path, server: OpenAIServer, counts: str, problem: str
) -> None:
    before = server.calls
    refused = fresh_cli.here("try", "triage", "--input", "ticket=x 1", f"--examples={counts}")
    assert (refused.code, server.calls) == (2, before)
    assert problem in refused.err


def test_a_gate_case_among_the_examples_is_refused_before_a_call(
    fresh_cli: Cli, draft: Path, server: OpenAIServer
) -> None:
    cases = (fresh_cli.root / "evals" / "triage" / "cases.jsonl").read_text().splitlines()
    gate = next(row for row in map(json.loads, cases) if row["split"] == "gate")
    dev = next(row for row in map(json.loads, cases) if row["split"] == "dev")
    show(fresh_cli, ["other 4 question", dev["inputs"]["ticket"]])
    noted = fresh_cli.here("run", "triage", "--json")
    assert noted.code == 0, noted.err
    assert f"example 2 of shots.jsonl is case '{dev['id']}'" in " ".join(noted.json["notes"])

    show(fresh_cli, ["other 4 question", gate["inputs"]["ticket"].upper()])
    fresh_cli.here("register", "triage", "--description", "d")
    before = server.calls
    refused = fresh_cli.here("evaluate", "triage@1.0.0")
    assert (refused.code, server.calls) == (2, before)
    (line,) = [line for line in refused.err.splitlines() if "example" in line]
    assert f"example 2 of shots.jsonl is case '{gate['id']}', and it decides" in line
    assert "cases.jsonl: line " in line
    assert "take these rows out of the examples" in line
    assert line in refused.err
    (problem,) = [
        check["said"]
        for check in fresh_cli.here("doctor", "--json").json["checks"]
        if check["level"] == "problem"
    ]
    assert "and it decides" in problem


def test_what_leads_out_of_the_workspace_is_not_read(fresh_cli: Cli, draft: Path) -> None:
    secret = fresh_cli.root.parent / "secret.md"
    secret.write_text("key")
    (fresh_cli.root / "snippets" / "tone.md").unlink()
    (fresh_cli.root / "snippets" / "tone.md").symlink_to(secret)
    refused = fresh_cli.here("try", "triage", "--input", "ticket=1")
    assert refused.code == 2
    assert (
        "prompts/triage.prompty: line 10 includes 'tone': snippets/tone.md leads out of"
        in refused.err
    )
    (fresh_cli.root / "snippets" / "tone.md").unlink()
    os.mkfifo(fresh_cli.root / "snippets" / "tone.md")
    refused = fresh_cli.here("try", "triage", "--input", "ticket=1")
    assert "snippets/tone.md is not a regular file" in refused.err

    text = draft.read_text().replace('{% include "tone" %}', "x")
    for file, problem in (
        ("../../secret.jsonl", "leads out of"),
        ("/etc/passwd", "leads out of"),
        (".workbench/x.jsonl", "is a hidden file"),
        ("gone.jsonl", "there is no gone.jsonl in"),
    ):
        draft.write_text(text.replace("shots.jsonl", file))
        refused = fresh_cli.here("try", "triage", "--input", "ticket=1")
        assert refused.code == 2
        prefix = "there is no " if "gone" in file else ""
        assert f"line 6 examples: {prefix}{file}" in refused.err
        assert problem in refused.err
