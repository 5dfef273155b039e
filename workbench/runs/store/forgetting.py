"""Forgotten cases: how they are recorded and recognised, and what stays of one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.datasets.values import CHECKS, TOOL_RESULTS, Case
from workbench.fingerprints import fingerprint
from workbench.json_text import without_spelling

FORGOTTEN = "[forgotten]"
"""Replaces an erased text."""
FORGOTTEN_MARK = "forgotten"
"""Key in an erased case that holds the digest of its former inputs."""
_SHORTEST = 4
"""Minimum characters of a text to search for: shorter ones occur in unrelated sentences."""


@dataclass(frozen=True, slots=True)
class ForgottenCase:
    """A record of a forgotten case: when, by whom, why."""

    case_id: str
    suite: str
    inputs: tuple[str, ...]
    """Digests of its former inputs."""
    at: str
    by: str
    reason: str


def inputs_digest(case: Case) -> str:
    """The digest by which a case is recognised, under any id: that of its inputs alone."""
    return digest_of(case.inputs)


def digest_of(inputs: Any) -> str:
    return fingerprint(without_spelling(inputs))


def texts_of(value: Any) -> Iterator[str]:
    """All texts in a plain JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_of(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts_of(item)


def past_of(connection: sqlite3.Connection) -> list[ForgottenCase]:
    """Records of the forgotten cases in runs.db, oldest first."""
    rows = connection.execute(
        "SELECT case_id, suite, inputs, forgotten_at, forgotten_by, reason FROM forgotten"
        " ORDER BY id"
    ).fetchall()
    return [
        ForgottenCase(case_id, suite, tuple(json.loads(inputs)), at, by, reason)
        for case_id, suite, inputs, at, by, reason in rows
    ]


def forgotten_cases(connection: sqlite3.Connection, cases: Iterable[Case]) -> list[list[str]]:
    """The given cases that were forgotten earlier: id, by whom and on which day."""
    past = {digest: item for item in past_of(connection) for digest in item.inputs}
    if not past:
        return []
    matches = [(case, past.get(inputs_digest(case))) for case in cases]
    return [[case.id, item.by, item.at[:10]] for case, item in matches if item]


def without_forgotten(
    connection: sqlite3.Connection, cases: Sequence[Case]
) -> Iterator[dict[str, Any]]:
    """The contents of the cases, those that were forgotten earlier without their texts."""
    gone = {digest for item in past_of(connection) for digest in item.inputs}
    ids = {case.id for case in cases if inputs_digest(case) in gone} if gone else set()
    groups = {case.group for case in cases if case.id in ids and case.group is not None}
    return (emptied(case.content(), ids, groups) for case in cases)


def emptied(
    content: dict[str, Any], ids: Collection[str], groups: Collection[str]
) -> dict[str, Any]:
    """A case as it stays in the set: without its text if it is in `ids`; a group in `groups` is
    replaced by its digest, so that it remains one group.
    """
    group = content["group"]
    if group in groups:
        content = {**content, "group": f"group {fingerprint(group)[:12]}"}
    if content["id"] not in ids:
        return content
    return {
        **{key: value for key, value in content.items() if key not in (TOOL_RESULTS, CHECKS)},
        "inputs": dict.fromkeys(content["inputs"], FORGOTTEN),
        "expected": None if content["expected"] is None else FORGOTTEN,
        FORGOTTEN_MARK: digest_of(content["inputs"]),
    }


def repeats(sentence: str, texts: Collection[str]) -> bool:
    return any(len(text) >= _SHORTEST and text in sentence for text in texts)
