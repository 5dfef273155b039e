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
"""In the order of the digest; a row with others takes the long way."""
_sort_key = functools.lru_cache(4096)(sort_key)  # prompts share most of their numbers


class VersionRow(NamedTuple):
    """A row and its digest; "" if it has none."""

    seq: int
    digest: str
    is_sound: bool
    """Whether it is plain text, and its own values agree: `problems` would find nothing."""
    columns: tuple[str, ...]
    values: tuple[Any, ...]

    @property
    def row(self) -> Row:
        return dict(zip(self.columns, self.values, strict=True))

    def problems(self) -> Iterator[Finding]:
        """Which of its own values do not agree. Raises one of UNREADABLE."""
        if self.is_sound:
            return
        row = self.row
        prompt_id, version = str(row["prompt_id"]), str(row["version"])
        for problem in _problems(prompt_id, version, row):
            yield Finding(self.seq, "versions", f"{prompt_id}@{version}: {problem}")


def versions(connection: Connection, where: str, parameters: Parameters) -> Iterator[VersionRow]:
    """The rows by seq, one at a time: the texts of all may be gigabytes."""
    # All SQL is put together from this package's own constants; values are bound.
    form = f"SELECT {{}} FROM versions WHERE {where} ORDER BY seq"  # noqa: S608
    description = connection.execute("SELECT * FROM versions LIMIT 0").description
    columns = tuple(column[0] for column in description)
    if tuple(sorted(columns)) == _COLUMNS:
        rows = connection.execute(form.format(", ".join(_COLUMNS)), parameters)
        yield from map(_usual, rows)
    else:
        rows = connection.execute(form.format("*"), parameters)
        yield from map(functools.partial(_read, columns), rows)


def _usual(values: tuple[Any, ...]) -> VersionRow:
    try:
        return VersionRow(values[7], _digest(*values), _is_sound(values), _COLUMNS, values)
    except UNREADABLE:
        return _read(_COLUMNS, values)


def _read(columns: tuple[str, ...], values: tuple[Any, ...]) -> VersionRow:
    """The long way, for any row."""
    row = dict(zip(columns, values, strict=True))
    try:
        digest = digest_of("version", row)
    except (ValueError, TypeError):
        digest = ""
    return VersionRow(int(row["seq"] or 0), digest, False, columns, values)


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
        "version", "author", author, "body", body, "content", content, "description", description,
        "fingerprint", fingerprint, "force_reason", force_reason, "prompt_id", prompt_id, "seq",
        "sort_key", key, "version", version,
        f"s6,s{len(author)},s4,s{len(body)},s7,s{len(content)},s11,s{len(description)},"
        f"s11,s{len(fingerprint)},s12,s{len(force_reason)},s9,s{len(prompt_id)},s3,i{seq},"
        f"s8,s{len(key)},s7,s{len(version)}",
    ))  # fmt: skip
    return hashlib.sha256(text.encode()).hexdigest()


def _is_sound(values: tuple[Any, ...]) -> bool:
    """Whether it is plain text, and sound: most are, and the audit hurries past them."""
    _, body, content, _, fingerprint, _, _, _, key, version = values
    return not body and fingerprint_of_text(content) == fingerprint and _sort_key(version) == key


def _problems(prompt_id: str, version: str, row: Row) -> Iterator[str]:
    content, body = str(row["content"]), str(row["body"])
    if body:
        prompt = prompt_of(prompt_id, content, body)
        actual = fingerprint_of_parsed(prompt.behaviour())
        if content_of(prompt) != content:
            yield "its text is not that of its messages"
    else:
        actual = fingerprint_of_text(content)
    if actual != row["fingerprint"]:
        yield "its fingerprint is not of its content"
    if _sort_key(version) != row["sort_key"]:
        yield "its place in the order is wrong"
