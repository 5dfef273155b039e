"""Half-price runs: submit, leave, come back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.batch_server import BatchServer, Line, done
from tests.support.openai_server import OpenAIServer
from tests.support.specs import make_spec, provider_at, start
from workbench.errors import BatchRefused, ProviderError, UsageError
from workbench.providers.base import Outcome
from workbench.runs.engine.batches import attach_batch, submit_batch
from workbench.runs.engine.engine import start_run
from workbench.runs.spec.values import RunStatus
from workbench.runs.store.store import RunStore

PRICES = {"mock-model": {"input": 2.0, "output": 4.0}}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


def test_a_batch_is_sent_left_and_collected_at_half_the_price(store: Path) -> None:
    spec = make_spec(6, repeats=2)
    with BatchServer() as server:
        open_it = provider_at(server.base_url, prices=PRICES)
        sent = submit_batch(spec, open_it, store)
        assert sent.status is RunStatus.INCOMPLETE
        assert "batch-0" in sent.reason and sent.scored == 0
        assert len(server.requests("batch-0")) == 12
        assert server.batches["batch-0"]["metadata"] == {"workbench_run": sent.run_id}

        early = attach_batch(sent.run_id, spec, open_it, store)
        assert "in_progress" in early.reason and early.status is RunStatus.INCOMPLETE

        server.finish()
        over = attach_batch(sent.run_id, spec, open_it, store)
    assert (over.run_id, over.status) == (sent.run_id, RunStatus.COMPLETE)
    assert (over.scored, over.score, over.calls) == (12, 1.0, 12)
    assert over.cost_usd == pytest.approx(0.5 * 12 * (3 * 2.0 + 1 * 4.0) / 1e6)
    with pytest.raises(UsageError, match="no batch under way"):
        attach_batch(sent.run_id, spec, open_it, store)


def test_what_an_expired_batch_did_not_answer_can_be_resumed(store: Path) -> None:
    def half(requests: list[Line]) -> tuple[list[Line], list[Line]]:
        expired = [
            {"custom_id": item["custom_id"], "response": None, "error": {"code": "batch_expired"}}
            for item in requests[3:]
        ]
        return [done(item) for item in requests[:3]], expired

    spec = make_spec(6)
    with BatchServer() as server:
        open_it = provider_at(server.base_url)
        sent = submit_batch(spec, open_it, store)
        with pytest.raises(UsageError, match="a batch under way"):
            start_run(spec, open_it, store, resume=sent.run_id)
        server.finish("expired", half)
        over = attach_batch(sent.run_id, spec, open_it, store)
        assert over.status is RunStatus.INCOMPLETE
        assert (over.scored, over.errors) == (3, 0)
        assert "expired" in over.reason and "3 of 6" in over.reason
        live = start_run(spec, open_it, store, resume=sent.run_id)
        live.abort()
        live.wait(30)


def test_bad_lines_are_errors_of_their_cases_alone(store: Path) -> None:
    def mixed(requests: list[Line]) -> tuple[list[Line], list[Line]]:
        refused = {"custom_id": requests[1]["custom_id"], "response": {"status_code": 400}}
        refused["response"]["body"] = {"error": {"message": "too long\x1b[2J"}}
        broken = {"custom_id": requests[2]["custom_id"], "response": {"status_code": 200}}
        strange = [{"custom_id": "99-0", "response": None}, {"custom_id": "what"}, {"x": 1}]
        return [done(requests[0]), broken, *strange, done(requests[3], finish="length")], [refused]

    spec = make_spec(4)
    with BatchServer() as server:
        open_it = provider_at(server.base_url)
        sent = submit_batch(spec, open_it, store)
        server.finish("completed", mixed)
        over = attach_batch(sent.run_id, spec, open_it, store)
    with RunStore(store) as opened:
        answers = {r.case_id: r.answer for r in opened.results(sent.run_id)}
    assert [answers[f"c{n}"].outcome for n in range(4)] == [
        Outcome.OK,
        Outcome.PROVIDER_ERROR,
        Outcome.INVALID,
        Outcome.TRUNCATED,
    ]
    assert answers["c1"].error.isprintable()
    assert (over.status, over.scored, over.errors) == (RunStatus.INCOMPLETE, 2, 2)


def test_cached_answers_are_not_sent_and_batch_answers_are_kept(store: Path) -> None:
    with BatchServer() as server:
        open_it = provider_at(server.base_url)
        first = submit_batch(make_spec(3), open_it, store)
        server.finish()
        attach_batch(first.run_id, make_spec(3), open_it, store)
        second = submit_batch(make_spec(5), open_it, store)
        assert [item["custom_id"] for item in server.requests("batch-1")] == ["3-0", "4-0"]
        third = submit_batch(make_spec(3), open_it, store)
    assert (second.cached, second.scored) == (3, 3)
    assert third.status is RunStatus.COMPLETE


def test_a_crash_between_sending_and_noting_finds_the_batch_again(store: Path) -> None:
    spec = make_spec(3)
    with BatchServer() as server:
        open_it = provider_at(server.base_url)
        sent = submit_batch(spec, open_it, store)
        with RunStore(store) as opened:
            opened.database.execute("UPDATE batches SET batch_id = 'submitting'")
        server.finish()
        assert attach_batch(sent.run_id, spec, open_it, store).status is RunStatus.COMPLETE
        assert len(server.batches) == 1


def test_an_endpoint_without_batches_says_so_and_the_run_can_go_on(store: Path) -> None:
    spec = make_spec(3)
    with OpenAIServer() as server:
        open_it = provider_at(server.base_url)
        with pytest.raises(ProviderError) as caught:
            submit_batch(spec, open_it, store)
        assert "127.0.0.1" in str(caught.value)
        with RunStore(store) as opened:
            run_id = opened.summaries()[0].run_id
        with pytest.raises(UsageError, match="no batch under way"):
            attach_batch(run_id, spec, open_it, store)
        assert start(spec, server.base_url, store, resume=run_id).wait(30).scored == 3


def test_what_is_sent_is_what_a_call_would_send(store: Path) -> None:
    with BatchServer() as server:
        submit_batch(make_spec(1), provider_at(server.base_url), store)
        (line,) = server.requests("batch-0")
    assert line["method"] == "POST" and line["url"] == "/v1/chat/completions"
    assert json.dumps(line["body"]["messages"][-1]["content"]) == '"ticket 0"'
    assert line["body"]["model"] == "mock-model"


def test_a_batch_that_could_exceed_its_budget_is_not_sent(store: Path) -> None:
    with BatchServer() as server:
        priced = provider_at(server.base_url, prices=PRICES)
        with pytest.raises(
            UsageError, match=r"may cost 0\.0\d+ USD, more than its budget of 1e-07"
        ):
            submit_batch(make_spec(3, budget_usd=1e-7), priced, store)
        with pytest.raises(UsageError, match="no price is known"):
            submit_batch(make_spec(3, budget_usd=5.0), provider_at(server.base_url), store)
        assert (server.files, server.batches) == ({}, {})
        with RunStore(store) as opened:
            assert opened.summaries() == []
        assert "batch-0" in submit_batch(make_spec(3, budget_usd=1.0), priced, store).reason


def test_stored_answers_do_not_count_toward_the_budget_of_a_batch(store: Path) -> None:
    with BatchServer() as server:
        priced = provider_at(server.base_url, prices=PRICES)
        sent = submit_batch(make_spec(3), priced, store)
        server.finish()
        attach_batch(sent.run_id, make_spec(3), priced, store)
        cheap = make_spec(3, budget_usd=1e-7)
        assert submit_batch(cheap, priced, store).status is RunStatus.COMPLETE


@pytest.mark.parametrize("status", [400, 401, 404, 429])
def test_a_refused_batch_leaves_the_run_free_to_go_on(store: Path, status: int) -> None:
    spec = make_spec(3)
    with BatchServer() as server:
        open_it = provider_at(server.base_url)
        server.refusal = status
        named: list[str] = []
        with pytest.raises(BatchRefused):
            submit_batch(spec, open_it, store, named.append)
        with RunStore(store) as opened:
            (run,) = opened.summaries()
        assert named == [run.run_id]
        assert run.reason == "the batch was not sent; 3 of 3 not answered yet"
        assert start(spec, server.base_url, store, resume=run.run_id).wait(30).scored == 3


def test_a_batch_that_may_have_started_has_to_be_looked_for(store: Path) -> None:
    spec = make_spec(3)
    with BatchServer() as server:
        open_it = provider_at(server.base_url)
        server.refusal = 500
        with pytest.raises(ProviderError):
            submit_batch(spec, open_it, store)
        with RunStore(store) as opened:
            (run,) = opened.summaries()
            assert opened.batch_of(run.run_id)
        assert "not known" in run.reason
        with pytest.raises(UsageError, match=f"--attach {run.run_id}"):
            start(spec, server.base_url, store, resume=run.run_id)
        assert "never started" in attach_batch(run.run_id, spec, open_it, store).reason
        assert start(spec, server.base_url, store, resume=run.run_id).wait(30).scored == 3
