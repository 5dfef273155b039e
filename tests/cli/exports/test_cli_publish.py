"""What is live reaches a registry of others, with its pointers; a failure is repaired later."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.label_server import Fault, LabelServer
from tests.support.published import TEAM_KEY
from workbench.registry import PromptRegistry
from workbench.runs.store.store import RunStore

pytestmark = pytest.mark.exhaustive(keep=4)


def test_a_deployment_is_published_where_its_environment_says_so(
    cli: Cli, team: LabelServer
) -> None:
    done = cli.here("deploy", "triage@1.0.0", "production", "--json")
    assert done.code == 0, done.err
    assert [(p["environment"], p["state"], p["sent"]) for p in done.json["published"]] == [
        (None, "done", True),
        ("production", "done", True),
    ]
    shelf = team.shelf("triage")
    assert shelf.labels == {"production": "1"}
    (held,) = shelf.versions
    assert held["content"]["messages"][0] == {"role": "system", "content": "plain"}
    assert {
        "suite": "triage",
        "gate": "pass",
        "cases": "30",
        "author": "ana",
        "state": "tested",
    }.items() <= held["tags"].items()
    assert len(held["tags"]["fingerprint"]) == len(held["tags"]["ledger_head"]) == 64

    downstream = cli.here("lineage", "triage@1.0.0", "--json").json["downstream"]
    exports = [(n["name"], n["detail"]) for n in downstream if n["kind"] == "export"]
    assert exports == [("team", "1"), ("team", "1, production")]

    again = cli.here("export", "team", "triage@production", "--json")
    assert (again.code, again.json["sent"], team.writes) == (
        0,
        False,
        ["version 1.0.0", "production 1"],
    )


def test_a_rollback_and_a_retirement_move_the_pointer_and_no_other(
    cli: Cli, team: LabelServer
) -> None:
    team.shelf("triage").labels["canary"] = "7"
    for version in ("1.0.0", "1.0.1"):
        assert cli.here("deploy", f"triage@{version}", "production").code == 0
    assert team.shelf("triage").labels == {"canary": "7", "production": "2"}
    back = cli.here("rollback", "triage", "production", "--reason", "wrong", "--json")
    assert (back.code, team.shelf("triage").labels["production"]) == (0, "1")
    assert back.json["published"][-1]["pointer"] == {
        "environment": "production",
        "before": "2",
        "after": "1",
    }
    assert cli.here("retire", "triage", "production", "--reason", "unused").code == 0
    assert team.shelf("triage").labels == {"canary": "7"}
    assert len(team.shelf("triage").versions) == 2


def test_a_deployment_says_which_targets_still_lead_to_the_version_before(
    cli: Cli, team: LabelServer
) -> None:
    path = cli.root / "workbench.toml"
    path.write_text(path.read_text().replace('publish = ["team"]', "publish = []"))
    out = str(cli.root / "dist")
    assert cli.here("deploy", "triage@1.0.0", "production").code == 0
    assert cli.here("export", "team", "triage@production").code == 0
    assert cli.here("export", "folder", "triage@production", "--output", out).code == 0
    done = cli.here("deploy", "triage@1.0.1", "production", "--json")
    assert (done.code, done.json["published"]) == (0, [])
    assert [(one["target"], one["version"]) for one in done.json["behind"]] == [
        ("team", "1.0.0"),
        ("folder", "1.0.0"),
    ]
    still = "still serves 1.0.0 in production: workbench export"
    assert f"team {still} team triage@production\n" in done.err
    assert f"folder {still} folder triage@production --output {out}\n" in done.err
    # What is taken back is taken back everywhere, whatever the pointers led to.
    retired = cli.here("retire", "triage", "production", "--reason", "unused", "--json")
    assert (retired.code, retired.json["behind"], team.shelf("triage").labels) == (0, [], {})
    assert cli.here("drift").code == 0


def test_a_failed_publication_leaves_the_deployment_and_is_sent_later(
    cli: Cli, team: LabelServer
) -> None:
    team.always = "503"
    done = cli.here("deploy", "triage@1.0.0", "production", "--json")
    assert done.code == 4
    assert (done.json["version"], done.json["environment"]) == ("1.0.0", "production")
    assert {p["state"] for p in done.json["published"]} == {"pending"}
    assert "answers 503" in done.json["published"][0]["error"]
    assert cli.here("get", "triage", "--json").json["version"] == "1.0.0"

    waits = cli.here("export", "--pending", "--preview", "--json").json["pending"]
    assert [(w["environment"], w["state"]) for w in waits] == [
        (None, "pending"),
        ("production", "pending"),
    ]
    assert waits[0]["attempts"] == 3
    still = cli.here("export", "--pending", "--json")
    assert (still.code, len(still.json["pending"])) == (4, 2)
    team.always = ""
    sent = cli.here("export", "--pending", "--json")
    assert (sent.code, sent.json["pending"]) == (0, [])
    assert team.shelf("triage").labels == {"production": "1"}
    assert cli.here("export", "--pending").out == "nothing waits\n"


def test_what_failed_is_sent_as_what_is_live_by_then(cli: Cli, team: LabelServer) -> None:
    team.always = "503"
    assert cli.here("deploy", "triage@1.0.0", "production").code == 4
    assert cli.here("deploy", "triage@1.0.1", "production", "--no-publish").code == 0
    team.always = ""
    assert cli.here("export", "--pending", "team").code == 0
    shelf = team.shelf("triage")
    labelled = {v["ref"]: v["version"] for v in shelf.versions}[shelf.labels["production"]]
    assert labelled == "1.0.1"


def test_an_answer_that_was_lost_after_the_server_committed_makes_no_second_version(
    cli: Cli, team: LabelServer
) -> None:
    team.faults = [Fault("POST", "lose"), Fault("PUT", "lose")]
    assert cli.here("deploy", "triage@1.0.0", "production").code == 0
    assert team.writes == ["version 1.0.0", "production 1"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_at_any_step_is_repaired_by_the_next_call(
    cli: Cli, team: LabelServer, method: str, when: str
) -> None:
    team.faults = [Fault(method, f"kill {when}")]
    child = os.fork()  # a process of its own without the second that its imports take
    if not child:
        cli.here("deploy", "triage@1.0.0", "production")
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert cli.here("get", "triage", "--json").json["version"] == "1.0.0"
    sent = cli.here("export", "--pending", "--json")
    assert (sent.code, sent.json["pending"]) == (0, [])
    assert team.writes == ["version 1.0.0", "production 1"]


def test_what_waits_and_is_due_goes_first_with_the_next_call_to_its_target(
    cli: Cli, team: LabelServer
) -> None:
    def later() -> None:
        with RunStore(cli.root / ".workbench" / "runs.db") as store:
            for row in store.outbox.unfinished():
                if row.next_attempt:
                    store.outbox.failed(row, row.last_error, retry_in_s=-1)

    team.always = "503"
    assert cli.here("deploy", "triage@1.0.0", "production").code == 4
    team.always = ""
    # Not due: the next call leaves it, with the pointer that waits for it.
    early = cli.here("export", "team", "triage@1.0.1", "--json")
    assert (early.code, early.json["retried"], team.writes) == (0, [], ["version 1.0.1"])
    later()
    done = cli.here("deploy", "triage@1.0.1", "production", "--json")
    assert (done.code, [p["version"] for p in done.json["retried"]]) == (0, ["1.0.0"])
    assert team.writes[1:] == ["version 1.0.0", "production 1"]
    assert cli.here("export", "--pending").out == "nothing waits\n"

    team.always = "503"
    assert cli.here("deploy", "triage@1.0.0", "staging", "--publish").code == 4
    later()
    # What waited from before decides nothing about this one.
    team.always, team.faults = "", [Fault("GET", "401")]
    done = cli.here("export", "team", "triage@1.0.1", "--json")
    assert (done.code, done.json["retried"][0]["state"]) == (0, "failed")


def test_a_deployment_says_what_each_target_cannot_hold(cli: Cli, team: LabelServer) -> None:
    line = ("deploy", "triage@1.0.0", "production")
    told = cli.here("export", "team", "triage@1.0.0", "--preview", "--json").json["lost"]
    assert told
    for done in (cli.here(*line, "--preview", "--json"), cli.here(*line, "--json")):
        assert done.json["lost"] == [{"target": "team", **loss} for loss in told]
        assert done.err.count(f"lost: team: {told[0]['what']}") == 1
    assert cli.here("retire", "triage", "production", "--reason", "x", "--json").json["lost"] == []


def test_a_deployment_that_was_cut_off_before_the_outbox_is_owed(
    cli: Cli, team: LabelServer
) -> None:
    assert cli.here("deploy", "triage@1.0.0", "production", "--no-publish").code == 0
    waits = cli.here("export", "--pending", "--preview")
    assert "team: triage@1.0.0: never sent" in waits.out
    assert cli.here("export", "--pending").code == 0
    assert team.shelf("triage").labels == {"production": "1"}


def test_other_content_and_a_newer_version_of_others_are_refused_with_the_diff(
    cli: Cli, team: LabelServer
) -> None:
    assert cli.here("export", "team", "triage@1.0.0").code == 0
    team.shelf("triage").versions[0]["content"]["messages"][0]["content"] = "changed there"
    done = cli.here("export", "team", "triage@1.0.0", "--json")
    assert done.code == 5
    assert done.json["diff"] == [
        '- messages.0.content: "plain"',
        '+ messages.0.content: "changed there"',
    ]
    team.add("triage", "9.0.0", {"messages": [{"role": "user", "content": "theirs"}]})
    ahead = cli.here("export", "team", "triage@1.0.1", "--json")
    assert (ahead.code, "is ahead: its newest is 9.0.0 (2)" in ahead.json["error"]) == (5, True)
    assert len(team.writes) == 1
    forced = cli.here("export", "team", "triage@1.0.1", "--force", "--reason", "agreed with them")
    assert (forced.code, team.writes[1:]) == (0, ["version 1.0.1"])


def test_an_untested_version_leaves_only_with_a_reason_that_travels(
    cli: Cli, team: LabelServer
) -> None:
    refused = cli.here("export", "team", "triage@1.0.2", "--json")
    assert (refused.code, "--force --reason" in refused.json["hint"]) == (5, True)
    assert cli.here("export", "team", "triage@1.0.2", "--force").code == 2
    done = cli.here("export", "team", "triage@1.0.2", "--force", "--reason", "a hotfix", "--json")
    assert (done.code, done.json["reason"]) == (0, "a hotfix")
    assert team.shelf("triage").versions[0]["tags"]["forced_reason"] == "a hotfix"


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (('["team"]', '["taem"]'), 2, "publish names no [targets.taem] did you mean 'team'"),
        (('kind = "labels"', 'kind = "lables"'), 2, "did you mean 'labels'"),
        (('uri_env = "TEAM_REGISTRY"', 'uri = "ftp://x"'), 2, "is no http address"),
        (('uri_env = "TEAM_REGISTRY"', 'uri = "http://127.0.0.1:9"'), 4, "does not answer"),
        (('"TEAM_KEY"', '"NO_SUCH_KEY"'), 2, "the variable NO_SUCH_KEY is not set"),
        (('"TEAM_KEY"', '"COLUMNS"'), 2, "refuses with 401"),
    ],
)
def test_bad_settings_of_a_target_are_one_line_and_nothing_is_sent(
    cli: Cli, team: LabelServer, change: tuple[str, str], code: int, message: str
) -> None:
    path = cli.root / "workbench.toml"
    path.write_text(path.read_text().replace(*change))
    if "names no" not in message:
        assert cli.here("trust").code == 0
    done = cli.here("export", "team", "triage@1.0.0", "--json")
    assert (done.code, team.writes) == (code, [])
    assert message in f"{done.json['error']} {done.json['hint']}"
    assert len(done.err.splitlines()) - done.err.count("lost:") == 1
    assert TEAM_KEY not in done.out + done.err


def test_a_key_that_a_server_repeats_is_not_shown_or_kept(cli: Cli, team: LabelServer) -> None:
    team.key = "another"
    done = cli.here("deploy", "triage@1.0.0", "production", "--json")
    assert done.code == 4
    waits = cli.here("export", "--pending", "--preview", "--json")
    assert "refuses with 401" in waits.json["pending"][0]["last_error"]
    assert TEAM_KEY not in done.out + done.err + waits.out
    dropped = cli.here("export", "--pending", "--drop", "--json")
    assert (dropped.code, len(dropped.json["pending"])) == (0, 2)


def test_an_untrusted_workspace_publishes_nothing(cli: Cli, team: LabelServer) -> None:
    path = cli.root / "workbench.toml"
    path.write_text(path.read_text().replace("timeout = 20", "timeout = 21"))
    done = cli.here("deploy", "triage@1.0.0", "production", "--json")
    assert (done.code, team.shelves) == (4, {})
    assert "you have not trusted this workspace" in done.json["published"][0]["error"]


def test_the_decision_by_which_an_untested_version_is_live_travels_as_its_reason(
    cli: Cli, team: LabelServer
) -> None:
    past = ("--override", "--reason", "the site is down")
    assert cli.here("deploy", "triage@1.0.2", "production", *past).code == 0
    assert cli.here("deploy", "triage@1.0.2", "development", "--publish").code == 0
    told = [v["tags"]["forced_reason"] for v in team.shelf("triage").versions]
    assert told == ["deployed past the gate: the site is down"]
    assert set(team.shelf("triage").labels) == {"production", "development"}


def test_a_rule_that_asks_for_no_evidence_is_the_reason_of_what_is_published_by_it(
    cli: Cli, team: LabelServer
) -> None:
    assert cli.here("deploy", "triage@1.0.2", "development", "--publish").code == 0
    (held,) = team.shelf("triage").versions
    assert held["tags"]["forced_reason"] == "development takes versions without evidence"
    assert cli.here("export", "team", "triage@development").code == 5


def test_a_pointer_to_what_is_not_ours_stops_a_deployment_and_no_rollback(
    cli: Cli, team: LabelServer
) -> None:
    assert cli.here("deploy", "triage@1.0.0", "production").code == 0
    shelf = team.shelf("triage")
    shelf.labels["production"] = team.add("triage", "", {"messages": []})
    done = cli.here("deploy", "triage@1.0.1", "production", "--json")
    assert (done.code, done.json["version"]) == (4, "1.0.1")
    assert "which is not of this registry" in done.json["published"][0]["error"]
    assert shelf.labels["production"] == "2"
    assert cli.here("rollback", "triage", "production", "--reason", "at once").code == 0
    assert shelf.labels["production"] == "1"


def test_publishing_without_a_target_is_refused_before_anything_is_deployed(cli: Cli) -> None:
    path = cli.root / "workbench.toml"
    path.write_text(path.read_text().partition("[environments.production]")[0])
    done = cli.here("deploy", "triage@1.0.0", "production", "--publish", "--json")
    assert (done.code, "no target to publish production to" in done.json["error"]) == (2, True)
    assert cli.here("get", "triage").code != 0
    told = cli.here("deploy", "triage@1.0.0", "production", "--json")
    assert (told.code, told.json["published"]) == (0, [])


def test_a_version_is_sent_from_a_workspace_that_cannot_be_written(
    cli: Cli, team: LabelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunStore, "is_read_only", property(lambda _: True))
    assert cli.here("export", "team", "triage@1.0.0").code == 0
    assert team.writes == ["version 1.0.0"]
    monkeypatch.undo()
    assert cli.here("export", "--pending").out == "nothing waits\n"


def test_files_are_published_and_the_registrys_snapshot_follows_a_retirement(cli: Cli) -> None:
    path = cli.root / "workbench.toml"
    text = path.read_text().replace('publish = ["team"]', 'publish = ["apps", "files", "notes"]')
    tables = [f'[targets.{n}]\nkind = "{k}"\nuri = "{u}"\n' for n, k, u in FILE_TARGETS]
    path.write_text("\n".join([text, *tables]))
    for folder in ("dist", "notes"):
        (cli.root / folder).mkdir()
    assert cli.here("trust").code == 0
    done = cli.here("deploy", "triage@1.0.0", "production", "--json")
    assert (done.code, len(done.json["published"])) == (0, 3)
    assert (cli.root / "dist" / "triage-1.0.0.json").exists()
    assert (cli.root / "notes" / "triage-1.0.0.txt").exists()
    with PromptRegistry(cli.root / "prompts.db") as apps:
        assert apps.require_active("triage").version == "1.0.0"
    assert cli.here("export", "--pending").out == "nothing waits\n"
    assert cli.here("retire", "triage", "production", "--reason", "unused").code == 0
    with PromptRegistry(cli.root / "prompts.db") as apps:
        assert apps.get_active("triage") is None
    assert cli.here("drift").code == 0


def test_what_came_with_a_workspace_is_sent_nowhere_before_it_is_trusted(
    cli: Cli, tmp_path: Path
) -> None:
    """Its runs.db may name any file of the user's."""
    victim = tmp_path / "config.json"
    assert cli.here("export", "json", "triage@1.0.0", "-o", str(victim)).code == 0
    victim.write_text("precious")
    with RunStore(cli.root / ".workbench" / "runs.db") as store:
        for row in store.outbox.rows():
            store.outbox.failed(row, "it was cut off", retry_in_s=0)
    assert cli.here("drift", "json").code == 1
    elsewhere = {"WORKBENCH_CONFIG": str(tmp_path / "another-user")}
    for line in (("export", "--pending"), ("drift", "json", "--repair")):
        done = cli.here(*line, **elsewhere)
        assert (done.code != 0, "you have not trusted" in done.out + done.err) == (True, True)
    assert victim.read_text() == "precious"
    assert cli.here("export", "--pending").code == 0
    assert "plain" in victim.read_text()


