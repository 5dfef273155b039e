"""Tries are kept before they are answered, listed without their long texts, and forgotten."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.specs import make_prompt
from workbench.datasets.values import Case
from workbench.errors import NotFound
from workbench.providers.base import Answer, Outcome
from workbench.runs.forgetting.forgetter import Forgetter
from workbench.runs.store.forgetting import FORGOTTEN, inputs_digest
from workbench.runs.store.store import RunStore
from workbench.runs.tries.store import UNANSWERED, Tries
from workbench.runs.tries.values import Question

CASE = Case("typed-1", {"ticket": "I am Wilhelmina Quaderstein"}, "billing")
ANSWER = Answer(
    Outcome.OK,
    "Dear Quaderstein",
    latency_s=0.5,
    prompt_tokens=12,
    completion_tokens=3,
    cost_usd=0.01,
    model="gpt-x",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(tmp_path / "runs.db") as opened:
        yield opened


def question(**changes: object) -> Question:
    asked = Question(make_prompt(), "draft", CASE, draft="---\nthe text\n", start="I am Wilhelmina")
    return replace(asked, **changes)  # type: ignore[arg-type]


def test_a_question_is_kept_before_its_answer_and_whole_after_it(store: RunStore) -> None:
    tries = Tries(store.database)
    one = tries.begin(question(), "ana")
    (row,) = tries.rows()
    assert (row.outcome, row.answer_start, row.tried_by) == (Outcome.CANCELLED, "", "ana")
    assert tries.get(one).answer.error == UNANSWERED
    tries.finish(one, ANSWER)
    tried = tries.get(one)
    assert (tried.prompt, tried.case, tried.draft) == (make_prompt(), CASE, "---\nthe text\n")
    assert tried.row.fingerprint == make_prompt().fingerprint
    assert replace(tried.answer, answered_at="") == ANSWER
    assert (tried.row.cost_usd, tried.row.answer_start) == (0.01, "Dear Quaderstein")
    with pytest.raises(NotFound, match="no try 7"):
        tries.get(7)


def test_stars_filters_and_dropping(store: RunStore) -> None:
    tries = Tries(store.database)
    other = replace(make_prompt(), prompt_id="other")
    first, second = (tries.begin(question(prompt=p), "ana") for p in (make_prompt(), other))
    tries.star(first, True)
    assert [row.id for row in tries.rows(starred=True)] == [first]
    assert [row.id for row in tries.rows("other")] == [second]
    # What has a star is not dropped with what is old.
    assert tries.before("9999") == [second]
    assert tries.drop([second, 99]) == 1
    assert [row.id for row in tries.rows()] == [first]
    # The text that both had is still there; with the last of them it goes.
    assert tries.get(first).draft == "---\nthe text\n"
    tries.drop([first])
    assert store.database.execute("SELECT count(*) FROM contents").fetchone() == (0,)


def test_typed_inputs_are_kept_once_and_under_an_id_of_their_own(store: RunStore) -> None:
    tries = Tries(store.database)
    kept = tries.keep_typed("p", Case("given", {"x": "1"}))
    assert kept.id == "typed-1"
    assert tries.keep_typed("p", Case("given", {"x": "1"})) == kept
    assert tries.keep_typed("p", Case("given", {"x": "2"})).id == "typed-2"
    assert tries.keep_typed("p", Case("given", {"x": "3"})).id == "typed-3"
    assert [case.id for case in tries.typed("p")] == ["typed-1", "typed-2", "typed-3"]
    assert tries.typed("q") == ()


def test_forgetting_a_case_reaches_its_tries_down_to_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with RunStore(path) as store:
        tries = Tries(store.database)
        one = tries.begin(question(suite="triage"), "ana")
        tries.finish(one, ANSWER)
        two = tries.begin(question(case=Case("other", {"ticket": "another"})), "ana")
        tries.keep_typed("p", CASE)
    with closing(Forgetter(path)) as forgetter:
        held = {(item.case_set, item.suite, item.case.id) for item in forgetter.holdings()}
        assert held >= {("tries", "triage", "typed-1"), ("typed_cases", "p", "typed-1")}
        removed = forgetter.forget("typed-1", "triage", [inputs_digest(CASE)], "ana", "asked")
        assert (removed.answers, "Dear Quaderstein" in removed.outputs) == (1, True)
        assert forgetter.erase()
        again = forgetter.forget("typed-1", "triage", [inputs_digest(CASE)], "ana", "again")
        assert again.answers == 0
    assert not [p for p in tmp_path.iterdir() if b"Quaderstein" in p.read_bytes()]
    with RunStore(path) as store:
        tries = Tries(store.database)
        assert tries.get(one).answer.text == FORGOTTEN
        assert tries.get(one).case.inputs == {"ticket": FORGOTTEN}
        assert tries.get(one).row.outcome is Outcome.OK
        assert tries.get(two).case.inputs == {"ticket": "another"}
        assert tries.typed("p") == ()


def test_a_list_does_not_read_the_long_answers(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with RunStore(path) as store:
        tries = Tries(store.database)
        tries.finish(tries.begin(question(), "ana"), replace(ANSWER, text="word " * 4_000))
        columns = [row[1] for row in store.database.execute("PRAGMA table_info(tries)")][1:]
        names = ", ".join(columns)
        store.database.conn.execute(
            f"INSERT INTO tries ({names}) SELECT {names} FROM tries,"
            " (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)"
            " SELECT i FROM n)"
        )
        store.database.conn.commit()
        assert [row.id for row in tries.rows(limit=2)] == [2000, 1999]
        listed = least(lambda: tries.rows())
    with closing(sqlite3.connect(path)) as raw:
        everything = least(lambda: raw.execute("SELECT * FROM tries").fetchall())
    assert listed < everything


def least(call: Callable[[], object]) -> float:
    """Processor seconds of the fastest of three calls."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        call()
        taken.append(time.process_time() - began)
    return min(taken)
