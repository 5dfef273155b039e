"""`workbench draft`: an older version becomes the draft again."""

from __future__ import annotations

from pathlib import Path

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
