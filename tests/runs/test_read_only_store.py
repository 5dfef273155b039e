"""The runs of somebody else: they are read, and not written."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.batch_server import BatchServer
from tests.support.specs import make_spec, start
from workbench.errors import UsageError
from workbench.runs.store.database import open_database
from workbench.runs.store.store import RunStore

NOBODY = 65534


@pytest.fixture
def store() -> Iterator[Path]:
    """A store with one run, in a folder that anybody may look into."""
    folder = Path(tempfile.mkdtemp())
    with BatchServer() as server:
        start(make_spec(3), server.base_url, folder / "runs.db").wait(30)
    folder.chmod(0o555)
    (folder / "runs.db").chmod(0o444)
    yield folder / "runs.db"
    folder.chmod(0o755)
    shutil.rmtree(folder)


def as_somebody_else(work: Callable[[], str]) -> str:
    """What `work` says, or is refused with, in a process of a user who may not write."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        message = "nothing"
        try:
            if os.geteuid() == 0:
                os.setuid(NOBODY)
            message = work()
        except UsageError as error:
            message = str(error)
        finally:
            os.write(send, message.encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(send)
    with os.fdopen(receive) as pipe:
        return pipe.read()


def listed(path: Path) -> str:
    with RunStore(path, create=False) as store:
        (run,) = store.summaries()
        answers = [result.answer.text for result in store.results(run.run_id)]
    return f"{run.scored} scored, {sorted(answers)[0]}, batch {store_batch(path, run.run_id)!r}"


def store_batch(path: Path, run_id: str) -> str:
    with RunStore(path) as store:
        return store.batch_of(run_id)


def test_the_runs_of_another_user_are_read_and_not_written(store: Path) -> None:
    assert as_somebody_else(lambda: listed(store)) == "3 scored, ticket 0, batch ''"
    refused = as_somebody_else(lambda: str(open_database(store, create=True)))
    assert refused.startswith(f"runs cannot be stored: {store} cannot be written")


def test_runs_are_read_while_their_owner_writes(store: Path) -> None:
    store.parent.chmod(0o755)
    store.chmod(0o644)
    owner = open_database(store, create=True)
    owner.execute("UPDATE runs SET scored = 7")
    owner.conn.commit()
    store.parent.chmod(0o555)
    for path in store.parent.iterdir():
        path.chmod(0o444)
    assert as_somebody_else(lambda: listed(store)).startswith("7 scored")
    owner.close()
