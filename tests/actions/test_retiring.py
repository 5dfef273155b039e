"""Live versions and drafts whose model retires are named, with the day and what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, make_cli
from tests.support.openai_server import OpenAIServer
from workbench.actions.session import Session
from workbench.actions.workspace.checks import Level
from workbench.actions.workspace.retiring import retirement_checks
from workbench.providers.retirements import READ, retires_on
from workbench.registry import PromptVersion
from workbench.settings import ProviderSettings
from workbench.workspace import open_workspace

OPENAI = ProviderSettings("openai", base_url="https://api.openai.com/v1")
DRAFT = "---\nname: {0}\nmodel: {{id: {1}, provider: openai}}\n---\nuser:\nHi\n"


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("gpt-5", date(2026, 12, 11)),
        ("gpt-5-mini-2025-08-07", date(2026, 12, 11)),
        ("o3", date(2026, 12, 11)),
        ("gpt-4o-mini", date(2027, 1, 14)),
        ("gpt-4.1-nano-2025-04-14", date(2027, 1, 14)),
        ("gpt-5.1", None),
        ("o3-pro", None),
        ("gpt-4", None),
        ("my-gpt-4o", None),
    ],
)
def test_what_was_announced_is_known_by_family(model: str, day: date | None) -> None:
    assert retires_on(OPENAI, model) == day
    elsewhere = ProviderSettings("mine", base_url="http://127.0.0.1:1/v1")
    assert retires_on(elsewhere, model) is None


def test_a_live_version_and_a_draft_are_named_without_a_call(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "workbench.toml").write_text(
        f'[providers.openai]\nbase_url = "{OPENAI.base_url}"\n', encoding="utf-8"
    )
    (tmp_path / "prompts" / "a.prompty").write_text(DRAFT.format("a", "gpt-4.1"))
    (tmp_path / "prompts" / "b.prompty").write_text(DRAFT.format("b", "gpt-6-luna"))
    workspace = open_workspace(tmp_path)
    with Session(workspace) as session:
        prompt = workspace.draft(tmp_path / "prompts" / "a.prompty").prompt
        session.registry.register(PromptVersion.of(prompt, "1.0.0", "first", "ana"))
        session.registry.register(PromptVersion("plain", "1.0.0", "text", "first", "ana"))
        for prompt_id in ("a", "plain"):
            session.registry.deploy(prompt_id, "1.0.0", "development", "ana")
    live, draft = retirement_checks(workspace, READ)
    assert live.message == (
        "a@1.0.0, live in development, asks gpt-4.1, which retires on 2027-01-14, in 48 days"
    )
    assert live.hint == "workbench compare a@1.0.0 --model gpt-4.1,NEW"
    assert (live.level, draft.level) == (Level.WARNING, Level.WARNING)
    assert draft.message.startswith("the draft prompts/a.prompty asks gpt-4.1")
    (late, _) = retirement_checks(workspace, date(2027, 1, 14))
    assert late.level is Level.PROBLEM and "retired on 2027-01-14" in late.message


def test_an_endpoints_own_list_is_said_with_a_probe(tmp_path: Path) -> None:
    with OpenAIServer(model="mock") as server:
        server.shutdown_dates = {"mock": "2099-01-31", "other": "2099-02-01", "odd": "soon"}
        cli: Cli = make_cli(tmp_path / "w", server.base_url)
        done = cli.here("doctor", "--probe")
        assert "asks mock, which retires on 2099-01-31" in done.out
        assert "which retires" not in cli.here("doctor").out, "without a call nothing is known"
