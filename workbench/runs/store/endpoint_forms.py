"""In which form endpoints take their requests, kept from one process to the next.

A process that knows it makes no call that will be refused. It is forgotten after a while, since a
server that learns to stream is still asked by what it took before.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from dataclasses import asdict
from pathlib import Path

from workbench.errors import UsageError
from workbench.providers.openai_chat.forms import FORMS, Form
from workbench.providers.openai_chat.parameters import TOKEN_LIMITS
from workbench.runs.store.database import open_database, writing

KEPT_S = 7 * 24 * 3600.0


def recall(connection: sqlite3.Connection) -> None:
    """What was kept becomes known to this process, where it has not learned better."""
    rows = connection.execute(
        "SELECT endpoint, model, form FROM forms WHERE learned_at > ?", [time.time() - KEPT_S]
    )
    for endpoint, model, text in rows:
        form = Form(**json.loads(text))
        if form.token_limit in ("", *TOKEN_LIMITS):
            FORMS.recall(endpoint, model, form)


def keep(connection: sqlite3.Connection) -> None:
    """Keep what this process learned; belongs into a write transaction."""
    now = time.time()
    connection.executemany(
        "INSERT OR REPLACE INTO forms VALUES (?, ?, ?, ?)",
        [(*key, json.dumps(asdict(form)), now) for key, form in FORMS.learned().items()],
    )


def recall_from(path: Path) -> None:
    """`recall` from a run store, if there is one that can be read."""
    if path.exists():
        with contextlib.suppress(UsageError), contextlib.closing(_opened(path)) as database:
            recall(database)


def keep_in(path: Path) -> None:
    """`keep` in a run store, which is made for it. Where none can be written, the next process
    finds out anew: that is no reason for a trial to fail.
    """
    with contextlib.suppress(UsageError, sqlite3.OperationalError):
        database = open_database(path, create=True)
        with contextlib.closing(database), writing(database):
            keep(database.conn)


def _opened(path: Path) -> sqlite3.Connection:
    connection: sqlite3.Connection = open_database(path, create=False, writes=False).conn
    return connection
