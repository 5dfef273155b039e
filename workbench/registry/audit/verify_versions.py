"""The rows of versions, which are nearly all that a large registry holds."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from workbench.errors import WorkbenchError
from workbench.fingerprints import fingerprint_of_parsed
from workbench.registry.models.artefact import content_of, fingerprint_of_text, prompt_of
from workbench.registry.models.digest import Column, digest_of
from workbench.registry.models.precedence import sort_key
from workbench.registry.models.records import Finding
from workbench.registry.storage.connection import Connection, Parameters

Row = dict[str, Column]
UNREADABLE = (WorkbenchError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""Raised when a row that was written by hand is read."""

_COLUMNS = ("author", "body", "content", "description", "fingerprint", "force_reason", "prompt_id",
            "seq", "sort_key", "version")  # fmt: skip
"""In the order of the digest."""
_sort_key = functools.lru_cache(4096)(sort_key)  # prompts share most of their numbers


class VersionRow(NamedTuple):
    """A row and its digest; "" if it has none."""

    seq: int
    digest: str
    row: Row

    def problems(self) -> Iterator[Finding]:
        """Which of its own values do not agree. Raises one of UNREADABLE."""
        named = (str(self.row[name]) for name in _OWN)
        ref = f"{self.row['prompt_id']}@{self.row['version']}"
        for problem in _problems(*named):
            yield Finding(self.seq, "versions", f"{ref}: {problem}")


def doubtful_versions(
    connection: Connection, where: str, parameters: Parameters, expected: dict[int, str]
) -> Iterator[VersionRow]:
    """The rows by seq that are not what the ledger has, or do not agree with themselves.

    `expected` are the digests by seq; those of all other rows are taken out of it.
    """
    # All SQL is put together from this package's own constants; values are bound.
    form = f"SELECT {{}} FROM versions WHERE {where} ORDER BY seq"  # noqa: S608
    description = connection.execute("SELECT * FROM versions LIMIT 0").description
    columns = tuple(column[0] for column in description)
    if tuple(sorted(columns)) != _COLUMNS:
        for values in connection.execute(form.format("*"), parameters):
            yield _read(columns, values)
        return
    # One at a time: the texts of all may be gigabytes.
    for values in connection.execute(form.format(", ".join(_COLUMNS)), parameters):
        seq = values[7]
        try:
            is_sound = expected.get(seq) == _digest(*values) and _is_sound(*values)
        except UNREADABLE:
            is_sound = False
        if is_sound:
            del expected[seq]
        else:
            yield _read(_COLUMNS, values)


def _read(columns: tuple[str, ...], values: tuple[Any, ...]) -> VersionRow:
    row = dict(zip(columns, values, strict=True))
    try:
        digest = digest_of("version", row)
    except (ValueError, TypeError):
        digest = ""
    return VersionRow(int(row["seq"] or 0), digest, row)


def _digest(
    author: str,
    body: str,
    content: str,
    description: str,
    fingerprint: str,
    force_reason: str,
    prompt_id: str,
    seq: int,
    key: str,
    version: str,
) -> str:
    """`digest_of`, written out, because an audit computes it for every version.

    Raises TypeError for a column that is no text.
    """
    text = "\n".join((
        author, "body", body, "content", content, "description", description,
        "fingerprint", fingerprint, "force_reason", force_reason, "prompt_id", prompt_id,
        "seq\nsort_key", key, "version", version,
        f"s6,s{len(author)},s4,s{len(body)},s7,s{len(content)},s11,s{len(description)},"
        f"s11,s{len(fingerprint)},s12,s{len(force_reason)},s9,s{len(prompt_id)},s3,i{seq},"
        f"s8,s{len(key)},s7,s{len(version)}",
    ))  # fmt: skip
    hashed = _BEGUN.copy()  # in a fraction of the time that a new one takes
    hashed.update(text.encode())
    return hashed.hexdigest()


_BEGUN = hashlib.sha256(b"version\nauthor\n")


def _is_sound(
    _author: str,
    body: str,
    content: str,
    _description: str,
    fingerprint: str,
    _force_reason: str,
    prompt_id: str,
    _seq: int,
    key: str,
    version: str,
) -> bool:
    """Whether its own values agree."""
    if body:
        return next(_problems(prompt_id, version, content, body, fingerprint, key), None) is None
    return fingerprint_of_text(content) == fingerprint and _sort_key(version) == key


_OWN = ("prompt_id", "version", "content", "body", "fingerprint", "sort_key")


def _problems(
    prompt_id: str, version: str, content: str, body: str, fingerprint: str, key: str
) -> Iterator[str]:
    if body:
        prompt = prompt_of(prompt_id, content, body)
        actual = fingerprint_of_parsed(prompt.behaviour())
        if content_of(prompt) != content:
            yield "its text is not that of its messages"
    else:
        actual = fingerprint_of_text(content)
    if actual != fingerprint:
        yield "its fingerprint is not of its content"
    if _sort_key(version) != key:
        yield "its place in the order is wrong"
