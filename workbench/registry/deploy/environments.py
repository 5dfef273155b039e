"""The rules of environments, stored in the registry so that its triggers can read them."""

from __future__ import annotations

from workbench.errors import NotInRegistry
from workbench.registry.models.environment_rows import COLUMNS, settings_of
from workbench.registry.storage.connection import Connection
from workbench.settings import EnvironmentSettings
from workbench.suggestions import did_you_mean


def all_environments(connection: Connection) -> list[EnvironmentSettings]:
    """All environments in the order of their creation."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM environment_rules r"  # noqa: S608 - a constant of this module
        " ORDER BY (SELECT min(e.seq) FROM environments e WHERE e.name = r.name)"
    )
    return [settings_of(row) for row in rows.fetchall()]


def environment_named(connection: Connection, name: str) -> EnvironmentSettings:
    """The rules of one environment. Raises NotInRegistry with the nearest name."""
    row = connection.execute(
        f"SELECT {COLUMNS} FROM environment_rules WHERE name = ?",  # noqa: S608 - a constant
        (name,),
    ).fetchone()
    if row is None:
        names = [r[0] for r in connection.execute("SELECT DISTINCT name FROM environments")]
        raise NotInRegistry(f"there is no environment {name!r}", hint=did_you_mean(name, names))
    return settings_of(row)
