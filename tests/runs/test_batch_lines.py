"""What the lines of a batch's answers may be: none of them costs the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.batch_server import BatchServer, Line, done
from tests.support.specs import make_spec, provider_at
from workbench.errors import UsageError
from workbench.present.run_remarks import remarks
from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.batches import attach_batch, submit_batch
from workbench.runs.spec.values import RunStatus, RunSummary
from workbench.runs.store.store import RunStore

Work = Callable[[list[Line]], tuple[list[Line], list[Line]]]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


def collected(store: Path, work: Work, repeats: int = 1) -> tuple[RunSummary, dict[str, Answer]]:
    """A batch of four cases whose answers `work` makes, once it was attached to."""
    spec = make_spec(4, repeats=repeats)
    with BatchServer() as server:
        open_it = provider_at(server.base_url, prices={"mock-model": {"input": 1.0, "output": 1.0}})
        sent = submit_batch(spec, open_it, store)
        server.finish("completed", work)
        over = attach_batch(sent.run_id, spec, open_it, store)
        with pytest.raises(UsageError, match="no batch under way"):
            attach_batch(sent.run_id, spec, open_it, store)
    with RunStore(store) as opened:
        answers = {r.case_id: r.answer for r in opened.results(sent.run_id)}
    return over, answers


def refused(request: Line, status: int, **error: Any) -> Line:
    """The line of a request that got an error status."""
    response = {"status_code": status, "body": {"error": error}}
    return {"custom_id": request["custom_id"], "response": response}


@pytest.mark.exhaustive(keep=5)
@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (429, {"message": "over quota", "code": "insufficient_quota"}, "over quota"),
        (400, {"message": "bad image"}, "bad image"),
        (403, {"message": "it was flagged"}, "answered 403: it was flagged"),
        (401, {"message": "no such key"}, "answered 401: no such key"),
        (404, {"message": "no such model"}, "no such model"),
        (402, {}, "402"),
        (302, {}, "redirects"),
    ],
)
def test_a_refused_line_is_the_error_of_its_case_alone(
    store: Path, status: int, error: dict[str, Any], message: str
) -> None:
    over, answers = collected(
        store, lambda rs: ([done(r) for r in rs[:3]], [refused(rs[3], status, **error)])
    )
    assert (over.status, over.scored, over.errors) == (RunStatus.INCOMPLETE, 3, 1)
    assert message in answers["c3"].error


def test_an_error_with_status_200_is_the_error_of_its_case_alone(store: Path) -> None:
    body = {"error": {"code": "insufficient_quota", "message": "over quota"}}

    def work(requests: list[Line]) -> tuple[list[Line], list[Line]]:
        spoilt = done(requests[0])
        spoilt["response"]["body"] = body
        return [spoilt, *map(done, requests[1:])], []

    over, answers = collected(store, work)
    assert (over.scored, over.errors) == (3, 1)
    assert "over quota" in answers["c0"].error


@pytest.mark.exhaustive(keep=5)
@pytest.mark.parametrize("strange", ["00-0", "\u00b2-0", "0-7", "999-0", "-1-0", "0-0-0", "", 5])
def test_a_line_that_fits_no_question_is_noted_and_nothing_else(
    store: Path, strange: str | int
) -> None:
    over, _ = collected(
        store, lambda rs: ([*map(done, rs), {**done(rs[0]), "custom_id": strange}], [])
    )
    assert (over.status, over.scored, over.calls) == (RunStatus.COMPLETE, 4, 4)
    assert remarks(over.environment) == ["1 line of the batch fit none of its questions"]


def test_lines_that_cannot_be_read_are_counted(store: Path) -> None:
    spec = make_spec(4)
    with BatchServer() as server:
        open_it = provider_at(server.base_url)
        sent = submit_batch(spec, open_it, store)
        good = [json.dumps(done(request)).encode() for request in server.requests("batch-0")]
        lines = [b"\xff\xfe no", b"[1]", b"", b"[" * 100_000, *good[:3], good[3][:-9]]
        server.batches["batch-0"] |= {
            "status": "completed",
            "output_file_id": server.keep(b"\n".join(lines)),
        }
        over = attach_batch(sent.run_id, spec, open_it, store)
    assert (over.scored, over.errors) == (3, 0)
    assert "1 of 4 not answered yet" in over.reason
    assert "4 lines of the batch" in remarks(over.environment)[0]


def test_of_several_lines_for_one_question_the_first_answer_counts_and_says_so(
    store: Path,
) -> None:
    def work(requests: list[Line]) -> tuple[list[Line], list[Line]]:
        other = done(requests[0])
        other["response"]["body"]["choices"][0]["message"]["content"] = "another"
        failed = refused(requests[1], 500, message="broken")
        return [*map(done, requests), other], [failed]

    over, answers = collected(store, work)
    assert (over.status, over.scored, over.score, over.calls) == (RunStatus.COMPLETE, 4, 1.0, 4)
    note = "the batch answered it 2 times, the first answer counts"
    assert [answers[f"c{n}"].note for n in range(4)] == [note, note, "", ""]
    assert answers["c0"].outcome is Outcome.OK
    assert remarks(over.environment) == [f"{note} (2 answers)"]
