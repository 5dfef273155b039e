"""Mode 5, Deploys: what is live where, the evidence behind it, and how it came about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from workbench.tui.base.screen import LOOK_EVERY_S, ModeScreen
from workbench.tui.context.messages import RegistryChanged
from workbench.tui.context.selection import Selection
from workbench.tui.deploys.live_list import LiveList, read_live_list
from workbench.tui.deploys.queries import (
    FIRST_PROMPTS,
    STATUSES_AT_ONCE,
    LivePage,
    LiveRow,
    read_place,
    read_statuses,
    without_status,
)
from workbench.tui.deploys.registry_watch import RegistryWatch
from workbench.tui.deploys.rows import (
    HISTORY_COLUMNS,
    LIVE_COLUMNS,
    SEPARATOR,
    PlaceRow,
    behind_text,
    entry_line,
    entry_text,
    history_key,
    history_rows,
    live_title,
    rules_news,
    what_next,
)
from workbench.tui.keys import keys
from workbench.tui.services.files_watch import files_of_suites
from workbench.tui.services.rule_queries import NO_RULES
from workbench.tui.table.case_table import CaseTable
from workbench.tui.widgets.case_pane import CasePane
from workbench.tui.widgets.chrome import StatusLine
from workbench.tui.widgets.text import plain
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from workbench.registry.models.records import LogEntry

NOTHING = ("Nothing is registered yet.", "F3 Draft · ctrl+s there registers a version.")
NO_HISTORY = ("Nothing was ever deployed here.", "D deploys a version.")


class DeploysScreen(ModeScreen):
    """What is live where."""

    MODE = "deploys"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("deploys")
    watched = files_of_suites

    def __init__(self) -> None:
        super().__init__()
        self._missing: list[PlaceRow] = []
        """Rows whose status has yet to be read."""
        self._rules = NO_RULES
        self._page: LivePage | None = None
        self._watch: RegistryWatch | None = None

    def body(self) -> Iterable[Widget]:
        live = CaseTable(LIVE_COLUMNS, empty=NOTHING, id="live")
        history = CaseTable(HISTORY_COLUMNS, empty=NO_HISTORY, id="history")
        with Container(id="deploys-body"):
            yield CasePane(live, live_title(), id="live-pane")
            with Container(id="deploys-right"):
                yield CasePane(history, "History (append-only)", id="history-pane")
                yield TextView(id="behind", classes="pane")

    def on_mount(self) -> None:
        self.query_one("#live", CaseTable).focus()
        self._watch = RegistryWatch(self.app.workspace.registry_path)
        self.set_interval(LOOK_EVERY_S, self._look)

    def on_unmount(self) -> None:
        if self._watch:
            self._watch.close()

    def _look(self) -> None:
        """Notice deployments by other processes, while this screen is shown."""
        if self._watch and self.app.screen_stack[0] is self and self._watch.changed():
            self.reload()

    def show(self, selection: Selection) -> None:
        del selection
        self.reload()

    def on_registry_changed(self, _message: RegistryChanged) -> None:
        self.reload()

    def files_changed(self) -> None:
        """Evidence may be stale: the cases or the suite changed."""
        self.reload()

    def reload(self) -> None:
        """Read what is live again. An empty list shows the first prompts before it has all."""
        is_empty = not self.query_one("#live", CaseTable).model.total
        self._read_live(FIRST_PROMPTS if is_empty else None)

    def _read_live(self, first: int | None = None) -> None:
        def show(live: LiveList) -> None:
            self._show_live(live)
            if not live.is_whole:
                self._read_live()

        group = "live" if first is None else "first-live"
        self.app.in_thread(read_live_list, first, done=show, group=group, opens=True)

    def _show_live(self, live: LiveList) -> None:
        rules, rows = live.rules, live.rows
        self.query_one("#live-pane", CasePane).show_title(live_title(live.waits))
        news = rules_news(rules, self._rules, shown=self.query_one(StatusLine).message)
        if news:
            self.app.tell(news, error=bool(rules.problem))
        self._rules = rules
        table = self.query_one("#live", CaseTable)
        cursor = table.cursor_key
        if not table.touched or all(row.key != cursor for row in rows):
            wanted = self.app.selection.prompt_id
            cursor = next((row.key for row in rows if row.live.prompt_id == wanted), "")
        table.load(rows, cursor=cursor)
        if not rows:
            self.hint("nothing is registered · F3 Draft · ctrl+s there registers a version")
        self._read_place()
        self._missing = [rows[at] for at in without_status([row.live for row in rows])]
        self._read_statuses()

    def _read_statuses(self) -> None:
        """Read some of the statuses that are missing; each batch asks for the next."""
        batch, self._missing = self._missing[:STATUSES_AT_ONCE], self._missing[STATUSES_AT_ONCE:]
        if not batch:
            return

        def show(updated: tuple[LiveRow, ...]) -> None:
            rows = [PlaceRow(live, row.place) for row, live in zip(batch, updated, strict=True)]
            self.query_one("#live", CaseTable).put(rows)
            # Called later: the next job of the group would cancel the one we are in.
            self.call_later(self._read_statuses)

        self.app.in_thread(
            read_statuses,
            [row.live for row in batch],
            self._rules.changes,
            done=show,
            group="statuses",
        )

    @property
    def row(self) -> LiveRow | None:
        """The place under the cursor."""
        row = self.query_one("#live", CaseTable).cursor_row
        return row.live if isinstance(row, PlaceRow) else None

    def on_case_table_highlighted(self, message: CaseTable.Highlighted) -> None:
        message.stop()
        if message.table.id == "live":
            self._read_place()
        else:
            self._hint_next()

    def on_descendant_focus(self) -> None:
        self._hint_next()

    def _hint_next(self) -> None:
        """Hint: the selected history entry in full, else what can be done."""
        entry, row, page = self._entry(), self.row, self._page
        if self.focused is self.query_one("#history", CaseTable) and entry:
            self.hint(entry_line(entry))
        elif row and page:
            self.hint(what_next(row, page))

    def _entry(self) -> LogEntry | None:
        """The selected history entry."""
        key = self.query_one("#history", CaseTable).cursor_key
        entries = self._page.history if self._page else ()
        return next((entry for entry in entries if history_key(entry) == key), None)

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        """The version's text, on the Prompts screen."""
        message.stop()
        row = self.row
        if row is None:
            return
        version = row.deployment.version if row.deployment else None
        if message.table.id == "history" and self._page:
            version = message.key.partition(SEPARATOR)[2] or version
        self.app.select(prompt_id=row.prompt_id, version=version)
        self.app.switch_mode("prompts")

    def on_case_table_peeked(self, message: CaseTable.Peeked) -> None:
        """The line of the history, whole; the evidence, where the screen has no room for it."""
        message.stop()
        row, page, entry = self.row, self._page, self._entry()
        if row is None or page is None:
            return
        from workbench.tui.dialogs.simple import Reading

        if message.table.id == "history" and entry:
            title = f"{page.prompt_id} → {page.environment}"
            self.app.push_screen(Reading(title, entry_text(entry)))
            return
        title = f"{page.prompt_id} → {page.environment}: evidence and trend"
        self.app.push_screen(Reading(title, behind_text(row, page)))

    def _read_place(self) -> None:
        row = self.row
        self.refresh_bindings()
        if row is None:
            return
        self.app.in_thread(
            read_place, row.prompt_id, row.environment, done=self._show_place, group="place"
        )

    def _show_place(self, page: LivePage) -> None:
        row, place = self.row, (page.prompt_id, page.environment)
        if row is None or (row.prompt_id, row.environment) != place:
            return
        before, self._page = self._page, page
        history = self.query_one("#history", CaseTable)
        self.query_one("#history-pane", CasePane).show_title(
            f"History of {page.prompt_id} → {page.environment} (append-only)"
        )
        is_same = before and (before.prompt_id, before.environment) == place
        cursor = history.cursor_key if is_same and history.touched else ""
        history.load(history_rows(page.history), cursor=cursor)
        behind = self.query_one("#behind", TextView)
        behind.border_title = plain("Evidence and trend")
        behind.show(behind_text(row, page))
        self._hint_next()
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
        if action == "rules":
            return bool(self._rules.changes)
        if action == "approve_rules":
            return bool(self._rules.waiting)
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
        selection = self.app.selection
        version = row.newest
        if selection.prompt_id == row.prompt_id and selection.version:
            version = selection.version
        from workbench.tui.dialogs.deploy import open_deploy

        open_deploy(self.app, row.prompt_id, version, row.environment)

    def action_rollback(self) -> None:
        row = self.row
        if row is not None:
            from workbench.tui.deploys.rollback import open_rollback

            open_rollback(self.app, row.prompt_id, row.environment)

    def action_compare(self) -> None:
        row = self.row
        if row is None or row.deployment is None:
            return
        if row.newest == row.deployment.version:
            self.app.tell(f"{row.newest} is live and the newest: nothing to compare")
            return
        self.app.open_compare(row.deployment.ref, f"{row.prompt_id}@{row.newest}")

    def action_approve(self) -> None:
        row = self.row
        if row is not None:
            from workbench.tui.deploys.approve import open_approve

            open_approve(self.app, row.prompt_id, row.newest, row.environment)

    def action_retire(self) -> None:
        row = self.row
        if row is not None and row.deployment is not None:
            from workbench.tui.deploys.approve import open_retire

            open_retire(self.app, row.deployment)

    def action_export(self) -> None:
        """The version that is meant, else the newest."""
        from workbench.tui.dialogs.export import open_export

        version = self._meant_version() or (self.row.newest if self.row else "")
        open_export(self.app, f"{self.row.prompt_id}@{version}" if self.row else "")

    def action_outbox(self) -> None:
        from workbench.tui.deploys.outbox import open_outbox

        open_outbox(self.app)

    def action_rules(self) -> None:
        from workbench.tui.dialogs.rules import open_rules

        open_rules(self.app)

    def action_approve_rules(self) -> None:
        from workbench.tui.dialogs.rules import open_approve_rules

        open_approve_rules(self.app)

    def action_revoke(self) -> None:
        row, version = self.row, self._meant_version()
        if row is not None and version:
            from workbench.tui.dialogs.revoke import open_revoke

            open_revoke(self.app, row.prompt_id, version)
