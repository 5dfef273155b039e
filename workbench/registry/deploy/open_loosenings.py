"""Which records that loosened a rule still count? The view `open_loosenings` decides the same in
SQL.

A loosening is undone when the rule in force is at least as strict as the one before it, and
requires the same cases or still measures later ones against them. Loosenings on the way back do not
count either, unless something was deployed or became stricter in between.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.registry.deploy.added_cases import held_to
from workbench.registry.models.strictness import Change

Row = Mapping[str, Any]
ChangesOf = Callable[[Row, Row], tuple[Change, ...]]


@dataclass(frozen=True, slots=True)
class Loosening:
    """A record that loosened a rule and is not undone."""

    seq: int
    actor: str


def open_loosenings(
    rows: Sequence[Row], changes_of: ChangesOf, deployed: Collection[int], revision: int
) -> list[Loosening]:
    """The open loosenings of one rule, oldest first. `rows` are all its forms, oldest first, with
    `actor`; `deployed` the seqs of deployments that the rule applied to.
    """
    # The first form of a suite beside external suites has a reason too.
    first = 0 if "parts" in rows[0] and revision else 1
    steps = [at for at in range(first, len(rows)) if rows[at]["reason"].strip(" ")]
    if revision == 0:
        kept = [at for at in steps if _is_looser(changes_of(rows[at - 1], rows[-1]))]
    else:
        undone = [at for at in steps if _is_undone(rows, at, changes_of)]
        kept = [
            at
            for at in steps
            if not any(one == at or _led_back(rows, one, at, deployed) for one in undone)
        ]
    return [Loosening(int(rows[at]["seq"]), rows[at]["actor"]) for at in kept]


def _is_undone(rows: Sequence[Row], at: int, changes_of: ChangesOf) -> bool:
    if at == 0:
        return bool(rows[-1]["removed"])
    if _is_looser(changes_of(rows[at - 1], rows[-1])):
        return False
    if "parts" not in rows[at]:
        return True
    before = _dataset(held_to(rows[:at])[0])
    return before in (_dataset(rows[-1]), _dataset(held_to(rows)[0]))


def _led_back(rows: Sequence[Row], undone: int, at: int, deployed: Collection[int]) -> bool:
    """Whether the record `at` is a step on the way back from the undone record."""
    if at < undone or not all(row["reason"].strip(" ") for row in rows[undone + 1 : at]):
        return False
    return not any(rows[undone]["seq"] < seq < rows[at]["seq"] for seq in deployed)


def _is_looser(changes: Sequence[Change]) -> bool:
    return any(change.looser for change in changes)


def _dataset(row: Row) -> Any:
    return json.loads(row["parts"]).get("dataset") or row["fingerprint"]
