"""The run store: what it remembers, finds and refuses."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.openai_server import OpenAIServer
from tests.support.specs import make_cases, make_spec, provider_at, start
from workbench.errors import NotFound, UsageError
from workbench.prompts.values import Input, Message, Model, Prompt
from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.engine import start_run
from workbench.runs.engine.result_queue import ResultQueue
from workbench.runs.spec.run_ids import new_run_id
from workbench.runs.spec.values import Result, RunStatus, RunSummary
from workbench.runs.store.holder import Holder, process_start, this_host, this_process
from workbench.runs.store.rows import answer_row, prompt_content, read_answer, read_prompt
from workbench.runs.store.store import KILLED, RunStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


def run(path: Path, number: int = 3, **options: object) -> RunSummary:
    with OpenAIServer() as server:
        return start(make_spec(number, **options), server.base_url, path).wait(30)  # type: ignore[arg-type]


def test_runs_are_listed_newest_first_and_by_prompt_and_suite(path: Path) -> None:
    first, second = run(path), run(path)
    with RunStore(path) as store:
        assert [s.run_id for s in store.summaries()] == [second.run_id, first.run_id]
        assert [s.run_id for s in store.summaries(limit=1)] == [second.run_id]
        assert len(store.summaries(prompt_id="echo", suite="echoes")) == 2
        assert store.summaries(prompt_id="other") == []
        assert store.summary(first.run_id) == first
        assert store.summary_or_none("r0") is None
        with pytest.raises(NotFound, match="r0"):
            store.results("r0")


def test_a_run_is_found_by_its_prompt_parts_and_cases(path: Path) -> None:
    spec = make_spec(4)
    done = run(path, 4)
    ids = [case.id for case in spec.cases]
    with RunStore(path) as store:
        assert store.find(spec.prompt.fingerprint, spec.suite.parts, ids) == done.run_id
        assert store.find(spec.prompt.fingerprint, spec.suite.parts, ids[:2]) == done.run_id
        assert store.find(spec.prompt.fingerprint, spec.suite.parts, [*ids, "c9"]) is None
        assert store.find("other", spec.suite.parts, ids) is None
        parts = spec.suite.parts | {"scorers": "other"}
        assert store.find(spec.prompt.fingerprint, parts, ids) is None


def test_cases_of_the_same_names_and_other_contents_are_not_found(path: Path) -> None:
    spec = make_spec(2)
    run(path, 2)
    parts = {"scorers": spec.suite.parts["scorers"]}
    changed = [replace(make_cases(2)[0], expected="other"), make_cases(2)[1]]
    with RunStore(path) as store:
        find = store.find(spec.prompt.fingerprint, parts, ["c0", "c1"], cases=spec.cases)
        assert find is not None
        assert store.find(spec.prompt.fingerprint, parts, ["c0", "c1"], cases=changed) is None


def test_what_answers_cost_is_known_when_they_come_from_the_cache(path: Path) -> None:
    spec = make_spec(4)
    with OpenAIServer() as server:
        prices = {"mock-model": {"input": 4.0, "output": 10.0}}
        provider = provider_at(server.base_url, prices=prices)
        paid = start_run(spec, provider, path).wait(30)
        cached = start_run(spec, provider, path).wait(30)
        unpriced = start(make_spec(4, fresh=True), server.base_url, path).wait(30)
    assert (cached.calls, cached.cost_usd) == (0, 0.0)
    with RunStore(path) as store:
        assert paid.cost_usd and store.original_cost(paid.run_id) == pytest.approx(paid.cost_usd)
        assert store.original_cost(cached.run_id) == store.original_cost(paid.run_id)
        assert store.original_cost(unpriced.run_id) is None
        with pytest.raises(NotFound):
            store.original_cost("r0")


def test_a_person_can_label_an_answer_and_think_again(path: Path) -> None:
    done = run(path)
    with RunStore(path) as store:
        store.label(done.run_id, "c1", 0, "good", "")
        store.label(done.run_id, "c1", 0, "bad", "tone")
        store.label(done.run_id, "c0", 0, "good")
        labels = [(item.case_id, item.label, item.note) for item in store.labels(done.run_id)]
    assert labels == [("c0", "good", ""), ("c1", "bad", "tone")]


def test_a_run_whose_process_died_reads_incomplete(path: Path) -> None:
    done = run(path)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE runs SET status = 'running'")
        db.execute("UPDATE sessions SET ended_at = NULL, pid = 999999999")
    with RunStore(path) as store:
        summary = store.summary(done.run_id)
    assert (summary.status, summary.reason) == (RunStatus.INCOMPLETE, KILLED)


def test_a_lease_is_held_by_a_process_not_by_a_number() -> None:
    me = this_process()
    assert me.is_alive
    assert not replace(me, process_started="12345").is_alive
    assert not replace(me, pid=999999999).is_alive
    assert process_start(999999999) == ""
    now = time.time()
    assert Holder("elsewhere", 1, "1", now).is_alive
    assert not Holder("elsewhere", 1, "1", now - 3600).is_alive
    assert not Holder(this_host(), 1, "", now - 3600).is_alive
    assert not Holder(this_host(), 999999999, "", now).is_alive


def test_other_files_and_newer_stores_are_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        RunStore(tmp_path / "none.db", create=False)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE things (x)")
    with pytest.raises(UsageError, match="not a run store"):
        RunStore(other)
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"not a database at all" * 100)
    with pytest.raises(UsageError, match=r"garbage\.db"):
        RunStore(garbage)
    RunStore(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(UsageError, match="newer"):
        RunStore(path)


def test_a_stored_result_is_small(path: Path) -> None:
    RunStore(path).close()
    run(path, 10)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.stat().st_size
    run(path, 400, concurrency=16)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (path.stat().st_size - before) / 400 < 400


def test_ids_are_short_sortable_and_unique() -> None:
    early, late = new_run_id(1.0e9), new_run_id(3.0e9)
    assert early < new_run_id() < late
    assert len({new_run_id(1.0e9) for _ in range(20)}) == 20
    assert all(len(item) == 13 and item.isalnum() for item in (early, late))


def test_a_prompt_survives_the_store() -> None:
    prompt = Prompt(
        "p",
        (Message("system", "é\n"), Message("user", "{{ x }}")),
        Model("m", "openai", {"temperature": 0.5, "stopSequences": ["\n"]}),
        (Input("x", "string", False, "d", "what x is"),),
        outputs=[{"name": "queue", "kind": "string"}],
        tools=[{"name": "t"}],
        description="d",
    )
    assert read_prompt(prompt_content(prompt)) == prompt
    assert read_prompt(prompt_content(prompt)).fingerprint == prompt.fingerprint


def test_the_outbox_keeps_the_newest_and_says_what_it_dropped() -> None:
    box = ResultQueue(most=3)
    made = [Result(f"c{n}", 0, Answer(Outcome.OK), {}) for n in range(6)]
    box.put(10, made[:2])
    box.put(12, made[2:4])
    box.put(14, made[4:6])
    taken = box.take()
    assert (taken.first_id, taken.dropped) == (10, 4)
    assert taken.results == made[4:]
    assert box.take().results == []


def test_a_store_that_cannot_be_made_is_refused_at_once(tmp_path: Path) -> None:
    from tests.support.specs import provider_at

    with pytest.raises(UsageError, match="cannot open"):
        start_run(make_spec(2), provider_at("http://127.0.0.1:9/v1"), tmp_path / "no" / "runs.db")


def test_a_store_of_the_first_schema_is_brought_up_to_date(path: Path) -> None:
    from workbench.runs.store import database, migrations

    with sqlite3.connect(path) as db:
        for statement in migrations.M001_FIRST_SCHEMA:
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {database.APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
    assert run(path).status is RunStatus.COMPLETE
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (database.SCHEMA_VERSION,)
        assert db.execute("SELECT count(*) FROM batches").fetchone() == (0,)


def test_totals_agree_with_the_results(path: Path) -> None:
    run(path, 20)
    with sqlite3.connect(path) as db:
        stored = db.execute("SELECT scored, errors, score_sum FROM runs").fetchone()
        counted = db.execute(
            "SELECT count(json_extract(scores, '$[0]')), sum(failed),"
            " sum(json_extract(scores, '$[0]')) FROM results"
        ).fetchone()
    assert stored == counted == (20, 0, 20.0)


def test_the_file_is_its_users_alone(path: Path) -> None:
    RunStore(path).close()
    assert path.stat().st_mode & 0o077 == 0


def test_a_process_of_another_container_is_judged_by_its_heartbeat_alone() -> None:
    # Its number means nothing here, and may be that of another process or of none.
    now = time.time()
    space = Path("/proc/self/ns/pid")
    numbers = str(space.readlink()) if space.is_symlink() else ""
    assert this_host().endswith(numbers)
    there = this_host().removesuffix(numbers) + "pid:[1]"
    gone = 999999999
    assert Holder(there, gone, "1", now).is_alive
    assert not Holder(there, gone, "1", now - 3600).is_alive
    assert not Holder(this_host(), gone, "1", now).is_alive


def test_an_answer_of_blanks_that_0_1_0_kept_as_ok_is_read_as_empty() -> None:
    blank = Answer(Outcome.OK, " \n", cost_usd=0.5)
    assert read_answer((*answer_row(blank), ""), cached=True) == replace(
        blank, outcome=Outcome.EMPTY, cached=True
    )
    stored = Answer(Outcome.OK, "x")
    assert read_answer((*answer_row(stored), ""), cached=False) == stored
