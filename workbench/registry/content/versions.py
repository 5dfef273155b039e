"""Registering versions, and reading them with a check against the ledger."""

from __future__ import annotations

import difflib
import re
import sys
from typing import Any

from workbench.errors import NotInRegistry, RegistryError
from workbench.prompts.numbering import is_candidate_for
from workbench.prompts.values import Prompt
from workbench.registry.models.actors import actor_named
from workbench.registry.models.artefact import content_of, prompt_of
from workbench.registry.models.precedence import sort_key
from workbench.registry.models.records import PromptSummary
from workbench.registry.models.values import PromptVersion
from workbench.registry.reader.live_record import (
    VERSIONS,
    check_row,
    split_record,
    version_from,
)
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.ledger import Transaction
from workbench.registry.storage.limits import check_texts
from workbench.registry.storage.tables import first_row, iterate_rows
from workbench.suggestions import did_you_mean

PROMPT_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
_RESERVED = frozenset({"con", "prn", "aux", "nul"})
_SHOWN_DIFF_LINES = 6

_STANDING = """
  EXISTS (SELECT 1 FROM heads h WHERE h.prompt_id = v.prompt_id AND h.version = v.version
    AND h.action <> 'retire') AS is_active,
  EXISTS (SELECT 1 FROM passing_evaluations e WHERE e.prompt_id = v.prompt_id
    AND e.fingerprint = v.fingerprint) AS is_tested,
  (SELECT e.score FROM evaluations e WHERE e.prompt_id = v.prompt_id
    AND e.fingerprint = v.fingerprint ORDER BY e.seq DESC LIMIT 1) AS newest_score,
  EXISTS (SELECT 1 FROM revocations r WHERE r.prompt_id = v.prompt_id
    AND r.fingerprint = v.fingerprint) AS is_revoked,
"""
_SELECT = VERSIONS.format(_STANDING)


def register(transaction: Transaction, version: PromptVersion, force_reason: str) -> str:
    """Register a version permanently: `prompt_id@version`.

    Raises RegistryError when the number or the content is registered already, or is not allowed.
    """
    check_prompt_id(version.prompt_id)
    key = _checked_key(version.version)
    texts = {name: getattr(version, name) for name in ("content", "body", "description", "author")}
    check_texts(version.ref, [texts])
    prompt = prompt_of(version.prompt_id, version.content, version.body)
    if prompt.fingerprint != version.fingerprint:
        raise RegistryError(
            f"{version.ref} says fingerprint {version.fingerprint[:12]}, its content has"
            f" {prompt.fingerprint[:12]}",
            hint="leave the fingerprint out, or use PromptVersion.of(prompt, version)",
        )
    if version.body and content_of(prompt) != version.content:
        raise RegistryError(
            f"the content of {version.ref} is not the text of its messages",
            hint="use PromptVersion.of(prompt, version)",
        )
    if "\0" in version.content:
        raise RegistryError(f"{version.ref} holds a NUL character", hint="remove it")
    _refuse_duplicate(transaction.connection, version)
    actor = actor_named(version.author)
    transaction.append(
        "version",
        actor,
        {
            "prompt_id": version.prompt_id,
            "version": version.version,
            "sort_key": key,
            "content": version.content,
            "body": version.body,
            "fingerprint": version.fingerprint,
            "description": version.description,
            "author": actor,
            "force_reason": force_reason,
        },
    )
    return version.ref


def check_prompt_id(prompt_id: str) -> None:
    """Raises RegistryError unless it is a safe name everywhere, including file names."""
    if (
        not PROMPT_ID.fullmatch(prompt_id)
        or ".." in prompt_id
        or prompt_id.endswith(".")
        or prompt_id.split(".")[0] in _RESERVED
    ):
        raise RegistryError(
            f"{prompt_id[:100]!r} is not a prompt_id",
            hint="use a-z, 0-9, _, - and . only, at most 100, beginning with a letter or digit",
        )


def get_version(connection: Connection, prompt_id: str, version: str) -> PromptVersion:
    """One version. Raises NotInRegistry with the nearest name, Unverified when it was altered."""
    where = " WHERE v.prompt_id = ? AND v.version = ?"
    row = first_row(connection, _SELECT + where, (prompt_id, version))
    if row is None:
        raise _missing(connection, prompt_id, version)
    return _version(row)


def list_versions(connection: Connection, prompt_id: str) -> list[PromptVersion]:
    """All versions, the newest (by SemVer) first; none for an unknown prompt. Raises Unverified
    when one was altered.
    """
    where = " WHERE v.prompt_id = ? ORDER BY v.sort_key DESC"
    return [_version(row) for row in iterate_rows(connection, _SELECT + where, (prompt_id,))]


