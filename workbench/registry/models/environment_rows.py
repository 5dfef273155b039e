"""The rules of an environment as settings, and as the row that keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from workbench.fingerprints import canonical_json
from workbench.registry.models.digest import Column
from workbench.registry.models.strictness import REVISION
from workbench.settings import (
    ANY,
    CACHED,
    CURRENT,
    DEFAULT_ENVIRONMENTS,
    FRESH,
    EnvironmentSettings,
)

COLUMNS = (
    "name, requires, approvals, promote_from, external, untested, frozen, max_age_days,"
    " answers, endpoints, answering_model"
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
        "answering_model": settings.answering_model,
        "reason": "",
        "revision": REVISION,
    }


def settings_of(row: tuple[object, ...]) -> EnvironmentSettings:
    """The settings that a row of COLUMNS keeps."""
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
        answers=CACHED if who[0] == CACHED else FRESH,
        endpoints=tuple(json.loads(str(who[1]))),
        answering_model=ANY if who[2] == ANY else CURRENT,
    )
