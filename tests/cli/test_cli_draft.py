"""`workbench draft`: an older version becomes the draft again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def test_a_version_becomes_the_draft_and_the_draft_before_is_kept(fresh_cli: Cli) -> None:
    draft = fresh_cli.root / "prompts" / "triage.prompty"
    assert fresh_cli.here("register", "triage", "--description", "first").code == 0
    first = draft.read_text()
    draft.write_text(first.replace("plain", "better"))
    changed = draft.read_text()
    made = fresh_cli.here("draft", "triage@1.0.0", "--json").json
    assert Path(made["kept"]).read_text() == changed
    assert "plain" in draft.read_text()
    assert fresh_cli.here("draft", "triage@1.0.0", "--json").json["kept"] is None


@pytest.mark.exhaustive
def test_a_variant_is_made_compared_promoted_dropped_and_restored(fresh_cli: Cli) -> None:
    cli = fresh_cli
    made = cli.here("draft", "triage", "--as", "best", "--json").json
    path = cli.root / "prompts" / "triage@best.prompty"
    assert made == {
        "prompt_id": "triage",
        "variant": "best",
        "draft": str(path),
        "from": "triage",
    }
    path.write_text(path.read_text().replace("plain", "best"))

    run = cli.here("run", "triage", "--prompt", "triage@best", "--json").json
    assert (run["prompt_id"], run["label"]) == ("triage", "@best")
    compared = cli.here("compare", "triage", "triage@best", "--json").json
    assert compared["run_b"] == run["run_id"]
    assert "@best better than draft" in compared["headline"]
    labels = {one["label"] for one in cli.here("runs", "--json").json["runs"]}
    assert labels == {"draft", "@best"}
    assert "triage (@best)" in cli.here("runs").out
    for ref, label in (("triage@best", "@best"), ("triage@draft", "draft")):
        assert {one["label"] for one in cli.here("runs", ref, "--json").json["runs"]} == {label}
    page = cli.root / "page.html"
    cli.here("report", run["run_id"], compared["run_a"], "--html", str(page))
    assert "@best" in page.read_text()
    diff = cli.here("diff", "triage", "triage@best", "--json").json
    assert (diff["a"], diff["b"]) == ("triage (draft)", "triage@best")

    listed = cli.here("draft", "triage", "--json").json
    assert [(one["ref"], one["variant"]) for one in listed["drafts"]] == [
        ("triage", None),
        ("triage@best", "best"),
    ]
    assert listed["drafts"][0]["fingerprint"] != listed["drafts"][1]["fingerprint"]
    assert cli.here("draft", "triage@best", "--promote").code == 0
    assert "best" in (cli.root / "prompts" / "triage.prompty").read_text()
    assert not path.exists()
    cli.here("draft", "triage", "--as", "other")
    assert cli.here("draft", "triage@other", "--drop", "--json").json["draft"] is None
    assert cli.here("draft", "triage@other", "--restore").code == 0
    assert (cli.root / "prompts" / "triage@other.prompty").exists()
    assert [one["variant"] for one in cli.here("draft", "triage", "--json").json["kept"]] == [
        "other",
        None,
    ]


def test_a_run_of_a_variant_goes_on_and_says_when_it_was_edited(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cli.here("draft", "triage", "--as", "best")
    run = cli.here("run", "triage", "--prompt", "triage@best", "--limit", "3", "--json").json
    assert cli.here("run", "--resume", run["run_id"], "--json").json["label"] == "@best"
    path = cli.root / "prompts" / "triage@best.prompty"
    path.write_text(path.read_text().replace("plain", "best"))
    told = cli.here("run", "--resume", run["run_id"]).err
    assert "not as the draft is now" in told


def test_runs_of_two_drafts_of_one_prompt_are_told_apart(fresh_cli: Cli) -> None:
    """Two files may name one prompt; what its id names is the draft, the other has its path."""
    text = (fresh_cli.root / "prompts" / "triage.prompty").read_text()
    other = fresh_cli.root / "prompts" / "other.prompty"
    other.write_text(text.replace("plain", "best"))
    of_draft = fresh_cli.here("run", "triage", "--limit", "3", "--json").json
    of_other = fresh_cli.here(
        *("run", "triage", "--prompt", "prompts/other.prompty", "--limit", "3", "--json")
    ).json
    assert (of_draft["label"], of_other["label"]) == ("draft", "draft prompts/other.prompty")
    assert "as the draft is now" not in fresh_cli.here("run", "--resume", of_other["run_id"]).err
    other.write_text(text.replace("plain", "better"))
    told = fresh_cli.here("run", "--resume", of_other["run_id"]).err
    assert "not as the draft is now" in told


def test_a_variant_is_registered_as_a_version_of_its_prompt(fresh_cli: Cli) -> None:
    fresh_cli.here("draft", "triage", "--as", "best")
    done = fresh_cli.here("register", "triage@best", "--description", "from a variant", "--json")
    assert done.json["registered"] == "triage@1.0.0"


def test_wrong_usage_of_variants_is_said_in_one_line(fresh_cli: Cli) -> None:
    fresh_cli.here("draft", "triage", "--as", "best")
    for words, message in {
        "draft triage --as best": "is there already",
        "draft triage --as production": "'production' is an environment",
        "draft triage --promote": "names no variant",
        "draft triage@best": "is a variant",
        "draft triage@nope --drop": "no variant 'nope'",
        "draft triage@best --promote --drop": "give one of",
        "draft --drop": "name the prompt",
        "diff triage triage@bset": "did you mean 'best'?",
    }.items():
        done = fresh_cli.here(*words.split())
        assert (done.code, message in done.err) == (2, True), (words, done.err)
