"""Several candidates against one baseline on the command line."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli


@pytest.mark.exhaustive
def test_each_candidate_has_its_verdict_and_what_it_may_claim_as_one_of_several(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    for word in ("plain", "better", "worse"):
        cli.say(word)
        assert cli.here("register", "triage", "-d", word).code == 0
    line = ("compare", "triage@1.0.0", "triage@1.0.1", "--also", "triage@1.0.2")
    done = cli.here(*line, "--json")
    assert done.code == 0, done.err
    result = done.json
    assert (result["b"], result["verdict"], result["fixed"]) == ("triage@1.0.1", "better", 8)
    first, second = result["candidates"]
    assert first["name"] == result["b"] and first["headline"] == result["headline"]
    assert first["holm_p"] == pytest.approx(2 * min(first["mid_p"], second["mid_p"]))
    assert first["holm_p"] <= second["holm_p"]
    assert [one["claimed"] for one in result["candidates"]] == [True, False]
    assert result["note"].startswith("best of 2: luck alone would put it about ")

    lines = cli.here(*line).out.splitlines()
    assert lines[0] == "A triage@1.0.0   B triage@1.0.1 and triage@1.0.2   triage, dev"
    assert lines[1] == "1.0.1 against 1.0.0:" and "1.0.2 against 1.0.0:" in lines
    assert lines[2].startswith("PASS BETTER  1.0.1 better than 1.0.0: ")
    assert any(one.startswith("FAIL         1.0.2 worse than 1.0.0") for one in lines)
    assert lines[-3].endswith("as one of 2 (Holm): may be called better")
    assert lines[-2].endswith("as one of 2 (Holm): may not be called better")
    assert lines[-1] == result["note"]

    page = cli.root / "page.html"
    report = cli.here("report", *line[1:], "--html", str(page), "--json").json
    assert [one["run"] for one in report["candidates"]] == [
        one["run_b"] for one in result["candidates"]
    ]
    text = page.read_text()
    assert "<h1>triage: 1.0.1 and 1.0.2 against 1.0.0</h1>" in text
    assert lines[-1] in text and "<h2>C 1.0.2: exact_match</h2>" in text

    alone = cli.here(*line[:3]).out
    assert "Holm" not in alone and "luck" not in alone
    twice = cli.here(*line, "--also", "triage@1.0.1")
    assert twice.code == 2 and "name each candidate once" in twice.err


def test_two_drafts_of_one_prompt_have_names_of_their_own_everywhere(fresh_cli: Cli) -> None:
    cli = fresh_cli
    path = cli.root / "prompts" / "triage.prompty"
    other = path.with_name("short.prompty")
    other.write_text(path.read_text().replace("plain", "worse"))
    done = cli.here("compare", str(path), str(other), "--json")
    report = done.json
    assert (report["a"], report["b"]) == (
        "triage (draft triage.prompty)",
        "triage (draft short.prompty)",
    )
    assert "draft short.prompty worse than draft triage.prompty: " in report["headline"]
    assert ": triage (draft short.prompty)\n" in done.err
    run_a = report["run_a"]
    against_run = cli.here("compare", run_a, str(other), "--json").json
    assert (against_run["a"], against_run["b"]) == (f"triage run {run_a}", "triage (draft)")
    assert f"draft worse than draft run {run_a}: " in against_run["headline"]
    page = cli.root / "page.html"
    assert cli.here("report", str(path), str(other), "--html", str(page)).code == 0
    assert "<h1>triage: draft short.prompty against draft triage.prompty</h1>" in page.read_text()


@pytest.mark.exhaustive
def test_a_report_shows_the_attempts_on_the_gate_and_the_margins_it_had(fresh_cli: Cli) -> None:
    cli = fresh_cli
    suite = cli.root / "evals" / "triage" / "suite.yaml"
    for word, margin in (("plain", "0.1"), ("better", "0.08")):
        cli.say(word)
        suite.write_text(suite.read_text().replace("margin: 0.1", f"margin: {margin}"))
        assert cli.here("register", "triage", "-d", word).code == 0
        version = "1.0.0" if word == "plain" else "1.0.1"
        cli.here("evaluate", f"triage@{version}", "--full")
    page = cli.root / "page.html"
    assert cli.here("report", "triage@1.0.0", "triage@1.0.1", "--html", str(page)).code == 0
    text = page.read_text()
    assert "<h2>Evaluations on this gate (2)</h2>" in text
    assert "margin of the gate: 10 points in 1 evaluation, then 8 points in 1 evaluation" in text
    assert "1.0.1: attempt 2 on this gate set" in text
