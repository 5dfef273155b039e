"""The rules of environments, kept in the registry so that its triggers can read them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from workbench.errors import NotInRegistry
from workbench.fingerprints import canonical_json
from workbench.registry.models.digest import Column
from workbench.registry.models.strictness import REVISION
from workbench.settings import DEFAULT_ENVIRONMENTS, EnvironmentSettings
from workbench.suggestions import did_you_mean

_COLUMNS = (
    "name, requires, approvals, promote_from, external, untested, frozen, max_age_days,"
    " answers, endpoints"
)


def default_rows() -> Iterable[dict[str, Column]]:
    """The environments of a new registry."""
    return [row_of(settings) for settings in DEFAULT_ENVIRONMENTS]


def row_of(settings: EnvironmentSettings) -> dict[str, Column]:
    """Settings as a row."""
    return {
        "name": settings.name,
        "requires": canonical_json(sorted(settings.requires)),
        "approvals": settings.approvals,
        "promote_from": settings.promote_from,
        "external": int(settings.external),
        "untested": int(settings.untested),
        "frozen": int(settings.frozen),
        "max_age_days": float(settings.max_age_days),
        "answers": settings.answers,
        "endpoints": canonical_json(sorted(settings.endpoints)),
        "reason": "",
        "revision": REVISION,
    }


def all_environments(connection: sqlite3.Connection) -> list[EnvironmentSettings]:
    """All environments in the order in which they were made."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM environment_rules r"  # noqa: S608 - a constant of this module
        " ORDER BY (SELECT min(e.seq) FROM environments e WHERE e.name = r.name)"
    )
    return [_settings(row) for row in rows.fetchall()]


def environment_named(connection: sqlite3.Connection, name: str) -> EnvironmentSettings:
    """The rules of one environment. Raises NotInRegistry with the nearest name."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM environment_rules WHERE name = ?",  # noqa: S608 - a constant
        (name,),
    ).fetchone()
    if row is None:
        names = [r[0] for r in connection.execute("SELECT DISTINCT name FROM environments")]
        raise NotInRegistry(f"there is no environment {name!r}", hint=did_you_mean(name, names))
    return _settings(row)


def _settings(row: tuple[object, ...]) -> EnvironmentSettings:
    import json

    name, requires, approvals, promote_from, external, untested, frozen, max_age, *who = row
    return EnvironmentSettings(
        name=str(name),
        requires=tuple(json.loads(str(requires))),
        approvals=int(str(approvals)),
        promote_from=str(promote_from),
        external=bool(external),
        untested=bool(untested),
        frozen=bool(frozen),
        max_age_days=float(str(max_age)),
        answers=str(who[0]),
        endpoints=tuple(json.loads(str(who[1]))),
    )
