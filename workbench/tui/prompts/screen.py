"""Mode 1, Prompts: every prompt, its versions, the text of the one under the cursor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.widget import Widget

from workbench.errors import WorkbenchError
from workbench.present.charts import sparkline
from workbench.prompts.files.variants import AT
from workbench.tui.base.screen import ModeScreen
from workbench.tui.context.messages import RegistryChanged, RunEnded
from workbench.tui.context.selection import Selection
from workbench.tui.keys import keys
from workbench.tui.prompts.queries import PromptPage, PromptRow, read_page, read_prompts
from workbench.tui.prompts.rows import (
    DRAFT,
    PROMPT_COLUMNS,
    VERSION_COLUMNS,
    drafted,
    hint,
    other,
    prompt_rows,
    registered,
    version_rows,
)
from workbench.tui.table.case_table import CaseTable
from workbench.tui.widgets.case_pane import CasePane
from workbench.tui.widgets.prompt_text import prompt_text
from workbench.tui.widgets.text import plain
from workbench.tui.widgets.text_view import TextView

NO_PROMPTS = ("No prompts yet.", "n makes one.")
NO_VERSIONS = ("No versions yet.", "e edits the draft; ctrl+s there registers it.")


class PromptsScreen(ModeScreen):
    """The registry's home."""

    MODE = "prompts"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("prompts")

    def __init__(self) -> None:
        super().__init__()
        self._page: PromptPage | None = None
        self._prompts: dict[str, PromptRow] = {}
        self._baseline = ""
        self._shown: tuple[PromptPage | None, str | None, str] = (None, None, "")
        """Whose text is shown."""

    def body(self) -> Iterable[Widget]:
        prompts = CaseTable(PROMPT_COLUMNS, empty=NO_PROMPTS, id="prompts")
        versions = CaseTable(VERSION_COLUMNS, empty=NO_VERSIONS, id="versions")
        with Horizontal(id="prompts-body"):
            yield CasePane(prompts, "Prompts", id="prompts-pane")
            with Container(id="prompts-right"):
                yield CasePane(versions, "Versions", id="versions-pane")
                yield TextView(id="text", classes="pane")

    def on_mount(self) -> None:
        self.query_one("#prompts", CaseTable).focus()

    def show(self, selection: Selection) -> None:
        table = self.query_one("#prompts", CaseTable)
        if not self._prompts:
            self.reload()
            return
        if selection.prompt_id and table.cursor_key != selection.prompt_id:
            table.show_key(selection.prompt_id)
        if self._page and self._page.prompt_id == selection.prompt_id:
            variant = f"{AT}{selection.variant}" if selection.variant else DRAFT
            self.query_one("#versions", CaseTable).show_key(selection.version or variant)
            self._show_version()

    def on_screen_resume(self) -> None:
        if self._prompts:
            self.reload()
        super().on_screen_resume()

    def on_registry_changed(self, _message: RegistryChanged) -> None:
        self.reload()

    def on_run_ended(self, _message: RunEnded) -> None:
        self.reload()

    def reload(self) -> None:
        """Read prompts, then the selected one's versions, again."""
        self.app.in_thread(read_prompts, done=self._show_prompts, group="prompts", opens=True)

    def _show_prompts(self, rows: tuple[PromptRow, ...]) -> None:
        self._prompts = {row.prompt_id: row for row in rows}
        self.app.known_prompts = tuple(self._prompts)
        table = self.query_one("#prompts", CaseTable)
        wanted = self.app.selection.prompt_id
        if wanted not in self._prompts and rows:
            wanted = rows[0].prompt_id
        table.load(prompt_rows(rows), cursor=wanted)
        self._show_beginnings(not rows)
        if rows:
            self._read(wanted)

    def _show_beginnings(self, shows: bool) -> None:
        """In the place of the lists, where there is nothing to list."""
        from workbench.tui.new_parts.beginnings import Beginnings

        there = self.query(Beginnings)
        self.query_one("#prompts-body").display = not shows
        if shows and not there:
            self.mount(Beginnings(), before="#status")
            self.hint("enter begins · 6 Datasets takes cases · F1 lists every key")
        elif there and not shows:
            there.remove()
            self.query_one("#prompts", CaseTable).focus()

    @property
    def _shown_id(self) -> str:
        return self._page.prompt_id if self._page else ""

    def _read(self, prompt_id: str) -> None:
        def failed(error: WorkbenchError) -> None:
            self._show_page(PromptPage(prompt_id, None, str(error), None, (), {}))

        self.app.in_thread(
            read_page,
            prompt_id,
            done=self._show_page,
            failed=failed,
            group="page",
            opens=self._page is None,
        )

    def _show_page(self, page: PromptPage) -> None:
        changed = self._page is None or self._page.prompt_id != page.prompt_id
        self._page = page
        table = self.query_one("#versions", CaseTable)
        rows = version_rows(page, short=self.app.size.width < 100)
        selection = self.app.selection
        cursor = "" if changed else table.cursor_key
        if selection.prompt_id == page.prompt_id:
            variant = f"{AT}{selection.variant}" if selection.variant else ""
            cursor = selection.version or variant or cursor
        table.load(rows, cursor=cursor if any(row.key == cursor for row in rows) else "")
        trend = sparkline([row.score for row in reversed(page.versions)])
        title = f"{page.prompt_id} · versions {len(page.versions)}"
        self.query_one("#versions-pane", CasePane).show_title(
            f"{title} · {trend}" if len(page.versions) > 1 else title
        )
        self._select(page.prompt_id)
        self._show_version()

    def _select(self, prompt_id: str) -> None:
        """Select what the cursor is on in the list of versions."""
        variant = self._variant()
        self.app.select(prompt_id=prompt_id, version=self._chosen(), variant=variant)

    def on_case_table_highlighted(self, message: CaseTable.Highlighted) -> None:
        message.stop()
        if message.table.id == "prompts":
            is_current = message.key == message.table.cursor_key
            if message.key and message.key != self._shown_id and is_current:
                self.app.select(prompt_id=message.key, version=None)
                self._read(message.key)
        elif self._page:
            self._select(self._page.prompt_id)
            self._show_version()

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        message.stop()
        if message.table.id == "prompts":
            self.query_one("#versions", CaseTable).focus()
        elif message.key == DRAFT or self._variant():
            self.action_edit()
        else:
            view = self.query_one("#text", TextView)
            view.focus()
            self.maximize(view, container=False)

    def on_case_table_peeked(self, message: CaseTable.Peeked) -> None:
        """The evidence of the version under the cursor."""
        message.stop()
        row = self._page.row(self._chosen() or "") if self._page else None
        if row is None or row.evaluation is None:
            self.app.tell("no evidence yet: v on a version runs its gate")
            return
        from workbench.tui.dialogs.simple import Reading
        from workbench.tui.widgets.evidence_lines import evidence_text

        text = evidence_text(row.evaluation.evidence, full=True)
        self.app.push_screen(Reading(f"{row.version.ref}: what its gate said", text))

    def _chosen(self) -> str | None:
        key = self.query_one("#versions", CaseTable).cursor_key
        return key if key and key != DRAFT and not key.startswith(AT) else None

    def _variant(self) -> str:
        """The name of the variant under the cursor; empty: the draft, or a version."""
        key = self.query_one("#versions", CaseTable).cursor_key or ""
        return key.removeprefix(AT) if key.startswith(AT) else ""

    def _show_version(self) -> None:
        page = self._page
        shown = (page, self._chosen(), self._variant())
        if page is None or self._shown == shown:
            return
        self._shown = shown
        view = self.query_one("#text", TextView)
        row, variant = page.row(self._chosen() or ""), page.variant(self._variant())
        if variant:
            view.border_title = plain(f"variant · {variant.state.path.name}")
            view.show(prompt_text(variant.text), raw=variant.text)
        elif row:
            view.border_title = plain(
                f'{row.version.version} · "{row.version.description}" · {row.version.author}'
            )
            view.show(prompt_text(row.text), raw=row.text)
        elif page.draft:
            view.border_title = plain(f"draft · {page.draft.path.name}")
            view.show(prompt_text(page.draft.text), raw=page.draft.text)
        else:
            view.border_title = plain("draft")
            view.show(page.problem or "no draft; e makes one of the newest version")
        self.hint(hint(page, row, variant))
        self.refresh_bindings()

    # Actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        if action in ("deploy", "evaluate"):
            return self._page is not None
        if action in ("baseline", "revoke"):
            return self._page is not None and self._chosen() is not None
        if action in ("edit", "run", "export"):
            return self._page is not None
        if action == "compare":
            return self._page is not None and bool(self._page.versions or self._variant())
        return True

    def action_edit(self) -> None:
        """Open the draft; it is made from the version if there is none."""
        page = self._page
        is_shown = page is not None and page.prompt_id == self.app.selection.prompt_id
        if self._variant():
            self.app.action_go("draft")
            return
        if page and is_shown and page.draft is None and not page.problem and page.versions:
            row = page.row(self._chosen() or "") or page.versions[0]
            from workbench.tui.services.drafts import make_draft

            self.app.in_thread(
                make_draft, page.prompt_id, row.text, done=lambda _: self._to_draft()
            )
            return
        version = self._chosen()
        if page and is_shown and version and version != drafted(page):
            self._ask_which_draft(page, version)
            return
        self._to_draft()

    def _ask_which_draft(self, page: PromptPage, version: str) -> None:
        from workbench.actions.releasing.redraft import draft_from
        from workbench.actions.workspace.draft_history import Replaced
        from workbench.tui.prompts.other_draft import OtherDraft

        def made(redraft: Replaced) -> None:
            kept = f" · the draft before: {redraft.kept}" if redraft.kept else ""
            text = f"the draft says what {version} says{kept}"
            self._to_draft()
            self.app.call_after_refresh(self.app.tell, text)

        def answered(makes: bool | None) -> None:
            if makes:
                self.app.in_thread(draft_from, page.prompt_id, version, done=made)
            elif makes is not None:
                self._to_draft()

        of = f"{page.same_as}" if page.same_as else f"made of {drafted(page)}, and changed"
        self.app.push_screen(OtherDraft(version, of), answered)

    def _to_draft(self) -> None:
        self.app.select(version=None)
        self.app.action_go("draft")

    def action_run(self) -> None:
        self.app.action_start()

    def action_new(self) -> None:
        from workbench.tui.new_parts.new_prompt import open_new_prompt

        open_new_prompt(self.app)

    def action_providers(self) -> None:
        self.app.action_providers()

    def action_baseline(self) -> None:
        self._baseline = self.app.selection.ref
        self.app.select(compare_a=self._baseline)
        self.app.tell(f"{self._baseline} is the baseline; c compares another with it")

    def action_compare(self) -> None:
        """With the chosen baseline, else with what is live, else with the newest other version."""
        page, app, ref = self._page, self.app, self.app.selection.ref
        if page is None:
            return
        ref_a = self._baseline if self._baseline.startswith(f"{page.prompt_id}@") else ""
        ref_a = ref_a or other(page, self._chosen())
        if not ref_a and self._variant() and page.draft:
            ref_a = page.prompt_id
        if not ref_a or ref_a == ref:
            app.tell("nothing to compare with: = on a version makes it the baseline", error=True)
            return
        app.open_compare(ref_a, ref)

    def _registered(self) -> str | None:
        """The version under the cursor, or the one that the draft is; else what to do is said."""
        draft = registered(self._page, self._variant()) if self._page else None
        version = self._chosen() or draft
        if not version:
            self.app.tell("it is no version yet: F3 Draft, ^s there registers it", error=True)
        return version

    def action_evaluate(self) -> None:
        version = self._registered()
        if self._page and version:
            from workbench.tui.dialogs.evaluate import start_evaluation

            start_evaluation(self.app, self._page.prompt_id, version)

    def action_deploy(self) -> None:
        version = self._registered()
        if self._page and version:
            from workbench.tui.dialogs.deploy import open_deploy

            open_deploy(self.app, self._page.prompt_id, version)

    def action_export(self) -> None:
        from workbench.tui.dialogs.export import open_export

        open_export(self.app)

    def action_revoke(self) -> None:
        version = self._chosen()
        if self._page and version:
            from workbench.tui.dialogs.revoke import open_revoke

            open_revoke(self.app, self._page.prompt_id, version)
