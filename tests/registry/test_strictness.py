"""Whether margins were kept: the reason in Python and the trigger's SQL agree on any JSON."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from workbench.registry.models.strictness import margins_kept
from workbench.registry.storage.sqlite.strictness_sql import _ORDERS

VIP = {"vip": {"margin": 0.06}}


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (None, VIP, True),
        ({}, VIP, True),
        (VIP, {"vip": {"margin": 0.05}, "rare": {"margin": 0.5}}, True),
        (VIP, {"vip": {"margin": 0.07}}, False),
        (VIP, {"rare": {"margin": 0.06}}, False),
        (VIP, None, False),
        (VIP, {"vip": {"margin": "0.01"}}, False),
        (VIP, {"vip": 0.01}, False),
        ({"vip": 0.06}, VIP, False),
        ({"vip": {}}, VIP, False),
        ([0.06], VIP, False),
        (5, VIP, False),
    ],
)
def test_margins_are_kept_where_none_is_gone_or_wider(old: Any, new: Any, kept: bool) -> None:
    assert margins_kept(old, new) is kept
    each = {"old": json.dumps({"is": old}), "new": json.dumps({"is": new})}
    sql = _ORDERS[margins_kept].format(
        old="json_extract(:old, '$.is')", new="json_extract(:new, '$.is')"
    )
    with closing(sqlite3.connect(":memory:")) as connection:
        (by_trigger,) = connection.execute(f"SELECT {sql}", each).fetchone()
    assert bool(by_trigger) is kept
