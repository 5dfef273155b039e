"""What `workbench try` asked is kept, listed, compared, starred and dropped."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.cli.conftest import Cli


def test_every_try_is_kept_with_all_that_was_asked(fresh_cli: Cli) -> None:
    draft = fresh_cli.root / "prompts" / "triage.prompty"
    assert fresh_cli.here("tries", "list").code == 2
    first = fresh_cli.here("try", "triage", "--input", "ticket=case 3", "--json").json
    assert first["try"] == 1
    draft.write_text(draft.read_text().replace("user:\n", "user:\nPlease: "))
    assert fresh_cli.here("try", "triage", "--input", "ticket=case 3", "--json").json["try"] == 2
    listed = fresh_cli.here("tries", "list", "triage", "--json").json
    assert [row["try"] for row in listed["tries"]] == [2, 1]
    assert listed["more"] is False
    shown = fresh_cli.here("tries", "show", "1", "--json").json
    assert (shown["inputs"], shown["text"], shown["outcome"]) == (
        {"ticket": "case 3"},
        first["text"],
        "ok",
    )
    assert shown["latency_s"] is not None
    assert shown["draft"] != draft.read_text()
    changed = fresh_cli.here("tries", "diff", "1", "2")
    assert "+ Please: " in changed.out
    assert "inputs: the same" in changed.out


def test_a_star_keeps_a_try_when_old_ones_are_dropped(fresh_cli: Cli) -> None:
    for text in ("case 3", "case 4"):
        fresh_cli.here("try", "triage", "--input", f"ticket={text}")
    assert fresh_cli.here("tries", "star", "1").code == 0
    assert fresh_cli.here("tries", "star", "9").code == 2
    starred = fresh_cli.here("tries", "list", "--starred", "--json").json["tries"]
    assert [row["try"] for row in starred] == [1]
    assert fresh_cli.here("tries", "drop").code == 2
    assert fresh_cli.here("tries", "drop", "--before", "2999-01-01").code == 2  # not agreed to
    dropped = fresh_cli.here("tries", "drop", "--before", "2999-01-01", "--yes", "--json")
    assert dropped.json == {"dropped": 1}
    assert "case 4" not in fresh_cli.here("tries", "list").out


def test_a_workspace_that_cannot_keep_it_is_asked_all_the_same(fresh_cli: Cli) -> None:
    fresh_cli.here("try", "triage", "--input", "ticket=case 3")
    with closing(sqlite3.connect(fresh_cli.root / ".workbench" / "runs.db")) as runs:
        runs.execute("CREATE TRIGGER full BEFORE INSERT ON tries BEGIN"
                     " SELECT RAISE(FAIL, 'database or disk is full'); END")  # fmt: skip
    asked = fresh_cli.here("try", "triage", "--input", "ticket=case 3", "--json")
    assert (asked.code, asked.json["text"], asked.json["try"]) == (0, "billing", None)
    assert "not kept: database or disk is full" in asked.err