def test_trust_says_where_each_target_is_and_no_password(cli: Cli) -> None:
    path = cli.root / "workbench.toml"
    tables = {
        "bot": "https://t0ken@git.example.com/prompts.git",
        "ours": "git@git.example.com:prompts.git",
    }
    text = [f'[targets.{name}]\nkind = "git"\nuri = "{uri}"' for name, uri in tables.items()]
    path.write_text("\n".join([path.read_text(), *text, '[targets.live]\nkind = "json"']))
    for done in (cli.here("trust"), cli.here("export", "--help")):
        assert done.code == 0
        assert not any(part in done.out for part in ("t0ken", "TEAM_KEY"))
    assert cli.here("trust", "--json").json["places"] == {
        "team": "$TEAM_REGISTRY",
        "bot": "https://[secret]@git.example.com/prompts.git",
        "ours": "git@git.example.com:prompts.git",
        "live": "",
    }
    assert "  target team: labels $TEAM_REGISTRY\n" in cli.here("trust").out


def test_an_environment_where_the_version_is_not_live_has_no_pointer_to_move(
    cli: Cli, team: LabelServer
) -> None:
    warning = "1.0.1 is not live in development: no pointer is moved"
    line = ("export", "team", "triage@1.0.1", "--environment", "development")
    for done in (cli.here(*line, "--preview", "--json"), cli.here(*line, "--json")):
        assert (done.code, done.json["warnings"], warning in done.err) == (0, [warning], True)
    assert (len(team.shelf("triage").versions), team.shelf("triage").labels) == (1, {})


def test_a_second_export_of_a_file_says_where_it_is(cli: Cli) -> None:
    first, second = (cli.here("export", "json", "triage@1.0.0", "--json").json for _ in "12")
    assert (first["sent"], second["sent"]) == (True, False)
    same = ("place", "path", "bytes", "ref", "lost", "target")
    assert [first[key] for key in same] == [second[key] for key in same]


FILE_TARGETS = (
    ("apps", "sqlite", "prompts.db"),
    ("files", "json", "dist/"),
    ("notes", "plain_text", "notes/"),
)
