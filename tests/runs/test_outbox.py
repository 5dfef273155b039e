"""What is to be sent is kept until it arrived."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.runs.store.outbox import Delivery, Outbox, Parcel, Step, unkept_outbox
from workbench.runs.store.outbox_lock import alone
from workbench.runs.store.store import RunStore

VERSION = Parcel("team", "triage", "1.0.0", approved_for="production", reason="a hotfix")
POINTER = Parcel("team", "triage", "1.0.0", "production", approved_for="production")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with RunStore(tmp_path / "runs.db") as store:
        yield store.outbox


def test_a_row_says_how_far_it_came_and_why_it_did_not_arrive(outbox: Outbox) -> None:
    version, pointer = outbox.queue([VERSION, POINTER])
    assert (version.parcel, pointer.parcel) == (VERSION, POINTER)
    assert version.step is pointer.step is Step.QUEUED
    outbox.begin(version, Step.SEND, 2)
    outbox.failed(version, "it does not answer", retry_in_s=60)
    outbox.failed(pointer, "refused", retry_in_s=None)
    version, pointer = outbox.unfinished("team")
    assert (version.state, version.step, version.attempts) == (Delivery.PENDING, Step.SEND, 2)
    assert version.last_error == "it does not answer"
    assert datetime.fromisoformat(version.next_attempt) > datetime.now(UTC)
    assert (pointer.state, pointer.next_attempt) == (Delivery.FAILED, "")
    outbox.done(version, ref="7", content="abc")
    assert [row.id for row in outbox.unfinished()] == [pointer.id]
    (done,) = outbox.rows(state=Delivery.DONE)
    assert (done.ref, done.content, done.last_error, done.next_attempt) == ("7", "abc", "", "")


def test_a_version_and_a_pointer_have_one_row_each_whatever_is_queued(outbox: Outbox) -> None:
    (row,) = outbox.queue([VERSION])
    outbox.begin(row, Step.READ, 3)
    assert outbox.queue([VERSION])[0].attempts == 3
    outbox.done(row, ref="7", content="abc")
    again = outbox.queue([VERSION])[0]
    assert (again.id, again.state, again.attempts, again.ref) == (row.id, "pending", 0, "7")
    for version in ("1.0.0", "1.1.0", ""):
        outbox.queue([Parcel("team", "triage", version, "production")])
    outbox.queue([Parcel("team", "triage", "1.0.0", "staging")])
    outbox.queue([Parcel("team", "triage", "1.0.0", output="/tmp/a.json")])
    outbox.queue([Parcel("other", "triage", "1.0.0")])
    assert [(r.version, r.environment) for r in outbox.rows("team")] == [
        ("1.0.0", ""),
        ("1.0.0", ""),
        ("", "production"),
        ("1.0.0", "staging"),
    ]
    outbox.drop(again)
    assert again.id not in [row.id for row in outbox.rows()]


def test_all_parcels_are_queued_or_none(outbox: Outbox) -> None:
    bad = Parcel("team", "triage", None)  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        outbox.queue([VERSION, bad])
    assert outbox.rows() == []


def test_two_never_work_on_it_at_once(tmp_path: Path) -> None:
    tries = threading.Event()
    order: list[str] = []

    def second() -> None:
        tries.set()
        with alone(tmp_path):
            order.append("second in")

    thread = threading.Thread(target=second)
    with alone(tmp_path):
        thread.start()
        assert tries.wait(30)
        assert not order
        order.append("first out")
    thread.join(30)
    assert order == ["first out", "second in"]


def test_an_outbox_that_cannot_be_kept_works_for_one_process() -> None:
    outbox = unkept_outbox()
    (row,) = outbox.queue([VERSION])
    outbox.done(row, ref="1", content="")
    assert outbox.unfinished() == []
    assert unkept_outbox().rows() == []
