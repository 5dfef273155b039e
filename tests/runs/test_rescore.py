"""New scores for stored answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.openai_server import OpenAIServer, Reply
from tests.support.specs import make_spec, start
from workbench.errors import NotFound, UsageError
from workbench.runs.rescore import rescore
from workbench.runs.store import RunStore
from workbench.runs.values import RunStatus
from workbench.scorers.catalog import make_scorer


def test_other_scorers_make_a_new_run_without_a_call(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with OpenAIServer(lambda messages, options: str(messages[-1]["content"]).upper()) as server:
        old = start(make_spec(6), server.base_url, path).wait(30)
        lenient = make_scorer("exact_match", {"ignore_case": True}, "test")
        with RunStore(path) as store:
            new = store.summary(rescore(old.run_id, [lenient], store))
            results = store.results(new.run_id)
            before = store.summary(old.run_id)
        assert server.calls == 6
    assert (old.score, new.score) == (0.0, 1.0)
    assert (new.status, new.calls, new.cached, new.cost_usd) == (RunStatus.COMPLETE, 0, 6, 0.0)
    assert new.suite_parts["scorers"] != old.suite_parts["scorers"]
    assert new.suite_parts["cases"] == old.suite_parts["cases"]
    assert new.environment["rescored_from"] == old.run_id
    assert {r.answer.text for r in results} == {f"TICKET {n}" for n in range(6)}
    assert before == old


def test_an_error_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"

    def script(messages: list[dict[str, object]], options: dict[str, object]) -> Reply | str:
        text = str(messages[-1]["content"])
        return Reply("no", status=400) if text == "ticket 1" else text

    with OpenAIServer(script) as server:
        old = start(make_spec(4), server.base_url, path).wait(30)
    with RunStore(path) as store:
        new = store.summary(rescore(old.run_id, make_spec(4).scorers, store))
    assert (new.status, new.scored, new.errors) == (RunStatus.INCOMPLETE, 3, 1)


def test_what_cannot_be_rescored_says_why(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with OpenAIServer(delay_s=0.3) as server:
        live = start(make_spec(200), server.base_url, path)
        with RunStore(path) as store:
            with pytest.raises(UsageError, match="still going on"):
                rescore(live.run_id, make_spec(1).scorers, store)
            live.abort()
            live.wait(30)
            with pytest.raises(UsageError, match="no scorers"):
                rescore(live.run_id, [], store)
            with pytest.raises(NotFound):
                rescore("r0", make_spec(1).scorers, store)
