"""Rows of the deploys screen: what is live where, and how it came about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from workbench.present import numbers
from workbench.present.charts import sparkline
from workbench.present.safe_text import safe_line
from workbench.tui.deploys.queries import LivePage, LiveRow
from workbench.tui.services.rule_queries import Rules, changes_text
from workbench.tui.table.columns import Column, Sign
from workbench.tui.table.list_rows import ListRow

if TYPE_CHECKING:
    from workbench.registry import PromptDeployment
    from workbench.registry.models.records import LogEntry

SEPARATOR = "\x1f"


def place_key(row: LiveRow) -> str:
    """Of a prompt in an environment."""
    return f"{row.prompt_id}{SEPARATOR}{row.environment}"


class PlaceRow(NamedTuple):
    """A line of the list: a prompt in an environment."""

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

    def haystack(self) -> str:
        """The cells, written out: a filter reads those of all rows at each key."""
        live = self.live
        where = f"{live.prompt_id} {live.environment}"
        if live.deployment is None:
            return f"{where} {numbers.UNKNOWN} {_evidence(live)}"
        d = live.deployment
        evidence = f"{_evidence(live)} {_shown_score(self)}"
        who = f"{d.deployed_at[:10]} {d.deployed_by}"
        return f"{where} {d.version} {evidence} {who} {_previous(self)}"


def _live(field: Callable[[PromptDeployment], str | None]) -> Callable[[PlaceRow], str | None]:
    """A value of the deployment; None where nothing is live."""
    return lambda row: field(row.live.deployment) if row.live.deployment else None


def _or_dash(row: PlaceRow) -> str:
    return row.live.deployment.version if row.live.deployment else numbers.UNKNOWN


def _previous(row: PlaceRow) -> str:
    deployment = row.live.deployment
    return (deployment.previous_version or numbers.UNKNOWN) if deployment else ""


def _score(row: PlaceRow) -> float | None:
    return row.live.status.score if row.live.status else None


def _shown_score(row: PlaceRow) -> str:
    return numbers.score(_score(row)) if row.live.status else ""


def _evidence_sign(row: PlaceRow) -> Sign:
    status = row.live.status
    return "" if status is None else "pass" if status.current else "fail"


LIVE_COLUMNS: tuple[Column[PlaceRow], ...] = (
    Column("prompt", "prompt", 14, lambda row: row.live.prompt_id, grows=True),
    Column("environment", "environment", 12, lambda row: row.live.environment),
    Column("version", "version", 8, _live(lambda d: d.version), _or_dash),
    Column("evidence", "evidence", 8, lambda row: _evidence(row.live), sign=_evidence_sign),
    Column("score", "score", 5, _score, _shown_score, align="right"),
    Column("since", "since", 10, _live(lambda d: d.deployed_at[:10])),
    Column("by", "by", 12, _live(lambda d: d.deployed_by), grows=True),
    Column("previous", "before", 8, _live(lambda d: d.previous_version), _previous),
)
"""All but the last are exactly as wide as 80 columns allow."""


def _evidence(row: LiveRow) -> str:
    """The state of what is live; in capitals when it needs attention."""
    if row.deployment is None:
        return "not live"
    if row.status is None:
        return ""
    state = row.status.state.value
    return state if row.status.current else state.upper()


def history_key(entry: LogEntry) -> str:
    """Of its row; it ends with the version."""
    return f"{entry.seq}{SEPARATOR}{entry.version}"


def history_rows(entries: Iterable[LogEntry]) -> list[ListRow[LogEntry]]:
    """What happened, in this order."""
    return [
        ListRow(history_key(entry), entry, at, searched=f"{_local(entry.at)} {entry_line(entry)}")
        for at, entry in enumerate(entries)
    ]


def _action_sign(row: ListRow[LogEntry]) -> Sign:
    return "" if row.item.action == "deploy" else "down"


HISTORY_COLUMNS: tuple[Column[ListRow[LogEntry]], ...] = (
    Column("when", "when", 16, lambda row: _local(row.item.at)),
    Column("action", "action", 8, lambda row: _action(row.item), sign=_action_sign),
    Column("change", "from → to", 15, lambda row: _change(row.item)),
    Column("by", "by", 12, lambda row: row.item.by),
    Column("reason", "reason", 12, lambda row: _reason(row.item), grows=True),
)


def _action(entry: LogEntry) -> str:
    return entry.action if entry.action == "deploy" else entry.action.upper()


def _reason(entry: LogEntry) -> str:
    """With old and new where a rule changed."""
    flags = " (past the gate)" if entry.override else ""
    flags += " (allowed by loosened rules)" if entry.loosened_by else ""
    flags += f" (compared with {entry.compared_with})" if entry.compared_with else ""
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
        style = "$text-success" if row.status.current else "$text-warning"
        state = f"{row.deployment.version} is {row.status.state.value}: {row.status.reason}"
        lines.append(Content.styled(safe_line(state), style))
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


def live_title(waits: int = 0) -> str:
    """Of the list, with how much did not arrive at the targets."""
    outbox = f" · {waits} in the outbox (O)" if waits else ""
    return f"Where each prompt is live{outbox}"


def rules_news(rules: Rules, before: Rules, shown: str) -> str:
    """What is to be told: what the rules need, or that it was done elsewhere; `shown` is the last
    message.
    """
    if rules.problem == before.problem:
        return ""
    if rules.problem:
        return rules.problem
    if before.unreadable:
        return "the suites can be read again"
    is_news = shown == before.problem
    return "the files let no more through than the rules in force" if is_news else ""


def what_next(row: LiveRow, page: LivePage) -> str:
    """What can be done there."""
    if row.deployment is None:
        back = f" · R brings {page.rollback_to} back" if page.rollback_to else ""
        return f"nothing is live in {row.environment} · D deploys {row.newest}{back}"
    if row.status and not row.status.current:
        state = f"{row.deployment.version} is {_evidence(row)}: {row.status.reason}"
        return f"{state} · R goes back to {page.rollback_to}" if page.rollback_to else state
    if page.rollback_to:
        return (
            f"R rolls {row.environment} back to {page.rollback_to} "
            f"(before {row.deployment.version}); history is kept"
        )
    age = numbers.age(row.deployment.deployed_at, datetime.now(UTC)).removesuffix(" ago")
    return f"{row.deployment.version} is live for {age}; nothing earlier to go back to"
