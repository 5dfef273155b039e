"""Evidence says where its answers came from, and an environment may ask for fresh ones."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.cli.conftest import Cli


def ask_for(cli: Cli, rules: str) -> None:
    """Give production these rules beside where versions come from."""
    path = cli.root / "workbench.toml"
    whole = path.read_text().partition("\n[environments.production]")[0]
    path.write_text(f'{whole}\n[environments.production]\nfrom = "staging"\n{rules}\n')


def endpoint(cli: Cli) -> str:
    text = (cli.root / "workbench.toml").read_text()
    return text.partition('base_url = "')[2].partition('"')[0]


def status(cli: Cli, version: str) -> tuple[str, str]:
    preview = cli.here("deploy", f"triage@{version}", "production", "--preview", "--json").json
    return preview["state"], preview["reason"]


def edit(cli: Cli, statement: str) -> int:
    """Change runs.db past the program; how many rows."""
    with closing(sqlite3.connect(cli.root / ".workbench" / "runs.db")) as runs:
        changed = runs.execute(statement).rowcount
        runs.commit()
    return changed


@pytest.mark.exhaustive
def test_evidence_names_endpoint_model_share_age_and_a_digest_of_each_answer(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    cli.say("best")
    cli.here("register", "triage", "-d", "first")

    first = cli.here("evaluate", "triage@1.0.0", "--json").json
    again = cli.here("evaluate", "triage@1.0.0", "--json").json
    output = cli.here("evaluate", "triage@1.0.0").out

    side = first["answers"]["b"]
    assert (side["endpoints"], side["answers"], side["cached"]) == ([endpoint(cli)], 100, 0)
    assert side["models"] == ["mock"]
    assert len(side["digests"]) == 100 and len(set(side["digests"])) == 1, "all said billing"
    assert "billing" not in str(side)
    stored = again["answers"]["b"]
    assert (stored["cached"], stored["digests"]) == (100, side["digests"])
    assert stored["oldest"] <= stored["newest"]
    assert "answers of 1.0.0: 100 % cached (100 of 100), oldest 0 minutes" in output
    assert first["notes"] == [], "where answers came from has a key of its own"
    log = cli.here("log", "triage").out
    assert "100 of 100 answers cached" in log and "0 of 100 answers cached" in log
    assert cli.here("verify").code == 0


@pytest.mark.exhaustive
def test_where_answers_must_be_fresh_stored_ones_make_nothing_tested_and_that_is_said_before(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    cli.say("best")
    cli.here("register", "triage", "-d", "first")
    cli.here("run", "triage", "--split", "all")
    ask_for(cli, 'answers = "fresh"')

    done = cli.here("evaluate", "triage@1.0.0")
    assert "production counts fresh answers only" in done.err
    assert "it does not count in production: 100 of 100 of its answers were stored" in done.out
    state, reason = status(cli, "1.0.0")
    assert (state, "production counts fresh ones only" in reason) == ("untested", True)
    refused = cli.here("deploy", "triage@1.0.0", "production")
    assert refused.code == 5 and "--fresh" in refused.err
    assert cli.here("deploy", "triage@1.0.0", "staging").code == 0

    done = cli.here("evaluate", "triage@1.0.0", "--fresh")
    assert "counts fresh" not in done.err and "does not count" not in done.out
    assert status(cli, "1.0.0")[0] == "tested"
    for environment in ("staging", "production"):
        assert cli.here("deploy", "triage@1.0.0", environment).code == 0
    assert cli.here("verify").code == 0


@pytest.mark.exhaustive
def test_fresh_asks_the_baseline_anew_too(fresh_cli: Cli) -> None:
    cli = fresh_cli
    ask_for(cli, 'answers = "fresh"')
    cli.say("better")
    cli.here("register", "triage", "-d", "first")
    cli.here("evaluate", "triage@1.0.0", "--fresh")
    for environment in ("staging", "production"):
        assert cli.here("deploy", "triage@1.0.0", environment).code == 0
    cli.say("best")
    cli.here("register", "triage", "-d", "second")

    stored = cli.here("evaluate", "triage@1.0.1", "--full", "--json").json
    assert (stored["answers"]["b"]["cached"], stored["answers"]["a"]["cached"]) == (0, 100)
    assert "the baseline's answers were stored before" in status(cli, "1.0.1")[1]
    fresh = cli.here("evaluate", "triage@1.0.1", "--full", "--fresh", "--json").json
    assert (fresh["answers"]["b"]["cached"], fresh["answers"]["a"]["cached"]) == (0, 0)
    assert status(cli, "1.0.1")[0] == "tested"


@pytest.mark.exhaustive
def test_an_edited_answer_is_noticed_not_used_and_named(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cli.say("worse")
    cli.here("register", "triage", "-d", "first")
    cli.here("run", "triage", "--split", "all")
    assert edit(cli, "UPDATE answers SET text = 'billing' WHERE text = 'sales'") == 96

    done = cli.here("evaluate", "triage@1.0.0", "--full", "--json")

    assert (done.code, done.json["score"]) == (1, 0.2)
    assert done.json["answers"]["b"]["cached"] == 20
    assert any("80 stored answers had been altered" in note for note in done.json["notes"])


EDITS = (
    "UPDATE results SET scores = '[0.0]'",
    "UPDATE results SET answer = (SELECT min(id) FROM answers WHERE text = 'sales')",
    "UPDATE answers SET text = 'sales', digest = NULL, forgotten = 1",
)


@pytest.mark.exhaustive
def test_a_stored_baseline_that_was_edited_is_run_again(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cli.say("better")
    cli.here("register", "triage", "-d", "first")
    cli.here("evaluate", "triage@1.0.0")
    for environment in ("staging", "production"):
        assert cli.here("deploy", "triage@1.0.0", environment).code == 0
    cli.say("worse")
    cli.here("register", "triage", "-d", "second")

    for statement in EDITS:
        assert edit(cli, statement) > 0
        done = cli.here("evaluate", "triage@1.0.1", "--full", "--json")

        assert (done.code, done.json["score_a"], done.json["score"]) == (1, 0.9, 0.2), statement
        assert any("had been altered in runs.db" in note for note in done.json["notes"])


def test_evidence_from_another_endpoint_does_not_count_where_one_is_named(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cli.say("best")
    cli.here("register", "triage", "-d", "first")
    ask_for(cli, 'endpoints = ["https://api.openai.com/v1/"]')

    done = cli.here("evaluate", "triage@1.0.0")
    assert "production counts answers of https://api.openai.com/v1 only" in done.err
    state, reason = status(cli, "1.0.0")
    assert state == "untested" and f"{endpoint(cli)} gave its answers" in reason
    assert cli.here("deploy", "triage@1.0.0", "production").code == 5

    ask_for(cli, f'endpoints = ["https://api.openai.com/v1", "{endpoint(cli)}/"]')
    assert cli.here("rules", "apply", "--reason", "ours too").code == 0
    assert status(cli, "1.0.0")[0] == "tested"
    for environment in ("staging", "production"):
        assert cli.here("deploy", "triage@1.0.0", environment).code == 0
    assert cli.here("verify").code == 0


@pytest.mark.parametrize(
    "rules", ['answers = "new"', 'endpoints = "https://x"', 'endpoints = ["ftp://x"]']
)
def test_a_rule_that_asks_for_nothing_that_can_be_is_refused(fresh_cli: Cli, rules: str) -> None:
    ask_for(fresh_cli, rules)
    done = fresh_cli.here("runs")
    assert done.code == 2 and "environments.production" in done.err
