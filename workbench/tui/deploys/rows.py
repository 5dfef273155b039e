"""Rows of the deploys screen: what is live where, and how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.content import Content

from workbench.present import numbers
from workbench.present.charts import sparkline
from workbench.present.safe_text import safe_line
from workbench.tui.services.registry_queries import LivePage, LiveRow
from workbench.tui.services.rule_queries import changes_text
from workbench.tui.table.filters import Value
from workbench.tui.table.list_rows import ListRow
from workbench.tui.table.table_model import Column, Sign

if TYPE_CHECKING:
    from workbench.registry.models.records import LogEntry

SEPARATOR = "\x1f"
LIVE_COLUMNS = (
    Column("prompt", "prompt", 14, grows=True),
    Column("environment", "environment", 12),
    Column("version", "version", 8),
    Column("evidence", "evidence", 8),
    Column("score", "score", 5, "right"),
    Column("since", "since", 10),
    Column("by", "by", 12, grows=True),
    Column("previous", "before", 8),
)
"""All but the last are exactly as wide as 80 columns allow."""
HISTORY_COLUMNS = (
    Column("when", "when", 16),
    Column("action", "action", 8),
    Column("change", "from → to", 15),
    Column("by", "by", 12),
    Column("reason", "reason", 12, grows=True),
)


def place_key(row: LiveRow) -> str:
    """Of a prompt in an environment."""
    return f"{row.prompt_id}{SEPARATOR}{row.environment}"


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A line of the list. Its cells are made when they are looked at: of ten thousand prompts most
    never come into sight.
    """

    live: LiveRow
    place: int = 0

    @property
    def key(self) -> str:
        return place_key(self.live)

    @property
    def sign(self) -> Sign:
        return "" if self.live.deployment else "quiet"

    def rank(self) -> tuple[int, ...]:
        return (self.place,)

    def cell(self, column: str) -> str:
        return _live_cells(self.live).get(column, "")

    def cell_sign(self, column: str) -> Sign:
        status = self.live.status
        if column != "evidence" or status is None:
            return ""
        return "pass" if status.tested else "fail"

    def haystack(self) -> str:
        return " ".join(_live_cells(self.live).values())

    def value(self, field: str) -> Value:
        return _live_cells(self.live).get(field)


def _live_cells(row: LiveRow) -> dict[str, str]:
    """What is live there, or that nothing is."""
    cells = {"prompt": row.prompt_id, "environment": row.environment}
    if row.deployment is None:
        return cells | {"version": "–", "evidence": "not live"}  # noqa: RUF001
    return cells | {
        "version": row.deployment.version,
        "evidence": _evidence(row),
        "since": row.deployment.deployed_at[:10],
        "by": row.deployment.deployed_by,
        "score": numbers.score(row.status.score) if row.status else "",
        "previous": row.deployment.previous_version or "–",  # noqa: RUF001
    }


def _evidence(row: LiveRow) -> str:
    """How it stands with what is live; in capitals when somebody should look."""
    if row.status is None:
        return ""
    state = row.status.state.value
    return state if row.status.tested else state.upper()


def history_key(entry: LogEntry) -> str:
    """Of its row; it ends with the version."""
    return f"{entry.seq}{SEPARATOR}{entry.version}"


def history_row(entry: LogEntry, place: int) -> ListRow:
    """One thing that happened."""
    return ListRow(
        history_key(entry),
        {
            "when": _local(entry.at),
            "action": _action(entry),
            "change": _change(entry),
            "by": entry.by,
            "reason": _reason(entry),
        },
        {"action": "" if entry.action == "deploy" else "down"},
        place=place,
    )


def _action(entry: LogEntry) -> str:
    return entry.action if entry.action == "deploy" else entry.action.upper()


def _reason(entry: LogEntry) -> str:
    """With old and new where a rule changed."""
    flags = " (past the gate)" if entry.override else ""
    flags += " (allowed by loosened rules)" if entry.loosened_by else ""
    reason = f"{entry.change}: {entry.reason}" if entry.change else entry.reason
    return reason + flags


def entry_line(entry: LogEntry) -> str:
    """The same as its row, uncut."""
    change = f" {_change(entry)}" if _change(entry) else ""
    return f"{_action(entry)}{change} by {entry.by}: {_reason(entry)}"


def entry_text(entry: LogEntry) -> Content:
    """One thing that happened, whole."""
    lines = [
        Content.styled(safe_line(f"record {entry.seq} · {_local(entry.at)}"), "$text-muted"),
        Content.styled(safe_line(f"{_action(entry)} {_change(entry)} by {entry.by}"), "bold"),
    ]
    if entry.change:
        lines.append(changes_text([entry.change]))
    if entry.reason:
        lines.append(Content(safe_line(f"reason: {entry.reason}")))
    if entry.override:
        lines.append(Content.styled("past the gate", "$text-warning"))
    if entry.loosened_by:
        lines.append(_allowed_by(entry.loosened_by))
    return Content("\n").join(lines)


def _allowed_by(record: int) -> Content:
    return Content.styled(f"loosened rules allowed it: record {record} of the log", "$text-warning")


def _change(entry: LogEntry) -> str:
    if entry.action not in ("deploy", "rollback", "retire"):
        return entry.version
    to = "–" if entry.action == "retire" else entry.version  # noqa: RUF001
    return f"{entry.previous_version or '–'} → {to}"  # noqa: RUF001


def _local(at: str) -> str:
    then = numbers.moment(at)
    return then.astimezone().strftime("%Y-%m-%d %H:%M") if then else at


def behind_text(row: LiveRow, page: LivePage) -> Content:
    """Why it may be live, and how the scores went over the versions."""
    from workbench.tui.widgets.evidence_lines import evidence_text

    lines: list[Content] = []
    if row.status is not None and row.deployment is not None:
        style = "$text-success" if row.status.tested else "$text-warning"
        said = f"{row.deployment.version} is {row.status.state.value}: {row.status.reason}"
        lines.append(Content.styled(safe_line(said), style))
        if row.deployment.loosened_by:
            lines.append(_allowed_by(row.deployment.loosened_by))
        for suite in row.status.suites:
            if suite.evaluation is not None:
                lines.append(evidence_text(suite.evaluation.evidence))
    known = [(version, score) for version, score in page.scores if score is not None]
    if known:
        trend = sparkline([score for _, score in page.scores])
        first, last = known[0], known[-1]
        lines.append(
            Content.assemble(
                ("scores ", "bold"),
                safe_line(
                    f"{trend}  {first[0]} {numbers.score(first[1])} → "
                    f"{last[0]} {numbers.score(last[1])}"
                ),
            )
        )
    return Content("\n").join(lines) if lines else Content("nothing is live here")


def what_next(row: LiveRow, page: LivePage) -> str:
    """What can be done there."""
    if row.deployment is None:
        back = f" · R brings {page.rollback_to} back" if page.rollback_to else ""
        return f"nothing is live in {row.environment} · D deploys {row.newest}{back}"
    if row.status and not row.status.tested:
        said = f"{row.deployment.version} is {_evidence(row)}: {row.status.reason}"
        return f"{said} · R goes back to {page.rollback_to}" if page.rollback_to else said
    if page.rollback_to:
        return (
            f"R rolls {row.environment} back to {page.rollback_to} "
            f"(before {row.deployment.version}); history is kept"
        )
    age = numbers.age(row.deployment.deployed_at, datetime.now(UTC)).removesuffix(" ago")
    return f"{row.deployment.version} is live for {age}; nothing earlier to go back to"
