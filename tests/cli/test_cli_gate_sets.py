"""What wears a gate's cases out, an evaluation that goes on, a preview that decides nothing."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Cli, Done

pytestmark = pytest.mark.exhaustive

SUITE = """\
suite: triage
prompt: triage
dataset: cases.jsonl
scorers: [exact_match]
gate: {threshold: 0.5, margin: 0.1%s}
run: {concurrency: 8}
"""


def rows(cli: Cli) -> list[dict[str, object]]:
    path = cli.root / "evals" / "triage" / "cases.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(cli: Cli, cases: list[dict[str, object]]) -> None:
    path = cli.root / "evals" / "triage" / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, cases)))
    cli.here("rules", "apply", "--reason", "other cases")


def live(cli: Cli, extra: str = "") -> None:
    """`plain` is live: 5 of 10 cases right."""
    (cli.root / "evals" / "triage" / "suite.yaml").write_text(SUITE % extra)
    cli.here("register", "triage", "-d", "first")
    assert cli.here("evaluate", "triage@1.0.0").code == 0
    for environment in ("staging", "production"):
        assert cli.here("deploy", "triage@1.0.0", environment).code == 0


def test_attempts_are_counted_by_case_and_what_was_removed_is_named(fresh_cli: Cli) -> None:
    cli = fresh_cli
    live(cli)
    cli.say("worse")
    cli.here("register", "triage", "-d", "worse")
    first = cli.here("evaluate", "triage@1.0.1", "--full", "--json")
    assert (first.code, first.json["attempt"]) == (1, 1), "the baseline's own check is none"

    cli.here("compare", "triage@1.0.0", "triage@1.0.1", "--split", "gate")
    cli.here("compare", "triage@1.0.0", "triage@1.0.1", "--split", "gate")
    kept = rows(cli)
    kept[3]["expected"] = "sales"
    write(cli, [case for case in kept if case["id"] not in ("c002", "c009")])
    done = cli.here("evaluate", "triage@1.0.1", "--json")
    assert done.json["attempt"] == 3, "one evaluation and one comparison on these cases before"
    notes = done.json["notes"]
    removed = "2 cases were removed since an earlier attempt, 2 of which had failed: c002, c009"
    assert removed in notes or removed.replace("c002, c009", "c009, c002") in notes
    assert "1 case was changed since an earlier attempt, 1 of which had failed: c003" in notes
    assert "counted as attempts: 1 comparison on these cases" in notes


def test_a_later_attempt_still_says_what_was_removed_and_what_was_loosened(fresh_cli: Cli) -> None:
    cli = fresh_cli
    live(cli)
    cli.say("worse")
    cli.here("register", "triage", "-d", "worse")
    cli.here("evaluate", "triage@1.0.1", "--full")
    suite = cli.root / "evals" / "triage" / "suite.yaml"
    suite.write_text((SUITE % "").replace("margin: 0.1", "margin: 0.6"))
    kept = [case for case in rows(cli) if case["id"] != "c002"]
    write(cli, kept)
    cli.here("evaluate", "triage@1.0.1")
    write(cli, [{**case, "id": f"new {case['id']}"} for case in kept])
    notes = cli.here("evaluate", "triage@1.0.1", "--json").json["notes"]
    removed = "1 case was removed since an earlier attempt, 1 of which had failed: c002"
    assert removed in notes
    looser = "rules that let more through than at an earlier attempt: margin 0.1 -> 0.6"
    assert looser in notes
    suite.write_text(SUITE % "")
    assert looser not in cli.here("evaluate", "triage@1.0.1", "--json").json["notes"]


def test_a_refused_deployment_names_what_the_version_is_worse_than(fresh_cli: Cli) -> None:
    cli = fresh_cli
    for word in ("best", "better"):
        cli.say(word)
        cli.here("register", "triage", "-d", word)
        if word == "best":
            assert cli.here("evaluate", "triage@1.0.0").code == 0
            for environment in ("staging", "production"):
                assert cli.here("deploy", "triage@1.0.0", environment).code == 0
    assert cli.here("evaluate", "triage@1.0.1", "--full").code == 1
    assert "it is worse than 1.0.0" in cli.here("deploy", "triage@1.0.1", "staging").err


def test_a_preview_samples_by_seed_and_decides_nothing(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cli.here("register", "triage", "-d", "first")
    cli.say("best")

    def compared(limit: int) -> Done:
        sides = ("triage@1.0.0", "triage")
        return cli.here("compare", *sides, "--split", "gate", "--limit", str(limit), "--json")

    done = compared(60)
    report = done.json
    assert (done.code, report["gate"], report["verdict"]) == (3, "no_decision", "undecided")
    assert report["reason"] == "a preview of 60 of 100 cases decides nothing"
    assert report["cases"] == 60 and report["low"] > 0
    assert report["preview"]["available"] == 100
    first_rows = [f"c{number:03}" for number in range(60) if number % 10 > 4]
    assert compared(60).json["fixed_ids"] == report["fixed_ids"] != first_rows
    assert set(compared(61).json["fixed_ids"]) >= set(report["fixed_ids"])
    whole = compared(100).json
    assert (whole["preview"], whole["gate"]) == (None, "pass")


def test_two_stored_runs_of_a_part_decide_nothing_either(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cli.here("register", "triage", "-d", "first")

    def ran(*options: str) -> str:
        done = cli.here("run", "triage", "--split", "gate", "--yes", "--json", *options)
        assert done.code == 0, (done.out, done.err)
        return str(done.json["run_id"])

    whole, part = ran(), ran("--limit", "60")
    cli.say("best")
    better, better_part = ran(), ran("--limit", "60")
    for sides in ((part, better_part), (whole, better_part), (part, better)):
        done = cli.here("compare", *sides, "--json")
        assert (done.code, done.json["gate"]) == (3, "no_decision")
        assert (
            done.json["reason"]
            == "only 60 of 100 cases were asked on both sides, which decides nothing"
        )
        assert done.json["preview"] == {"cases": 60, "available": 100, "seed": None}
    assert "seed" not in cli.here("compare", part, better_part).out
    assert cli.here("compare", whole, better, "--json").json["gate"] == "pass"

    # What was whole when it was run stays a verdict about those cases.
    write(cli, [*rows(cli), {**rows(cli)[0], "id": "new", "ticket": "a new one"}])
    assert cli.here("compare", whole, better, "--json").json["gate"] == "pass"


def test_an_evaluation_goes_on_with_the_cases_that_were_added(fresh_cli: Cli) -> None:
    cli = fresh_cli
    live(cli, ", extend: true")
    cli.say("plain again")
    cli.here("register", "triage", "-d", "the same by other words")
    everything = rows(cli)
    write(cli, everything[:20] + everything[100:])
    cli.here("evaluate", "triage@1.0.0")
    settings = cli.root / "workbench.toml"
    unpriced = settings.read_text()
    prices = "[providers.mock.prices.mock]\ninput = 1\noutput = 1\n"
    settings.write_text(f"{unpriced}\n{prices}")
    first = cli.here("evaluate", "triage@1.0.1", "--json")
    assert (first.code, first.json["gate"]) == (3, "no_decision")
    refused = cli.here("evaluate", "triage@1.0.1", "--extend")
    assert (refused.code, "no fresh case" in refused.err) == (2, True)

    write(cli, everything)
    settings.write_text(unpriced)  # what the fresh cases cost is not known
    extended = cli.here("evaluate", "triage@1.0.1", "--extend", "--json")
    assert (extended.code, extended.json["gate"]) == (0, "pass"), extended.err
    assert extended.json["cases"] <= 100 and extended.json["attempt"] == first.json["attempt"]
    for side in extended.json["answers"].values():
        assert len(side["digests"]) == side["answers"] == extended.json["cases"]
    assert extended.json["answers"]["b"]["cached"] == 0
    assert cli.here("deploy", "triage@1.0.1", "staging").code == 0
    assert cli.here("verify").code == 0

    everything[0]["expected"] = "sales"
    write(cli, everything)
    refused = cli.here("evaluate", "triage@1.0.1", "--extend")
    assert refused.code == 2


def test_a_gate_that_stops_without_a_decision_is_exit_code_3(fresh_cli: Cli) -> None:
    cli = fresh_cli
    live(cli)
    cli.say("plain again")
    cli.here("register", "triage", "-d", "the same by other words")
    (cli.root / "evals" / "triage" / "suite.yaml").write_text(
        (SUITE % "").replace("margin: 0.1", "margin: 0.05")
    )
    cli.here("evaluate", "triage@1.0.0")
    write(cli, rows(cli)[:30] + rows(cli)[100:])
    done = cli.here("evaluate", "triage@1.0.1", "--json")
    assert (done.code, done.json["gate"]) == (3, "no_decision")


@pytest.mark.parametrize("name", ["Production", "prod", "productoin", "None", "''"])
def test_a_gate_that_looks_into_an_environment_that_is_none_decides_nothing(
    fresh_cli: Cli, name: str
) -> None:
    cli = fresh_cli
    live(cli)
    cli.say("worse")
    cli.here("register", "triage", "-d", "worse")
    suite = cli.root / "evals" / "triage" / "suite.yaml"
    suite.write_text(SUITE % f", baseline: {name}")
    done = cli.here("evaluate", "triage@1.0.1", "--json")
    assert done.code == 2 and "there is no environment" in done.err
    assert "suite.yaml: gate.baseline" in done.err
    doctor = cli.here("doctor")
    assert doctor.code and "gate.baseline: there is no environment" in doctor.out
    if name.lower().startswith("prod"):
        assert "did you mean 'production'?" in done.err


def with_note(cli: Cli, count: int, note: str) -> None:
    """100 rows that ask `count` questions, told apart by a column that no template uses."""
    path = cli.root / "evals" / "triage" / "cases.jsonl"
    given = [
        {"id": f"c{n:03}", "ticket": f"Ticket {n % count:03}", "expected": "billing"}
        | {"note": f"{note} {n}"}
        for n in range(100)
    ]
    path.write_text("\n".join(map(json.dumps, given)))


def test_a_column_that_no_template_uses_makes_no_new_question(fresh_cli: Cli) -> None:
    cli = fresh_cli
    with_note(cli, 10, "row")
    (cli.root / "evals" / "triage" / "suite.yaml").write_text(SUITE % "")
    cli.here("register", "triage", "-d", "first")
    few = cli.here("evaluate", "triage@1.0.0", "--json")
    assert (few.json["cases"], few.json["gate"]) == (100, "no_decision")
    notes = [
        "the column 'note' is used by no template",
        "100 cases are sent as 10 prompts: those that are sent alike count as one group",
    ]
    assert few.json["notes"] == notes

    cli.say("best")
    compared = cli.here("compare", "triage@1.0.0", "triage", "--split", "gate", "--json")
    assert (compared.json["cases"], compared.json["gate"]) == (100, "no_decision")
    assert compared.json["notes"] == notes


def test_a_template_that_leaves_out_what_is_hard_leaves_out_no_case(fresh_cli: Cli) -> None:
    cli = fresh_cli
    (cli.root / "evals" / "triage" / "suite.yaml").write_text(SUITE.replace("0.5", "0.8") % "")
    draft = cli.root / "prompts" / "triage.prompty"
    easy = "{% if ticket[-1] in '01234' %}{{ ticket }}{% else %}Ticket 009{% endif %}"
    draft.write_text(draft.read_text().replace("{{ ticket }}", easy))
    cli.here("register", "triage", "-d", "first")
    report = cli.here("evaluate", "triage@1.0.0", "--json").json
    assert (report["cases"], report["gate"]) != (51, "pass")
    assert report["cases"] == 100 and report["gate"] != "pass" and report["score"] <= 0.6


def test_a_verdict_says_what_is_suspected_of_its_cases(fresh_cli: Cli) -> None:
    cli = fresh_cli
    document = "The invoice of March lists three items and one discount of"
    given = [
        {"id": f"c{n:03}", "ticket": f"{document} {n // 2:03}", "q": str(n), "expected": "billing"}
        for n in range(40)
    ]
    write(cli, given)
    draft = cli.root / "prompts" / "triage.prompty"
    draft.write_text(draft.read_text().replace("{{ ticket }}", "{{ ticket }} {{ q }}"))
    cli.here("register", "triage", "-d", "first")
    suspicion = "40 cases share their ticket with another, and no group is declared"
    assert suspicion in cli.here("evaluate", "triage@1.0.0").out
    draft.write_text(draft.read_text().replace("plain", "best"))
    done = cli.here("compare", "triage@1.0.0", "triage", "--json")
    assert suspicion in done.err
    assert suspicion in " ".join(done.json["notes"])


def test_attempts_are_counted_though_an_unused_column_or_the_format_changed(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    with_note(cli, 100, "first")
    live(cli)
    cli.say("worse")
    cli.here("register", "triage", "-d", "worse")
    assert cli.here("evaluate", "triage@1.0.1", "--json").json["attempt"] == 1
    with_note(cli, 100, "second")
    assert cli.here("rules", "apply", "--reason", "other notes").code == 0
    again = cli.here("evaluate", "triage@1.0.1", "--json").json
    assert again["attempt"] == 2
    assert not [note for note in again["notes"] if "since an earlier attempt" in note]

    lines = ["id,ticket,expected", *(f"x{n},Ticket {n:03},billing" for n in range(100))]
    (cli.root / "evals" / "triage" / "cases.csv").write_text("\n".join(lines))
    (cli.root / "evals" / "triage" / "suite.yaml").write_text(
        (SUITE % "").replace("cases.jsonl", "cases.csv")
    )
    assert cli.here("rules", "apply", "--reason", "another format").code == 0
    assert cli.here("evaluate", "triage@1.0.1", "--json").json["attempt"] == 3
    assert cli.here("verify").code == 0


def test_cases_whose_split_is_misspelt_pass_no_gate(fresh_cli: Cli) -> None:
    cli = fresh_cli
    (cli.root / "evals" / "triage" / "suite.yaml").write_text(SUITE % "")
    cli.here("register", "triage", "-d", "first")
    plain = rows(cli)
    for key, gate in (("Split", "gate"), ("split", "Gate")):
        write(cli, [{**row, key: "dev" if n % 5 else gate} for n, row in enumerate(plain)])
        for command in (("evaluate", "triage@1.0.0"), ("run", "triage"), ("doctor",)):
            done = cli.here(*command)
            assert done.code and "did you mean" in done.out + done.err
    assert cli.here("log", "triage").code == 0


def test_a_deployment_says_that_its_evidence_is_against_another_version_than_the_live_one(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    live(cli)
    for word, version in (("plain again", "1.0.1"), ("best", "1.0.2")):
        cli.say(word)
        cli.here("register", "triage", "-d", word)
        assert cli.here("evaluate", f"triage@{version}").code == 0
    for environment in ("staging", "production"):
        cli.here("deploy", "triage@1.0.2", environment)
    done = cli.here("deploy", "triage@1.0.1", "staging", "--json")
    warning = "triage compared it with 1.0.0; 1.0.2 is live in production now"
    assert (done.code, done.json["warnings"]) == (0, [warning])
    assert f"warning: {warning}" in done.err
    again = cli.here("deploy", "triage@1.0.2", "staging", "--json")
    assert again.json["warnings"] == []


def test_a_version_that_is_live_already_is_not_its_own_baseline(fresh_cli: Cli) -> None:
    cli = fresh_cli
    live(cli)
    cli.say("worse")
    cli.here("register", "triage", "-d", "worse")
    assert cli.here("evaluate", "triage@1.0.1", "--full").code == 1
    gone_past = ("deploy", "triage@1.0.1", "production", "--override", "--reason", "canary")
    assert cli.here(*gone_past).code == 0
    done = cli.here("evaluate", "triage@1.0.1", "--full", "--json")
    assert (done.code, done.json["suites"][0]["baseline"]) == (1, "1.0.0")


def test_retiring_what_was_live_leaves_no_candidate_without_a_baseline(fresh_cli: Cli) -> None:
    cli = fresh_cli
    live(cli)
    cli.say("worse")
    cli.here("register", "triage", "-d", "worse")
    cli.here("retire", "triage", "production", "--reason", "pause")
    done = cli.here("evaluate", "triage@1.0.1", "--full", "--json")
    assert (done.code, done.json["suites"][0]["baseline"]) == (1, "1.0.0")


def test_the_log_says_where_a_version_was_compared_with_another_than_it_replaced(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    live(cli)
    cli.say("better")
    cli.here("register", "triage", "-d", "better")
    cli.here("evaluate", "triage@1.0.1", "--full")
    draft = cli.root / "prompts" / "triage.prompty"
    draft.write_text(draft.read_text().rstrip() + "\nBe brief.\n")
    cli.here("register", "triage", "-d", "as good as that")
    cli.here("evaluate", "triage@1.0.2", "--full")
    for version in ("1.0.1", "1.0.2"):
        for environment in ("staging", "production"):
            cli.here("deploy", f"triage@{version}", environment)
    log = cli.here("log", "triage", "production", "--json").json["entries"]
    deployed = {
        entry["version"]: entry["compared_with"] for entry in log if entry["action"] == "deploy"
    }
    assert deployed == {"1.0.0": None, "1.0.1": None, "1.0.2": "1.0.0"}
    assert "COMPARED WITH 1.0.0, NOT WITH 1.0.1" in cli.here("log", "triage", "production").out