def contents_of(connection: Connection, prompt_id: str) -> list[Prompt]:
    """The prompt of each version, in the order of registration."""
    rows = connection.execute(
        "SELECT content, body FROM versions WHERE prompt_id = ? ORDER BY seq", (prompt_id,)
    ).fetchall()
    return [prompt_of(prompt_id, *row) for row in rows]


def list_prompts(connection: Connection, first: int | None) -> list[PromptSummary]:
    """Prompts by name: all, or only the `first` so many."""
    rows = connection.execute(
        "SELECT g.prompt_id, g.versions, (SELECT v.version FROM versions v"
        " WHERE v.prompt_id = g.prompt_id ORDER BY v.sort_key DESC, v.version DESC LIMIT 1)"
        " FROM (SELECT prompt_id, count(*) AS versions FROM versions GROUP BY prompt_id"
        " ORDER BY prompt_id LIMIT :first) g ORDER BY g.prompt_id",
        {"first": sys.maxsize if first is None else first},
    ).fetchall()
    live: dict[str, dict[str, str]] = {}
    for prompt_id, environment, version in connection.execute(
        "SELECT prompt_id, environment, version FROM heads WHERE action <> 'retire'"
        " AND prompt_id <= :last",
        {"last": rows[-1][0] if rows else ""},
    ).fetchall():
        live.setdefault(prompt_id, {})[environment] = version
    return [PromptSummary(p, count, latest, live.get(p, {})) for p, count, latest in rows]


def difference(old: str, new: str) -> tuple[str, ...]:
    """The lines that differ, with + and -."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
    return tuple(line for line in lines if not line.startswith(("+++", "---", "@@")))


def _version(row: dict[str, Any]) -> PromptVersion:
    is_active, tested, score, revoked = map(
        row.pop, ("is_active", "is_tested", "newest_score", "is_revoked")
    )
    row, record = split_record(row)
    check_row("version", row, record)
    return version_from(
        row,
        record,
        is_active=bool(is_active),
        tested=bool(tested),
        evaluation_score=None if score is None else float(score),
        revoked=bool(revoked),
    )


def _checked_key(version: str) -> str:
    import semver  # 14 ms, and who only reads does without

    key = sort_key(version)
    try:
        semver.Version.parse(version)
    except ValueError as error:
        raise RegistryError(f"{version!r} is not a version: {error}", hint="like 1.2.0") from error
    return key


def _refuse_duplicate(connection: Connection, new: PromptVersion) -> None:
    rows = connection.execute(
        "SELECT v.version, v.fingerprint, v.content, l.actor, l.at FROM versions v"
        " JOIN ledger l ON l.seq = v.seq"
        " WHERE v.prompt_id = ? AND (v.version = ? OR v.fingerprint = ?)"
        " ORDER BY v.version = ? DESC",
        (new.prompt_id, new.version, new.fingerprint, new.version),
    ).fetchall()
    if not rows:
        return
    version, fingerprint, content, actor, at = rows[0]
    if version != new.version:
        other = next((known for known, *_ in rows if not is_candidate_for(known, new.version)), "")
        if not other:
            return
        raise RegistryError(
            f"this content is already registered as {new.prompt_id}@{other}",
            hint=f"use {other}, or change the prompt",
        )
    if fingerprint == new.fingerprint:
        raise RegistryError(
            f"{new.ref} is already registered, by {actor} at {at}", hint="nothing to do"
        )
    lines = difference(content, new.content)
    shown = "; ".join(lines[:_SHOWN_DIFF_LINES]) or "only what is not text differs"
    raise RegistryError(
        f"{new.ref} is already registered with other content, by {actor} at {at}: {shown}",
        hint="a version never changes: take the next number",
    )


def _missing(connection: Connection, prompt_id: str, version: str) -> NotInRegistry:
    known = [
        row[0]
        for row in connection.execute(
            "SELECT version FROM versions WHERE prompt_id = ? ORDER BY sort_key", (prompt_id,)
        )
    ]
    if known:
        return NotInRegistry(
            f"{prompt_id} has no version {version!r}", hint=did_you_mean(version, known)
        )
    prompts = [row[0] for row in connection.execute("SELECT DISTINCT prompt_id FROM versions")]
    return NotInRegistry(
        f"there is no prompt {prompt_id!r} in the registry", hint=did_you_mean(prompt_id, prompts)
    )
