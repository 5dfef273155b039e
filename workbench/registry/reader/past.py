"""What was live at another time."""

from __future__ import annotations

from workbench.registry.reader.connection import Connection
from workbench.registry.reader.coverage import Coverage
from workbench.registry.reader.live_record import LiveRecord, completed

_ALL = """SELECT * FROM deployments NOT INDEXED WHERE prompt_id = ? AND environment = ?
ORDER BY seq DESC"""


def live_at(
    file: Connection, coverage: Coverage, prompt_id: str, environment: str, at: str
) -> LiveRecord | None:
    """The newest record at that time; None when nothing was live then. Raises Unverified.

    The ledger's time never goes back, so all later records are checked on the way.
    """
    file.begin()
    try:
        coverage.extend(0, file.rows)
        names, rows = file.rows(_ALL, (prompt_id, environment))
        for row in rows:
            made = dict(zip(names, row, strict=True))
            record = completed(made, prompt_id, environment, file.row, file.first)
            if str(record.deployed[2]) <= at:
                record.revoked = (prompt_id, made["version"]) in coverage.revoked
                return None if record.is_retirement else record
        return None
    finally:
        file.end()
