"""`workbench try` where no suite says what to try it on."""

from __future__ import annotations

import shutil

from tests.cli.conftest import DRAFT, Cli
from tests.support.openai_server import OpenAIServer


def test_inputs_of_ones_own_need_no_suite(fresh_cli: Cli, server: OpenAIServer) -> None:
    shutil.rmtree(fresh_cli.root / "evals")
    asked = server.calls
    refused = fresh_cli.here("try", "triage")
    assert (refused.code, refused.out, server.calls) == (2, "", asked)
    assert "--input ticket=…" in refused.err
    found = fresh_cli.here("try", "triage", "--input", "ticket=case 3", "--json")
    assert found.code == 0, found.err
    assert (found.json["text"], found.json["inputs"]) == ("billing", {"ticket": "case 3"})


def test_a_prompt_that_needs_no_inputs_needs_no_suite(fresh_cli: Cli) -> None:
    shutil.rmtree(fresh_cli.root / "evals")
    text = DRAFT.replace("inputs: [{name: ticket, kind: string}]\n", "")
    path = fresh_cli.root / "prompts" / "triage.prompty"
    path.write_text(text.replace("{{ ticket }}", "case 3"))
    found = fresh_cli.here("try", "triage", "--json")
    assert (found.code, found.json["text"], found.json["inputs"]) == (0, "billing", {})
    # A case by its id is one of a suite.
    assert fresh_cli.here("try", "triage", "--case", "c104").code == 2
