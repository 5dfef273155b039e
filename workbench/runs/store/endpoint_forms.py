"""Request forms that endpoints accept, kept in runs.db for later processes.

Knowing the form avoids calls that would be refused. Entries expire, since a server may gain
abilities, such as streaming, that the stored form does not use.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.errors import UsageError
from workbench.providers.openai_chat.forms import FORMS, Form
from workbench.providers.openai_chat.parameters import TOKEN_LIMITS
from workbench.providers.options import build_request
from workbench.providers.probe import Probe
from workbench.runs.spec.values import RunSpec
from workbench.runs.store.database import open_database, writing

KEPT_S = 7 * 24 * 3600.0


def load(connection: sqlite3.Connection) -> None:
    """Load the stored forms into this process, except where it has learned one itself."""
    rows = connection.execute(
        "SELECT endpoint, model, form FROM forms WHERE learned_at > ?", [time.time() - KEPT_S]
    )
    for endpoint, model, text in rows:
        form = Form(**json.loads(text))
        if form.token_limit in ("", *TOKEN_LIMITS):
            FORMS.add_stored(endpoint, model, form)


def save(connection: sqlite3.Connection) -> None:
    """Store the forms that this process learned; call it inside a write transaction."""
    now = time.time()
    connection.executemany(
        "INSERT OR REPLACE INTO forms VALUES (?, ?, ?, ?)",
        [(*key, json.dumps(asdict(form)), now) for key, form in FORMS.learned().items()],
    )


def load_from(path: Path) -> None:
    """`load` from the run store at `path`, if there is a readable one."""
    if path.exists():
        with contextlib.suppress(UsageError), contextlib.closing(_opened(path)) as database:
            load(database)


def save_in(path: Path) -> None:
    """`save` in the run store at `path`, created if missing.

    Where it cannot be written, the next process finds out again: a trial does not fail for that.
    """
    with contextlib.suppress(UsageError, sqlite3.OperationalError):
        database = open_database(path, create=True)
        with contextlib.closing(database), writing(database):
            save(database.conn)


def _opened(path: Path) -> sqlite3.Connection:
    connection: sqlite3.Connection = open_database(path, create=False, writes=False).conn
    return connection


def ignored_options(
    connection: sqlite3.Connection, spec: RunSpec, identity: Mapping[str, Any]
) -> dict[str, Any]:
    """The options that, by the last probe, the endpoint ignores."""
    model = spec.prompt.model
    row = connection.execute(
        "SELECT found FROM probes WHERE endpoint = ? AND model = ?",
        [str(identity.get("endpoint", "")), model.id if model else ""],
    ).fetchone()
    if row is None:
        return {}
    ignored = Probe(**json.loads(row[0])).ignored(build_request(spec.prompt, ()))
    return {"ignored": list(ignored)} if ignored else {}
