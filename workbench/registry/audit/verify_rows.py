"""Does each row match its record in the ledger, and do its own values agree?"""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from workbench.fingerprints import fingerprint, short
from workbench.prompts.numbering import is_candidate_for
from workbench.registry.audit.second_process import SecondProcess
from workbench.registry.audit.verify_chain import Record
from workbench.registry.audit.verify_versions import (
    UNREADABLE,
    Row,
    VersionRow,
    doubtful_versions,
)
from workbench.registry.content.calibrations import calibrations
from workbench.registry.content.evidence import evaluation_at, judged_by, row_of, score_rows
from workbench.registry.models.digest import digest_of
from workbench.registry.models.records import Finding
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.tables import KINDS, iterate_rows, table_rows
from workbench.verdicts import evidence_to_json, recompute
from workbench.verdicts.judges.errors import JudgeErrors
from workbench.verdicts.recorded.extension import contradiction
from workbench.verdicts.rules import FIRST_RULES, JUDGES_CORRECTED
from workbench.verdicts.values import Evidence, Gate


def check_rows(
    connection: Connection, records: Sequence[Record], second: SecondProcess | None = None
) -> Iterator[Finding]:
    """Compare every row with its record, in both directions; but for those that the second process
    confirms.
    """
    recorded = {record[0]: record for record in records}
    seen: set[int] = set()
    yield from _check_versions(connection, recorded, seen, second)
    for kind, table in KINDS.items():
        if kind == "version":
            continue
        for row in iterate_rows(connection, f"SELECT * FROM {table} ORDER BY seq"):
            seq = int(row["seq"] or 0)
            seen.add(seq)
            scores = _scores(connection, seq) if kind == "evaluation" else []
            yield from _compare(recorded, kind, seq, _digest(kind, row, scores), row)
            if kind in _CHECKS and _is_recorded(recorded, kind, seq):
                yield from _read(_CHECKS[kind](connection, row), kind, seq, row)
    for seq in recorded.keys() - seen:
        kind = recorded[seq][1]
        yield Finding(seq, KINDS.get(kind, "ledger"), "the row of this record is gone")
    yield from _same_contents(connection)
    for (seq,) in connection.execute(
        "SELECT DISTINCT evaluation FROM scores WHERE evaluation NOT IN"
        " (SELECT seq FROM evaluations)"
    ).fetchall():
        yield Finding(seq, "scores", "scores without an evaluation")


def _check_versions(
    connection: Connection,
    recorded: Mapping[int, Record],
    seen: set[int],
    second: SecondProcess | None,
) -> Iterator[Finding]:
    """Those that the second process does not confirm."""
    digests = {seq: record[4] for seq, record in recorded.items() if record[1] == "version"}
    seen.update(digests)
    for version in _doubtful(connection, digests, second):
        seq = version.seq
        seen.add(seq)
        digests.pop(seq, None)
        yield from _compare(recorded, "version", seq, version.digest, version.row)
        if _is_recorded(recorded, "version", seq):
            yield from _read(version.problems(), "version", seq, version.row)
    seen.difference_update(digests)


def _doubtful(
    connection: Connection, digests: dict[int, str], second: SecondProcess | None
) -> Iterator[VersionRow]:
    """Leaves the digests of records without a row."""
    if second is None:
        yield from doubtful_versions(connection, "?", (True,), digests)
        return
    after, last = second.part
    yield from doubtful_versions(connection, "seq <= ?", (after,), digests)
    part = {seq: digest for seq, digest in digests.items() if after < seq <= last}
    if second.confirms(part.items()):  # awaited only here
        for seq in part:
            del digests[seq]
        after = last
    yield from doubtful_versions(connection, "seq > ?", (after,), digests)


def _is_recorded(recorded: Mapping[int, Record], kind: str, seq: int) -> bool:
    return seq in recorded and recorded[seq][1] == kind


def _compare(
    recorded: Mapping[int, Record], kind: str, seq: int, digest: str, row: Row
) -> Iterator[Finding]:
    if not _is_recorded(recorded, kind, seq):
        yield Finding(seq, KINDS[kind], "the ledger has no such record")
    elif digest != recorded[seq][4] or not digest:
        yield Finding(seq, KINDS[kind], f"{_named(row)} was altered after it was recorded")


def _read(findings: Iterable[Finding], kind: str, seq: int, row: Row) -> Iterator[Finding]:
    """The findings, up to the point where the row cannot be read."""
    try:
        yield from findings
    except UNREADABLE as error:
        yield Finding(seq, KINDS[kind], f"{_named(row)} cannot be read: {error}")


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
    if evidence.policy.get("slices"):
        yield from _tags(connection, seq, evidence)
    if evidence.gate is Gate.PASS:
        yield from _judges(connection, seq, evidence)
    if evidence.plan.get("extends"):
        yield from _extension(connection, seq, evidence)
    stored = [{**score, "evaluation": seq} for score in score_rows(evidence.pairs)]
    kept = _scores(connection, seq)
    if stored != kept:
        yield Finding(seq, "scores", "a score is not the mean of its repeats")


def _judges(connection: Connection, seq: int, evidence: Evidence) -> Iterator[Finding]:
    """A pass by judges was corrected by calibrations that are there and let them decide."""
    if int(evidence.plan.get("rules", FIRST_RULES)) < JUDGES_CORRECTED:
        return
    named = {
        int(one["calibration"]): JudgeErrors.of_content(one)
        for one in dict(evidence.plan.get("judges", {})).values()
    }
    left = set(json.loads(evidence.suite_parts.get("gate_judges", "[]")))
    for record in calibrations(connection) if named else ():
        errors = named.get(record.seq)
        fits = errors is not None and record.seq < seq and record.calibration.admitted
        if fits and errors and errors.matrix == record.calibration.matrix:
            left.discard(record.calibration.fingerprint)
            del named[record.seq]
    if left or named:
        problem = "its judge was not corrected by a calibration of that judge"
        yield Finding(seq, "evaluations", problem)


def _tags(connection: Connection, seq: int, evidence: Evidence) -> Iterator[Finding]:
    """Each case has the tags that its suite gives it: its key there ends with their digest."""
    cases = judged_by(connection, seq).contents.get("cases", {})
    ends = {case_id: key.partition(".")[2].partition("#")[0] for key, case_id in cases.items()}
    for pair in next(iter(evidence.pairs.values()), ()):
        # A group of the pair may be one that nobody declared.
        known = {short(fingerprint([pair.tags, group])) for group in (pair.group, None)}
        if not pair.tags:
            known.add("")
        if pair.case_id in ends and ends[pair.case_id] not in known:
            problem = f"case {pair.case_id!r} has other tags than in its suite"
            yield Finding(seq, "scores", problem)


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


_CHECKS: dict[str, Any] = {"suite": _suite, "evaluation": _evaluation}


def _digest(kind: str, row: Row, scores: list[Row]) -> str:
    try:
        return digest_of(kind, row, scores)
    except (ValueError, TypeError):
        return ""


def _scores(connection: Connection, seq: int) -> list[Row]:
    sql = "SELECT * FROM scores WHERE evaluation = ? ORDER BY scorer, position"
    return table_rows(connection, sql, (seq,))


def _named(row: Row) -> str:
    for names in (("prompt_id", "version"), ("prompt_id", "suite"), ("name",)):
        if all(name in row for name in names):
            return "@".join(str(row[name]) for name in names)
    return "the row"
