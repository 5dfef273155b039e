"""Mode 5, Deploys: what is live where, the evidence behind it, and how it came about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from workbench.present import numbers
from workbench.present.charts import sparkline
from workbench.present.safe_text import safe_line
from workbench.tui import keys
from workbench.tui.list_rows import ListRow
from workbench.tui.messages import RegistryChanged
from workbench.tui.reads import LivePage, LiveRow, read_live, read_place
from workbench.tui.screens.base import ModeScreen
from workbench.tui.selection import Selection
from workbench.tui.table_model import Column, Sign
from workbench.tui.widgets.case_pane import CasePane
from workbench.tui.widgets.case_table import CaseTable
from workbench.tui.widgets.text import plain
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from workbench.registry.records import LogEntry

SEPARATOR = "\x1f"
LIVE_COLUMNS = (
    Column("prompt", "prompt", 14, grows=True),
    Column("environment", "environment", 12),
    Column("version", "version", 8),
    Column("evidence", "evidence", 8),
    Column("score", "score", 5, "right"),
    Column("since", "since", 10),
    Column("by", "by", 12),
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
NOTHING = ("Nothing is registered yet.", "F3 Draft · ctrl+s there registers a version.")
NO_HISTORY = ("Nothing was ever deployed here.", "D deploys a version.")


class DeploysScreen(ModeScreen):
    """What is live where."""

    MODE = "deploys"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("deploys")

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, LiveRow] = {}
        self._page: LivePage | None = None

    def body(self) -> Iterable[Widget]:
        live = CaseTable(LIVE_COLUMNS, empty=NOTHING, id="live")
        history = CaseTable(HISTORY_COLUMNS, empty=NO_HISTORY, id="history")
        with Container(id="deploys-body"):
            yield CasePane(live, "Where each prompt is live", id="live-pane")
            with Container(id="deploys-right"):
                yield CasePane(history, "History (append-only)", id="history-pane")
                yield TextView(id="behind", classes="pane")

    def on_mount(self) -> None:
        self.query_one("#live", CaseTable).focus()

    def show(self, selection: Selection) -> None:
        del selection
        self.reload()

    def on_registry_changed(self, _message: RegistryChanged) -> None:
        self.reload()

    def reload(self) -> None:
        """Read what is live again."""
        self.bench_app.in_thread(read_live, done=self._show_live, group="live")

    def _show_live(self, rows: tuple[LiveRow, ...]) -> None:
        self._rows = {_key(row): row for row in rows}
        table = self.query_one("#live", CaseTable)
        cursor = table.cursor_key
        if cursor not in self._rows:
            wanted = self.bench_app.selection.prompt_id
            cursor = next((_key(row) for row in rows if row.prompt_id == wanted), "")
        table.load([_live_row(row, at) for at, row in enumerate(rows)], cursor=cursor)
        if not rows:
            self.hint("nothing is registered · F3 Draft · ctrl+s there registers a version")
        self._read_place()

    @property
    def row(self) -> LiveRow | None:
        """The place under the cursor."""
        return self._rows.get(self.query_one("#live", CaseTable).cursor_key)

    def on_case_table_highlighted(self, message: CaseTable.Highlighted) -> None:
        message.stop()
        if message.table.id == "live":
            self._read_place()

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        """The version's text, on the Prompts screen."""
        message.stop()
        row = self.row
        if row is None:
            return
        version = row.deployment.version if row.deployment else None
        if message.table.id == "history" and self._page:
            version = message.key.partition(SEPARATOR)[2] or version
        self.bench_app.select(prompt_id=row.prompt_id, version=version)
        self.bench_app.switch_mode("prompts")

    def on_case_table_peeked(self, message: CaseTable.Peeked) -> None:
        """The evidence, where the screen has no room for its pane."""
        message.stop()
        row, page = self.row, self._page
        if row is None or page is None:
            return
        from workbench.tui.dialogs.simple import Reading

        title = f"{page.prompt_id} → {page.environment}: evidence and trend"
        self.app.push_screen(Reading(title, behind_text(row, page)))

    def _read_place(self) -> None:
        row = self.row
        self.refresh_bindings()
        if row is None:
            return
        self.bench_app.in_thread(
            read_place, row.prompt_id, row.environment, done=self._show_place, group="place"
        )

    def _show_place(self, page: LivePage) -> None:
        row = self.row
        if row is None or (row.prompt_id, row.environment) != (page.prompt_id, page.environment):
            return
        self._page = page
        history = self.query_one("#history", CaseTable)
        self.query_one("#history-pane", CasePane).show_title(
            f"History of {page.prompt_id} → {page.environment} (append-only)"
        )
        history.load([_history_row(entry, at) for at, entry in enumerate(page.history)])
        behind = self.query_one("#behind", TextView)
        behind.border_title = plain("Evidence and trend")
        behind.show(behind_text(row, page))
        self.hint(_say(row, page))
        self.refresh_bindings()

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        row = self.row if self.is_mounted else None
        if action in ("deploy", "approve"):
            return row is not None
        if action == "rollback":
            return row is not None and (row.deployment is not None or bool(self._way_back(row)))
        if action in ("retire", "compare"):
            return row is not None and row.deployment is not None
        if action == "revoke":
            return bool(self._meant_version())
        return True

    def _way_back(self, row: LiveRow) -> str:
        """Where a rollback would go, as far as that was read."""
        page = self._page
        is_its = page and (page.prompt_id, page.environment) == (row.prompt_id, row.environment)
        return page.rollback_to if page and is_its else ""

    def _meant_version(self) -> str:
        """The version of the history's line that has the cursor, else the one that is live."""
        row = self.row if self.is_mounted else None
        if row is None:
            return ""
        history = self.query_one("#history", CaseTable)
        if self.focused is history:
            return history.cursor_key.partition(SEPARATOR)[2]
        return row.deployment.version if row.deployment else ""

    def action_deploy(self) -> None:
        """The newest version there, or the one that the prompts' screen has selected."""
        row = self.row
        if row is None:
            return
        selection = self.bench_app.selection
        version = row.newest
        if selection.prompt_id == row.prompt_id and selection.version:
            version = selection.version
        from workbench.tui.dialogs.deploy import open_deploy

        open_deploy(self.bench_app, row.prompt_id, version, row.environment)

    def action_rollback(self) -> None:
        row = self.row
        if row is not None:
            from workbench.tui.dialogs.rollback import open_rollback

            open_rollback(self.bench_app, row.prompt_id, row.environment)

    def action_compare(self) -> None:
        row = self.row
        if row is None or row.deployment is None:
            return
        if row.newest == row.deployment.version:
            self.bench_app.tell(f"{row.newest} is live and the newest: nothing to compare")
            return
        self.bench_app.open_compare(row.deployment.ref, f"{row.prompt_id}@{row.newest}")

    def action_approve(self) -> None:
        row = self.row
        if row is not None:
            from workbench.tui.dialogs.approve import open_approve

            open_approve(self.bench_app, row.prompt_id, row.newest, row.environment)

    def action_retire(self) -> None:
        row = self.row
        if row is not None and row.deployment is not None:
            from workbench.tui.dialogs.approve import open_retire

            open_retire(self.bench_app, row.deployment)

    def action_revoke(self) -> None:
        row, version = self.row, self._meant_version()
        if row is not None and version:
            from workbench.tui.dialogs.revoke import open_revoke

            open_revoke(self.bench_app, row.prompt_id, version)


