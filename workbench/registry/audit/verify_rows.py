"""Does each row match its record in the ledger, and do its own values agree?"""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from workbench.errors import WorkbenchError
from workbench.fingerprints import fingerprint, fingerprint_of_parsed, short
from workbench.prompts.numbering import is_candidate_for
from workbench.registry.audit.second_process import NO_HALF, SecondProcess, digest_of_half
from workbench.registry.audit.verify_chain import Record
from workbench.registry.content.evidence import evaluation_at, row_of, score_rows
from workbench.registry.models.artefact import content_of, fingerprint_of_text, prompt_of
from workbench.registry.models.digest import Column, digest_of
from workbench.registry.models.precedence import sort_key
from workbench.registry.models.records import Finding
from workbench.registry.storage.checks import check_file, opened_again
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.tables import KINDS, iterate_rows, table_rows
from workbench.verdicts import evidence_to_json, recompute
from workbench.verdicts.extension import contradiction
from workbench.verdicts.values import Evidence

Row = dict[str, Column]
UNREADABLE = (WorkbenchError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""Raised when a row that was written by hand is read."""
_sort_key = functools.lru_cache(4096)(sort_key)  # prompts share most of their numbers


def check_rows(
    connection: Connection, records: Sequence[Record], second: SecondProcess | None = None
) -> Iterator[Finding]:
    """Compare every row with its record, in both directions; but for those that the second process
    confirms.
    """
    digests = {seq: (kind, digest) for seq, kind, _, _, digest, _, _ in records}
    seen: set[int] = set()
    for kind, table in KINDS.items():
        for row in _rows(connection, kind, second):
            seq = int(row["seq"] or 0)
            seen.add(seq)
            if digests.get(seq, ("", ""))[0] != kind:
                yield Finding(seq, table, "the ledger has no such record")
                continue
            scores = _scores(connection, seq) if kind == "evaluation" else []
            if _digest(kind, row, scores) != digests[seq][1]:
                yield Finding(seq, table, f"{_named(row)} was altered after it was recorded")
            if kind not in _CHECKS:
                continue
            try:
                yield from _CHECKS[kind](connection, row)
            except UNREADABLE as error:
                yield Finding(seq, table, f"{_named(row)} cannot be read: {error}")
    confirmed = second.half if second is not None and second.confirms() else NO_HALF
    for seq in digests.keys() - seen:
        if digests[seq][0] == "version" and confirmed.after < seq <= confirmed.last:
            continue
        yield Finding(seq, KINDS.get(digests[seq][0], "ledger"), "the row of this record is gone")
    yield from _same_contents(connection)
    for (seq,) in connection.execute(
        "SELECT DISTINCT evaluation FROM scores WHERE evaluation NOT IN"
        " (SELECT seq FROM evaluations)"
    ).fetchall():
        yield Finding(seq, "scores", "scores without an evaluation")


def _rows(connection: Connection, kind: str, second: SecondProcess | None) -> Iterator[Row]:
    """Those that the second process does not confirm, by seq."""
    table = KINDS[kind]
    if second is None or kind != "version":
        yield from iterate_rows(connection, f"SELECT * FROM {table} ORDER BY seq")
        return
    after, last = second.half
    until = f"SELECT * FROM {table} WHERE seq <= ? ORDER BY seq"
    yield from iterate_rows(connection, until, (after,))
    beyond = f"SELECT * FROM {table} WHERE seq > ? ORDER BY seq"
    yield from iterate_rows(connection, beyond, (last if second.confirms() else after,))


def main(path: str, after: str, last: str) -> None:
    """What the second process does: prints the digest of its half, or ends with 1."""
    connection = opened_again(path)
    connection.execute("BEGIN")
    sql = "SELECT * FROM versions WHERE seq > ? AND seq <= ? ORDER BY seq"

    def digests() -> Iterator[tuple[int, str]]:
        for row in iterate_rows(connection, sql, (int(after), int(last))):
            if any(_version(connection, row)):
                sys.exit(1)
            yield int(row["seq"] or 0), digest_of("version", row)

    digest = digest_of_half(digests())
    if any(check_file(connection)):
        sys.exit(1)
    sys.stdout.write(digest)


def _same_contents(connection: Connection) -> Iterator[Finding]:
    """Equal content has one version number, except for a release and its candidates."""
    for seq, prompt_id, version, other in connection.execute(
        "SELECT v.seq, v.prompt_id, v.version, o.version FROM (SELECT prompt_id, fingerprint"
        " FROM versions GROUP BY prompt_id, fingerprint HAVING count(*) > 1) s"
        " JOIN versions v ON v.prompt_id = s.prompt_id AND v.fingerprint = s.fingerprint"
        " JOIN versions o ON o.prompt_id = v.prompt_id AND o.fingerprint = v.fingerprint"
        " AND o.seq < v.seq"
    ).fetchall():
        if not is_candidate_for(other, version):
            problem = f"its content is that of {other}, which is no candidate for it"
            yield Finding(seq, "versions", f"{prompt_id}@{version}: {problem}")


def _version(_connection: Connection, row: Row) -> Iterable[Finding]:
    return () if _is_sound_text(row) else _problems_of_version(row)


def _is_sound_text(row: Row) -> bool:
    """Whether a version is plain text, and sound: most are, and the audit hurries past them."""
    return (
        not row["body"]
        and fingerprint_of_text(str(row["content"])) == row["fingerprint"]
        and _sort_key(str(row["version"])) == row["sort_key"]
    )


def _problems_of_version(row: Row) -> Iterator[Finding]:
    seq, prompt_id, version = int(row["seq"] or 0), str(row["prompt_id"]), str(row["version"])
    for problem in _version_problems(prompt_id, version, row):
        yield Finding(seq, "versions", f"{prompt_id}@{version}: {problem}")


def _version_problems(prompt_id: str, version: str, row: Row) -> Iterator[str]:
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


def _suite(_connection: Connection, row: Row) -> Iterator[Finding]:
    if row["external"]:
        return
    seq, where = int(row["seq"] or 0), f"suite {row['suite']}"
    parts, policy = json.loads(str(row["parts"])), json.loads(str(row["policy"]))
    if fingerprint(parts) != row["fingerprint"]:
        yield Finding(seq, "suites", f"{where}: its fingerprint is not of its parts")
    if "policy" in parts and parts["policy"] != fingerprint(policy):
        yield Finding(seq, "suites", f"{where}: its policy is not the one of its fingerprint")


def _evaluation(connection: Connection, row: Row) -> Iterator[Finding]:
    seq = int(row["seq"] or 0)
    evidence = evaluation_at(connection, seq).evidence
    expected = row_of(evidence, str(row["evaluation_id"]), int(row["suite_seq"] or 0))
    for name, value in expected.items():
        if row[name] != value:
            yield Finding(seq, "evaluations", f"its {name} is not that of its record")
    if short(fingerprint(evidence_to_json(evidence))) != row["evaluation_id"]:
        yield Finding(seq, "evaluations", "its id is not that of its evidence")
    if not evidence.external and fingerprint(evidence.suite_parts) != evidence.suite_fingerprint:
        yield Finding(seq, "evaluations", "its suite is another than the one it was made on")
    recomputed = recompute(evidence)
    if recomputed is not evidence.gate:
        yield Finding(
            seq,
            "evaluations",
            f"{evidence.prompt_id}@{evidence.version} is recorded as {evidence.gate.value} on"
            f" {evidence.suite}, but its scores say {recomputed.value}",
        )
    if evidence.plan.get("extends"):
        yield from _extension(connection, seq, evidence)
    stored = [{**score, "evaluation": seq} for score in score_rows(evidence.pairs)]
    kept = _scores(connection, seq)
    if stored != kept:
        yield Finding(seq, "scores", "a score is not the mean of its repeats")


def _extension(connection: Connection, seq: int, evidence: Evidence) -> Iterator[Finding]:
    """The evaluation that it extends exists, and this one starts as that one ended."""
    row = connection.execute(
        "SELECT seq FROM evaluations WHERE evaluation_id = ? AND seq < ?",
        (str(evidence.plan["extends"]), seq),
    ).fetchone()
    problem = "it extends an evaluation that is not there"
    if row is not None:
        problem = contradiction(evidence, evaluation_at(connection, row[0]).evidence)
    if problem:
        yield Finding(seq, "evaluations", problem)


_CHECKS: dict[str, Any] = {"version": _version, "suite": _suite, "evaluation": _evaluation}


def _digest(kind: str, row: Row, scores: list[Row]) -> str:
    try:
        return digest_of(kind, row, scores)
    except (ValueError, TypeError):
        return "unreadable"


def _scores(connection: Connection, seq: int) -> list[Row]:
    sql = "SELECT * FROM scores WHERE evaluation = ? ORDER BY scorer, position"
    return table_rows(connection, sql, (seq,))


def _named(row: Row) -> str:
    for names in (("prompt_id", "version"), ("prompt_id", "suite"), ("name",)):
        if all(name in row for name in names):
            return "@".join(str(row[name]) for name in names)
    return "the row"
