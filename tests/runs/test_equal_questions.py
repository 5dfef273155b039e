"""Cases that ask the very same: each keeps the answer that it got."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer
from tests.support.specs import make_spec, start
from workbench.datasets.values import Case
from workbench.runs.spec.plan import Plan
from workbench.runs.spec.values import RunSpec
from workbench.runs.store.store import RunStore

WAIT_S = 60.0
PAIRS = 12


class Moody:
    """Never says the same twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()

    def __call__(self, messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
        with self._lock:
            return f"answer {next(self._numbers)}"


def twins(**options: Any) -> RunSpec:
    """Pairs of cases with the same input."""
    cases = [Case(f"{side}{n}", {"ticket": f"t {n}"}) for n in range(PAIRS) for side in "ab"]
    return make_spec(cases=cases, **options)


def answers(path: Path, run_id: str) -> dict[tuple[str, int], str]:
    with RunStore(path, create=False) as store:
        return {(r.case_id, r.repeat): r.answer.text for r in store.results(run_id)}


@pytest.mark.exhaustive
def test_a_second_run_gives_each_of_two_equal_cases_its_own_answer_again(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with OpenAIServer(Moody()) as server:
        first = start(twins(repeats=2), server.base_url, path).wait(WAIT_S)
        again = start(twins(repeats=2), server.base_url, path).wait(WAIT_S)
    assert (first.calls, again.calls, again.cached) == (4 * PAIRS, 0, 4 * PAIRS)
    assert answers(path, again.run_id) == answers(path, first.run_id)
    assert len(set(answers(path, first.run_id).values())) == 4 * PAIRS


def test_neither_the_order_of_a_run_nor_what_is_left_of_it_changes_whose_answer_it_is(
    tmp_path: Path,
) -> None:
    path = tmp_path / "runs.db"
    spec = twins(concurrency=1)
    with OpenAIServer(Moody()) as server:
        first = start(spec, server.base_url, path).wait(WAIT_S)
        backwards = replace(spec, cases=spec.cases[::-1])
        again = start(backwards, server.base_url, path).wait(WAIT_S)
        assert (again.calls, again.cached) == (0, 2 * PAIRS)
    assert answers(path, again.run_id) == answers(path, first.run_id)
    plan = Plan(spec, {"endpoint": "x"})
    keys = {item.case.id: item.key for chunk in plan.chunks(frozenset()) for item in chunk}
    done = {(case.id, 0) for case in spec.cases if case.id.startswith("a")}
    left = [item for chunk in Plan(spec, {"endpoint": "x"}).chunks(done) for item in chunk]
    assert {item.case.id: item.key for item in left} == {
        name: key for name, key in keys.items() if name.startswith("b")
    }
    alone = Plan(spec, {"endpoint": "x"}).planned(spec.cases[-1], 0)
    assert alone.key == keys[spec.cases[-1].id]


def test_a_question_that_is_asked_once_keeps_the_key_of_answers_stored_before() -> None:
    key = Plan(twins(), {"endpoint": "x"}).planned(twins().cases[0], 0).key.hex()
    assert key == "990d845c43d1eaf2e1b0fc1bbcb7be7de75b20b01d6041b739725d487c63407b"


def test_a_case_that_the_prompt_does_not_fit_is_no_equal_of_another(tmp_path: Path) -> None:
    cases = [Case("a", {"ticket": "t"}), Case("x", {"other": 1}), Case("b", {"ticket": "t"})]
    with OpenAIServer(Moody()) as server:
        path = tmp_path / "runs.db"
        first = start(make_spec(cases=cases), server.base_url, path).wait(WAIT_S)
        again = start(make_spec(cases=cases), server.base_url, path).wait(WAIT_S)
    assert (first.calls, first.errors, again.calls, again.errors) == (2, 1, 0, 1)
    assert answers(path, first.run_id) == answers(path, again.run_id)
