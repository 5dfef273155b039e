"""What somebody changes in a target is found, and nothing is written while it is looked for."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.support.label_server import LabelServer

pytestmark = pytest.mark.exhaustive(keep=2)

THEIRS = {
    "messages": [{"role": "user", "content": "Say {{ ticket }}"}],
    "model": {"id": "mock", "temperature": 0},
    "inputs": ["ticket"],
}


@pytest.fixture
def live(cli: Cli, team: LabelServer) -> Cli:
    """1.0.0 and then 1.0.1 went live, and both are there."""
    for version in ("1.0.0", "1.0.1"):
        assert cli.here("deploy", f"triage@{version}", "production").code == 0
    return cli


def findings(cli: Cli, *options: str) -> tuple[int, list[dict[str, Any]]]:
    done = cli.here("drift", *options, "--json")
    return done.code, [f for target in done.json["targets"] for f in target["findings"]]


def edit_text(team: LabelServer) -> None:
    team.shelf("triage").versions[1]["content"]["messages"][0]["content"] = "Changed.\nTwice."


def edit_model(team: LabelServer) -> None:
    team.shelf("triage").versions[1]["content"]["model"]["temperature"] = 0.9


def delete(team: LabelServer) -> None:
    del team.shelf("triage").versions[1]


def move_label(team: LabelServer) -> None:
    team.shelf("triage").labels["production"] = "1"


def remove_label(team: LabelServer) -> None:
    del team.shelf("triage").labels["production"]


def add_newer(team: LabelServer) -> None:
    team.shelf("triage").labels["production"] = team.add("triage", "", THEIRS)


CHANGES = {
    edit_text: [("content", "production", "1.0.1", "1.0.1 (2)")],
    edit_model: [("model", "production", "1.0.1", "1.0.1 (2)")],
    delete: [("deleted", None, "1.0.1", None), ("pointer", "production", "1.0.1", "2")],
    move_label: [("pointer", "production", "1.0.1", "1.0.0 (1)")],
    remove_label: [("pointer", "production", "1.0.1", None)],
    add_newer: [("pointer", "production", "1.0.1", "3"), ("ahead", None, "1.0.1", "3")],
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_each_change_is_found_with_who_would_serve_what_and_repaired(
    live: Cli, team: LabelServer, change: Any
) -> None:
    assert findings(live) == (0, [])
    change(team)
    code, drifts = findings(live, "team")
    shown = [(f["kind"], f["environment"], f["ours"], f["theirs"]) for f in drifts]
    assert (code, shown) == (1, CHANGES[change])

    repaired = live.here("drift", "--repair", "--json")
    shelf = team.shelf("triage")
    label = next(v for v in shelf.versions if v["ref"] == shelf.labels["production"])
    assert label["content"]["messages"][0]["content"] == "better"
    assert label["content"]["model"] == {"id": "mock", "temperature": 0}
    # What is theirs alone stays, and is still said.
    assert (repaired.code, repaired.json["drift"]) == (
        (1, True) if change is add_newer else (0, False)
    )


def test_the_difference_is_shown_by_key_and_by_line(live: Cli, team: LabelServer) -> None:
    edit_text(team)
    edit_model(team)
    done = live.here("drift")
    assert done.code == 1
    assert done.out.splitlines() == [
        "team has triage@1.0.1 with other content, and serves it in production:"
        " messages.0.content, model.temperature",
        "  messages.0.content:",
        "  - better",
        "  + Changed.",
        "  + Twice.",
        "  - model.temperature: 0",
        "  + model.temperature: 0.9",
    ]


def test_looking_for_drift_writes_nothing(live: Cli, team: LabelServer) -> None:
    def state() -> dict[str, list[str]]:
        contents = {}
        for path in live.root.rglob("*"):
            if path.suffix == ".db":
                with contextlib.closing(sqlite3.connect(path)) as database:
                    contents[str(path)] = list(database.iterdump())
            elif path.is_file() and not path.name.endswith(("-wal", "-shm")):
                contents[str(path)] = [path.read_text()]
        return contents

    edit_text(team)
    writes, before = list(team.writes), state()
    assert findings(live)[0] == 1
    assert (team.writes, state()) == (writes, before)


def test_a_workspace_where_nothing_was_sent_has_no_drift_and_gets_no_state(
    tmp_path: Path,
) -> None:
    cli = Cli(tmp_path, {"WORKBENCH_CONFIG": str(tmp_path / "config")})
    (tmp_path / "workbench.toml").write_text("")
    assert (cli.here("drift").code, (tmp_path / ".workbench").exists()) == (0, False)
    assert cli.here("drift", "team").code == 2


def test_what_was_deployed_and_never_arrived_is_drift(cli: Cli, team: LabelServer) -> None:
    assert cli.here("deploy", "triage@1.0.0", "production", "--no-publish").code == 0
    code, drifts = findings(cli)
    assert (code, [(f["kind"], f["environment"]) for f in drifts]) == (
        1,
        [("missing", "production")],
    )
    assert cli.here("drift", "--repair").code == 0
    assert team.shelf("triage").labels == {"production": "1"}


def unpublished(cli: Cli) -> None:
    path = cli.root / "workbench.toml"
    path.write_text(path.read_text().replace('publish = ["team"]', "publish = []"))


def test_a_pointer_is_compared_with_what_is_live_and_not_with_what_was_sent(
    cli: Cli, team: LabelServer
) -> None:
    unpublished(cli)
    assert cli.here("deploy", "triage@1.0.0", "production").code == 0
    assert cli.here("export", "team", "triage@production").code == 0
    assert findings(cli) == (0, [])
    assert cli.here("deploy", "triage@1.0.1", "production").code == 0
    code, drifts = findings(cli)
    shown = [(f["kind"], f["ours"], f["theirs"]) for f in drifts]
    assert (code, shown) == (1, [("missing", "1.0.1", None), ("pointer", "1.0.1", "1.0.0 (1)")])
    # A colleague sends it and moves the pointer: that is what is live, and stays.
    assert cli.here("export", "team", "triage@1.0.1").code == 0
    assert team.shelf("triage").labels == {"production": "2"}
    assert findings(cli) == (0, [])
    assert cli.here("drift", "--repair").code == 0
    assert team.shelf("triage").labels == {"production": "2"}


def test_a_repair_moves_pointers_to_what_is_live_and_never_back(
    cli: Cli, team: LabelServer
) -> None:
    unpublished(cli)
    assert cli.here("deploy", "triage@1.0.0", "production").code == 0
    assert cli.here("export", "team", "triage@production").code == 0
    assert cli.here("deploy", "triage@1.0.1", "production").code == 0
    assert cli.here("drift", "--repair").code == 0
    shelf = team.shelf("triage")
    assert (shelf.labels, shelf.versions[1]["version"]) == ({"production": "2"}, "1.0.1")
    retired = cli.here(
        "retire", "triage", "production", "--reason", "unused", "--no-publish", "--json"
    )
    assert retired.json["behind"][0]["version"] == "1.0.1"
    assert "workbench drift team --repair" in retired.err
    assert [(f["kind"], f["ours"]) for f in findings(cli)[1]] == [("pointer", None)]
    assert cli.here("drift", "--repair").code == 0
    assert shelf.labels == {}


def test_a_revoked_version_that_is_still_served_there_is_said(live: Cli, team: LabelServer) -> None:
    assert live.here("revoke", "triage@1.0.0", "--reason", "leaks").code == 0
    assert findings(live) == (0, [])  # nobody is served it
    move_label(team)
    assert [(f["kind"], f["ours"], f["theirs"]) for f in findings(live)[1]] == [
        ("revoked", "1.0.1", "1.0.0 (1)")
    ]
    assert live.here("drift", "--repair").code == 0
    assert team.shelf("triage").labels == {"production": "2"}
    assert live.here("revoke", "triage@1.0.1", "--reason", "leaks too").code == 0
    code, drifts = findings(live)
    assert (code, [(f["kind"], f["ours"], f["theirs"]) for f in drifts]) == (
        1,
        [("revoked", "1.0.1", "1.0.1 (2)")],
    )
    assert drifts[0]["says"] == (
        "triage: team serves 1.0.1 (2) in production, which is revoked, and 1.0.1 is live here"
    )
    assert live.here("drift", "--repair").code == 1
    assert live.here("retire", "triage", "production", "--reason", "leaks").code == 0
    assert findings(live) == (0, [])


def test_a_file_of_a_revoked_version_is_said_until_it_is_gone(cli: Cli) -> None:
    assert cli.here("export", "json", "triage@1.0.0", "-o", "live.json").code == 0
    assert cli.here("revoke", "triage@1.0.0", "--reason", "leaks").code == 0
    assert [f["kind"] for f in findings(cli, "json")[1]] == ["revoked"]
    (cli.root / "live.json").unlink()
    assert findings(cli, "json") == (0, [])


def test_no_drift_says_what_was_compared_and_what_was_not(cli: Cli, team: LabelServer) -> None:
    team.always = "503"
    assert cli.here("export", "team", "triage@1.0.0").code == 4
    assert cli.here("drift").out == "nothing was sent to team yet\n"
    team.always = ""
    assert cli.here("export", "team", "triage@1.0.0").code == 0
    assert cli.here("drift").out == "no drift: 1 version or pointer compared in 1 target\n"
    assert cli.here("deploy", "triage@1.0.0", "production").code == 0
    assert cli.here("drift").out == "no drift: 2 versions and pointers compared in 1 target\n"


def test_a_target_that_does_not_answer_is_no_drift(live: Cli, team: LabelServer) -> None:
    team.always = "503"
    done = live.here("drift", "--json")
    assert (done.code, done.json["drift"]) == (4, False)
    assert "answers 503" in done.json["targets"][0]["error"]
    team.always, team.key = "", "another"
    assert live.here("drift").code == 2


def test_theirs_becomes_a_draft_and_overwrites_none(live: Cli, team: LabelServer) -> None:
    ours = live.root / "prompts" / "triage.prompty"
    before = ours.read_bytes()
    add_newer(team)
    taken = live.here("drift", "--take", "--json")
    assert (taken.code, ours.read_bytes()) == (1, before)
    (path,) = taken.json["drafts"]
    assert Path(path).name == "triage_team.prompty"
    assert "Say {{ ticket }}" in Path(path).read_text()
    assert live.here("drift", "--take", "--json").json["drafts"] == [path]
    team.shelf("triage").versions[-1]["content"]["messages"][0]["content"] = "Sing {{ ticket }}"
    (other,) = live.here("drift", "--take", "--json").json["drafts"]
    assert Path(other).name == "triage_team-3.prompty"
    ours.unlink()
    Path(path).unlink()
    assert Path(live.here("drift", "--take", "--json").json["drafts"][0]) == ours


def test_a_file_that_was_edited_or_removed_is_found(cli: Cli) -> None:
    file = cli.root / "live.json"
    for version in ("1.0.0", "1.0.1"):
        assert cli.here("export", "json", f"triage@{version}", "-o", "live.json").code == 0
    assert findings(cli, "json") == (0, [])
    file.write_text(file.read_text().replace("better", "edited"))
    code, drifts = findings(cli, "json")
    assert (code, [(f["kind"], f["version"]) for f in drifts]) == (1, [("content", "1.0.1")])
    (draft,) = cli.here("drift", "json", "--take", "--json").json["drafts"]
    assert (Path(draft).name, "edited" in Path(draft).read_text()) == ("triage_json.prompty", True)
    file.unlink()
    assert [f["kind"] for f in findings(cli, "json")[1]] == ["deleted"]
    assert cli.here("drift", "json", "--repair").code == 0
    assert '"content": "better"' in file.read_text()


def test_theirs_is_not_ahead_where_ours_says_the_same(cli: Cli, team: LabelServer) -> None:
    assert cli.here("export", "team", "triage@1.0.0").code == 0
    ours = team.shelf("triage").versions[0]["content"]
    system = {"role": "system", "content": "better"}
    team.add("triage", "", {**ours, "messages": [system, ours["messages"][1]]})
    assert findings(cli)[1][0]["kind"] == "ahead"
    assert cli.here("export", "team", "triage@1.0.1").code == 0
    assert findings(cli) == (0, [])
