"""Cases may be added to a suite without a reason; does a version pass only because of them?

Adding cases is stricter as long as evidence still passes on the earlier ones alone. Until somebody
accepts the added cases with a reason, evidence must also pass every form of the suite since the
last accepted one: the first, or the newest with a reason.
"""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.registry.models.records import EvaluationRecord
from workbench.registry.models.strictness import POLICY_FACTS, cases_of, suite_changes
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.queries import json_field
from workbench.registry.storage.tables import AFTER_ALL, table_rows
from workbench.verdicts import recompute
from workbench.verdicts.evidence import policy_from_content
from workbench.verdicts.recorded.restriction import Part, judged_on
from workbench.verdicts.values import Evidence, Gate

Row = Mapping[str, Any]

_JUDGED_AGAIN = frozenset(fact.name for fact in POLICY_FACTS) - {"scorers", "baseline", "extend"}
"""Facts of a policy under which recorded scores can be judged again."""


@dataclass(frozen=True, slots=True)
class OnlyByAdded:
    """A pass that does not hold on the cases of an earlier form of the suite."""

    prompt_id: str
    suite: str
    score: float | None
    cases: int
    before: Part

    def __str__(self) -> str:
        decided = "fails" if self.before.gate is Gate.FAIL else "decides nothing"
        return (
            f"it passes {self.suite} only with the cases that were added: {_number(self.score)} on"
            f" all {self.cases}, {_number(self.before.score)} on the {self.before.cases} before,"
            f" where the gate {decided}"
        )


def _number(score: float | None) -> str:
    return "no score" if score is None else f"{score:.3f}"


def suite_rows(connection: Connection, prompt_id: str, suite: str, before: int) -> Sequence[Row]:
    """Every form of a suite recorded before that seq, oldest first."""
    sql = "SELECT * FROM suites WHERE prompt_id = ? AND suite = ? AND seq < ? ORDER BY seq"
    return table_rows(connection, sql, (prompt_id, suite, before))


def held_to(rows: Sequence[Row]) -> list[Row]:
    """The forms from the last accepted one on: the newest with a reason, else the first that was
    recorded under rules that need reasons.
    """
    reasons = [at for at, row in enumerate(rows) if row["reason"].strip(" ")]
    ruled = [at for at, row in enumerate(rows) if row["revision"]]
    return list(rows[(reasons[-1:] or ruled[:1] or [0])[0] :])


def passes_by(evidence: Evidence, judged: Row, row: Row) -> bool:
    """Whether evidence on the form `judged` of a suite passes the form `row`, on its cases."""
    changes = suite_changes(row, judged)
    looser = {change.fact for change in changes if change.looser}
    if not looser <= _JUDGED_AGAIN:
        return False
    if any(change.fact == "cases" for change in changes):
        return _on_the_cases_of(row, evidence, judged).gate is Gate.PASS
    return not looser or recompute(replace(evidence, policy=json.loads(row["policy"]))) is Gate.PASS


def _on_the_cases_of(row: Row, evidence: Evidence, judged: Row) -> Part:
    return judged_on(evidence, policy_from_content(json.loads(row["policy"])), _shared(row, judged))


def _shared(row: Row, judged: Row) -> frozenset[str]:
    """Ids, in the form `judged`, of the cases that `row` has."""
    known = cases_of(row)
    return frozenset(str(case_id) for key, case_id in cases_of(judged).items() if key in known)


def forms_with_fewer_cases(connection: Connection, prompt_id: str, suite: str) -> list[Row]:
    """Forms of a suite, other than the one in force, that its evidence must also pass."""
    # Most suites always had the same cases, and the lists of cases are long.
    datasets = connection.execute(
        f"SELECT count(DISTINCT {json_field('parts', 'dataset')}) FROM suites"
        " WHERE prompt_id = ? AND suite = ?",
        (prompt_id, suite),
    ).fetchone()[0]
    if datasets == 1:
        return []
    rows = held_to(suite_rows(connection, prompt_id, suite, AFTER_ALL))
    return [row for row in rows if cases_of(row).keys() != cases_of(rows[-1]).keys()]


def only_by_added(
    connection: Connection, suite: tuple[str, str], passed: Iterable[EvaluationRecord]
) -> OnlyByAdded | None:
    """Why no evaluation that passed a suite in force (prompt_id, name) holds without the added
    cases that nobody accepted, for the newest one; None: one holds, or there is none.
    """
    forms = forms_with_fewer_cases(connection, *suite)
    newest: OnlyByAdded | None = None
    for record in passed if forms else ():
        judged = judged_row(connection, record.seq)
        against = next((row for row in forms if not passes_by(record.evidence, judged, row)), None)
        if against is None:
            return None
        evidence = record.evidence
        newest = newest or OnlyByAdded(
            *suite,
            evidence.score,
            len(next(iter(evidence.pairs.values()), ())),
            _on_the_cases_of(against, evidence, judged),
        )
    return newest


def judged_row(connection: Connection, evaluation: int) -> Row:
    """The form of the suite that an evaluation was judged on."""
    sql = "SELECT * FROM suites WHERE seq = (SELECT suite_seq FROM evaluations WHERE seq = ?)"
    (row,) = table_rows(connection, sql, (evaluation,))
    return row