def _key(row: LiveRow) -> str:
    return f"{row.prompt_id}{SEPARATOR}{row.environment}"


def _live_row(row: LiveRow, place: int) -> ListRow:
    cells = {"prompt": row.prompt_id, "environment": row.environment}
    signs: dict[str, Sign] = {}
    if row.deployment is None:
        cells |= {"version": "–", "evidence": "not live"}  # noqa: RUF001
        return ListRow(_key(row), cells, sign="quiet", place=place)
    status = row.status
    cells |= {
        "version": row.deployment.version,
        "evidence": _evidence(row),
        "since": row.deployment.deployed_at[:10],
        "by": row.deployment.deployed_by,
        "score": numbers.score(status.score) if status else "",
        "previous": row.deployment.previous_version or "–",  # noqa: RUF001
    }
    if status:
        signs["evidence"] = "pass" if status.tested else "fail"
    return ListRow(_key(row), cells, signs, place=place)


def _evidence(row: LiveRow) -> str:
    """How it stands with what is live; in capitals when somebody should look."""
    if row.status is None:
        return ""
    state = row.status.state.value
    return state if row.status.tested else state.upper()


def _history_row(entry: LogEntry, place: int) -> ListRow:
    action = entry.action if entry.action == "deploy" else entry.action.upper()
    flags = " (past the gate)" if entry.override else ""
    return ListRow(
        f"{entry.seq}{SEPARATOR}{entry.version}",
        {
            "when": _local(entry.at),
            "action": action,
            "change": _change(entry),
            "by": entry.by,
            "reason": entry.reason + flags,
        },
        {"action": "" if entry.action == "deploy" else "down"},
        place=place,
    )


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
    from workbench.tui.evidence_lines import evidence_text

    lines: list[Content] = []
    if row.status is not None and row.deployment is not None:
        style = "$text-success" if row.status.tested else "$text-warning"
        said = f"{row.deployment.version} is {row.status.state.value}: {row.status.reason}"
        lines.append(Content.styled(safe_line(said), style))
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


def _say(row: LiveRow, page: LivePage) -> str:
    if row.deployment is None:
        back = f" · R brings {page.rollback_to} back" if page.rollback_to else ""
        return f"nothing is live in {row.environment} · D deploys {row.newest}{back}"
    if page.rollback_to:
        return (
            f"R rolls {row.environment} back to {page.rollback_to} "
            f"(before {row.deployment.version}); history is kept"
        )
    age = numbers.age(row.deployment.deployed_at, datetime.now(UTC)).removesuffix(" ago")
    return f"{row.deployment.version} is live for {age}; nothing earlier to go back to"
