"""In which form an endpoint takes its requests is known to the next process."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer, Reply
from tests.support.specs import make_prompt, make_spec, start
from workbench.actions.refs import resolve
from workbench.actions.running.run import try_case
from workbench.actions.session import Session
from workbench.datasets.values import Case
from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.forms import FORMS
from workbench.workspace import open_workspace

DRAFT = """\
---
name: p
model: {id: m, provider: mock, options: {max_tokens: 8}}
---
user:
hi
"""


def refuses(*words: str) -> Callable[[Any, Mapping[str, Any]], Reply]:
    def script(messages: list[dict[str, Any]], options: Mapping[str, Any]) -> Reply:
        for word in words:
            if word in options:
                error = {"message": f"Unsupported parameter: '{word}'.", "param": word}
                return Reply(status=400, body={"error": error})
        return Reply(str(messages[-1]["content"]))

    return script


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "p.prompty").write_text(DRAFT)
    return tmp_path


def tried(root: Path, server: OpenAIServer) -> Answer:
    """One trial by a process that knows nothing but what the workspace keeps."""
    FORMS.forget()
    (root / "workbench.toml").write_text(f'[providers.mock]\nbase_url = "{server.base_url}"\n')
    with Session(open_workspace(root)) as session:
        prompt = resolve(session, "p").prompt
        return try_case(session, prompt, Case("1", {"x": "y"}), on_text=lambda _text: None)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(refuses("stream_options", "max_tokens")) as running:
        yield running


def test_a_later_trial_makes_no_call_that_is_refused(root: Path, server: OpenAIServer) -> None:
    attempts = [tried(root, server).attempts for _ in range(3)]
    assert (attempts, server.calls) == ([3, 1, 1], 5)


def test_nor_does_a_run_after_a_trial_or_another_run(root: Path, server: OpenAIServer) -> None:
    store = root / ".workbench" / "runs.db"
    store.parent.mkdir()
    prompt = make_prompt(max_tokens=8)
    for calls in (4, 3):
        FORMS.forget()
        spec = make_spec(3, prompt=prompt, concurrency=1, fresh=True)
        assert start(spec, server.base_url, store).wait(30).calls == calls
    assert tried(root, server).outcome is Outcome.OK


def test_an_endpoint_that_changed_is_learned_anew(root: Path) -> None:
    with OpenAIServer(refuses("max_tokens")) as server:
        assert [tried(root, server).attempts for _ in range(2)] == [2, 1]
        server.script = refuses("max_completion_tokens")
        assert [tried(root, server).attempts for _ in range(2)] == [2, 1]


def test_what_is_old_or_strange_is_found_out_again(root: Path, server: OpenAIServer) -> None:
    tried(root, server)
    for change in ("learned_at = 0", """form = '{"token_limit": "tools"}', learned_at = 1e12"""):
        with sqlite3.connect(root / ".workbench" / "runs.db") as db:
            db.execute(f"UPDATE forms SET {change}")
        answer = tried(root, server)
        assert (answer.outcome, answer.attempts) == (Outcome.OK, 3)


def test_a_trial_where_nothing_can_be_kept_goes_on(root: Path, server: OpenAIServer) -> None:
    (root / ".workbench").symlink_to(root / "elsewhere")
    assert [tried(root, server).text for _ in range(2)] == ["hi", "hi"]
    assert not (root / "elsewhere").exists()
