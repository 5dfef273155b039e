"""Cases that fail are missing: the gate counts them as lost, and only they are asked again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.conftest import answer, make_cli
from tests.support.openai_server import OpenAIServer, Reply


def test_a_gate_refuses_what_fails_and_asks_only_that_again(tmp_path: Path) -> None:
    broken = {f"case {number}" for number in range(0, 60, 10)}

    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply | str:
        return Reply("no", 400) if messages[-1]["content"] in broken else answer(messages, options)

    with OpenAIServer(script) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        cli.say("best")
        cli.here("register", "triage", "-d", "first")
        refused = cli.here("evaluate", "triage@1.0.0", "--full", "--json")
        assert refused.code == 4, refused.err
        assert (refused.json["gate"], refused.json["missing"]) == ("no_decision", 6)
        assert cli.here("deploy", "triage@1.0.0", "staging").code == 5
        broken.clear()
        before = server.calls
        passed = cli.here("evaluate", "triage@1.0.0", "--full", "--json")
        assert (passed.code, passed.json["gate"]) == (0, "pass")
        assert server.calls - before == 6
        assert cli.here("deploy", "triage@1.0.0", "staging").code == 0
