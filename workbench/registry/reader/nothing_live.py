"""Why nothing is live, with the nearest names. Imported only for an error."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence

from workbench.errors import NotInRegistry
from workbench.registry.reader.connection import Connection
from workbench.registry.reader.live_record import may_be_names
from workbench.suggestions import did_you_mean

_RETIRED = """SELECT action = 'retire' FROM deployments WHERE prompt_id = ? AND environment = ?
ORDER BY seq DESC LIMIT 1"""
_ENVIRONMENTS = "SELECT json_group_array(DISTINCT name) FROM environments"
_PROMPTS = "SELECT json_group_array(DISTINCT prompt_id) FROM versions"


def explained_with(
    file: Connection, key: Sequence[object], at: datetime.datetime | str | None
) -> NotInRegistry:
    """The error, with the nearest names as far as the registry can still be read."""
    prompt_id, environment = key[:2]
    named, where = _shown(prompt_id), _shown(environment)
    if at is not None:
        return NotInRegistry(
            f"nothing of {named} was live in {where} at {at}", hint="see workbench log"
        )
    problem = NotInRegistry(f"nothing of {named} is live in {where}")
    if not may_be_names(prompt_id, environment):
        problem.hint = "names are of a-z, 0-9, _, - and ., with 100 characters at most"
        return problem
    try:
        retired = file.first(_RETIRED, (named, where))
        if retired is not None and retired[0]:
            return NotInRegistry(f"{named} was retired from {where}", hint="see workbench log")
        problem.hint = f"workbench deploy {named}@VERSION {where}"
        for asked, sql in ((where, _ENVIRONMENTS), (named, _PROMPTS)):
            row = file.first(sql, ())
            known = json.loads(str(row[0])) if row else []
            if asked not in known:
                problem.hint = did_you_mean(asked, known)
                break
    except Exception:  # noqa: BLE001 - a damaged file may raise anything
        problem.hint = "run workbench verify"
    return problem


def _shown(name: object) -> str:
    """On one line, printable on any terminal and in any log."""
    text = name if isinstance(name, str) else repr(name)
    text = text if len(text) <= 100 else text[:100] + "…"
    return text if text.isprintable() else ascii(text)
