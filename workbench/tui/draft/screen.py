"""Mode 2, Draft: the editor with its checks, the rendered preview, and one case tried."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import TextArea

from workbench.actions.refs import DRAFT
from workbench.datasets.values import Case
from workbench.prompts.files.variants import AT
from workbench.runs.spec.suite import Suite
from workbench.tui.context.messages import RegistryChanged
from workbench.tui.context.selection import Selection
from workbench.tui.draft.actions import DraftActions
from workbench.tui.draft.autosave import Autosave
from workbench.tui.draft.checks import Checked
from workbench.tui.draft.draft_lines import about_line, facts_text, first_problem, preview_text
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.tui.draft.queries import CallPrice, DraftPage, check_in, read_draft_page, read_price
from workbench.tui.draft.trial import Trial
from workbench.tui.keys import keys
from workbench.tui.widgets.fitted_text import FittedText
from workbench.tui.widgets.text import PlainStatic, plain
from workbench.tui.widgets.text_view import TextView

CHECK_S = 0.15
LONG_DRAFT = 200_000


class DraftScreen(DraftActions):
    """One draft, edited."""

    MODE = "draft"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("draft")
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self.prompt_id = self._variant = ""
        self.page: DraftPage | None = None
        self.checked: Checked | None = None
        self._price: CallPrice | None = None
        self.case_at = 0
        self._check_timer: Timer | None = None
        self.autosave = Autosave(self)
        self.trial = Trial(self, self)

    def body(self) -> Iterable[Widget]:
        editor = PromptEditor(id="editor", classes="pane", disabled=True)
        editor.border_title = plain("no draft")
        with Container(id="draft-body"):
            yield editor
            with Horizontal(id="draft-views"):
                yield FittedText(id="facts", classes="pane")
                yield TextView(id="preview", classes="pane")
                yield Container(id="answers")
        yield PlainStatic(id="about")

    def on_mount(self) -> None:
        self.autosave.start()
        self.call_later(self.trial.show_empty)
        self.app.before_exit.append(self.autosave.finish)
        self.app.before_reading.append(self.autosave.save)

    # What is shown

    def show(self, selection: Selection) -> None:
        shown, wanted = (self.prompt_id, self._variant), (selection.prompt_id, selection.variant)
        if selection.prompt_id and wanted != shown:
            self.autosave.save()
            self.prompt_id, self._variant = wanted
            self.page = self.checked = self.autosave.file = None
            self.case_at = 0
            self._reload()
        elif not selection.prompt_id:
            self.hint("no prompt is picked · F2 Prompts · n there makes a new draft")

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.autosave.resume()
        if self.page is not None:
            self._reload()
        self._focus_editor()

    def on_screen_suspend(self) -> None:
        self.autosave.pause()
        self.autosave.save()

    def on_registry_changed(self, _message: RegistryChanged) -> None:
        self._reload()

    def _reload(self) -> None:
        args = (self.prompt_id, self.app.selection.suite, self._variant)
        self.app.in_thread(read_draft_page, *args, done=self._show_page, group="draft-page")

    def _show_page(self, page: DraftPage) -> None:
        first = self.page is None
        self.page = page
        editor = self.query_one(PromptEditor)
        wanted = self.app.selection.case_id
        for at, case in enumerate(page.cases):
            if first and case.id == wanted:
                self.case_at = at
        if page.path_text is None:
            editor.disabled = True
            editor.load_text("")
            editor.border_title = plain(f"{self.ref} has no draft")
            self.hint("F2 Prompts · e there makes a draft of the version under the cursor")
            return
        path, text = page.path_text
        if self.autosave.open(Path(path), text):
            editor.disabled = False
            editor.load_text(text)
            self.refresh_bindings()
            self.call_later(self.trial.show_empty)
            editor.show_body()
            self._focus_editor()
            if len(text) > LONG_DRAFT:
                self.app.tell(
                    f"a draft of {len(text):,} characters is slow to edit here: F4 opens $EDITOR"
                )
        self.check()

    def _focus_editor(self) -> None:
        """Restore the focus, unless the screen was opened to type or to look: then digits keep
        switching screens.
        """
        editor, app = self.query_one(PromptEditor), self.app
        if app.types_in_draft is False and self.focused in (None, editor):
            self._first_view().focus()
        if editor.disabled:
            return
        if app.types_in_draft or (app.types_in_draft is None and self.focused is None):
            editor.focus()
        app.types_in_draft = None

    # Checks

    def on_text_area_changed(self, message: TextArea.Changed) -> None:
        message.stop()
        if self.autosave.file is None:
            return
        if self._check_timer:
            self._check_timer.stop()
        self._check_timer = self.set_timer(CHECK_S, self.check)
        self.autosave.touched()
        self.trial.draft_changed()
        self._title()

    @property
    def text(self) -> str:
        """The draft, as the editor has it."""
        return self.query_one(PromptEditor).text

    @property
    def path(self) -> Path | None:
        """The draft's file; None: no draft is open."""
        return self.autosave.file.path if self.autosave.file else None

    @property
    def ref(self) -> str:
        return f"{self.prompt_id}@{self._variant}" if self._variant else self.prompt_id

    @property
    def case(self) -> Case | None:
        """The case that the preview shows and `ctrl+t` tries: the suite's, or typed inputs."""
        cases = self.page.cases if self.page else ()
        return cases[self.case_at % len(cases)] if cases else None

    @property
    def label(self) -> str:
        """How tries and runs of what is edited are labelled."""
        return f"{AT}{self._variant}" if self._variant else DRAFT

    def show_case(self, case: Case) -> None:
        """Make it the case that the preview shows, among the others if it is new."""
        if self.page is None:
            return
        self.page = self.page.with_case(case)
        self.case_at = [known.id for known in self.page.cases].index(case.id)
        self.app.select(case_id=case.id)
        self.check()
        # A page that was being read before the case was kept does not have it.
        self._reload()

    @property
    def suite(self) -> Suite | None:
        """The suite whose cases are tried."""
        return self.page.suite if self.page else None

    def take_text(self, text: str) -> None:
        """Another text, as one edit that undo takes back."""
        editor = self.query_one(PromptEditor)
        if not editor.disabled:
            editor.swap_text(text)

    def check(self) -> None:
        page, path = self.page, self.path
        if page is None or path is None:
            return
        args = (path, self.text, self.case, page.baseline)
        editor = self.query_one(PromptEditor)
        typing = editor.cursor_location[0] + 1 if self.is_editing else None
        self.app.in_thread(
            lambda session: check_in(session.workspace, *args, typing=typing, suite=page.suite),
            done=self.show_checks,
            group="checks",
        )

    def show_checks(self, checked: Checked) -> None:
        self.checked = checked
        editor = self.query_one(PromptEditor)
        editor.mark(problem.line for problem in checked.problems if problem.line)
        self._title()
        page, case = self.page, self.case
        facts = self.query_one("#facts", FittedText)
        at = f"case {case.id}" if case else "no case"
        if case and page and page.cases:
            at += f" {self.case_at % len(page.cases) + 1}/{len(page.cases)}"
        facts.border_title = plain(f"Inputs · {at}")
        facts.show_fitted(lambda in_full: facts_text(checked, page, in_full=in_full))
        preview = self.query_one("#preview", TextView)
        preview.border_title = plain("Preview (rendered)")
        preview.show(preview_text(checked, self.case))
        self._show_about()
        prompt = checked.prompt
        if prompt and prompt.model and (not self._price or self._price.model != prompt.model.id):
            self.app.in_thread(
                read_price, prompt, done=self._priced, failed=lambda _: None, group="price"
            )

    def _priced(self, price: CallPrice | None) -> None:
        self._price = price
        self._show_about()

    def _show_about(self) -> None:
        if self.checked is None:
            return
        about = self.query_one("#about", PlainStatic)
        about.show(about_line(self.checked, self.page, self._price), layout=False)
        way = "esc leaves the editor" if self.is_editing else "e or enter: Edit"
        problem = first_problem(self.checked)
        if problem:
            self.hint(problem)
        elif self.case is None:
            problem = self.page.suite_problem if self.page else ""
            self.hint(f"{way} · ^t asks for inputs · {problem}")
        elif self.suite is None:
            self.hint(f"{way} · ^t tries these inputs · ^g types others · ^s registers")
        else:
            self.hint(f"{way} · ^t tries this case · F5 runs the suite · ^s registers")

    def _title(self) -> None:
        if self.autosave.file is None:
            return
        editor = self.query_one(PromptEditor)
        base = self.page.baseline if self.page else None
        kind = "variant" if self._variant else "draft"
        of = f"{kind} of {base.newest_version}" if base else f"{kind}, not registered"
        changed = self.checked is not None and (base is None or bool(self.checked.version))
        doing = "EDITING · " if self.is_editing else ""
        editor.border_title = plain(f"{doing}{self.ref} · {of}{' ●' if changed else ''}")
        if not self.autosave.is_saved:
            editor.border_subtitle = plain("not saved yet")

    @property
    def is_editing(self) -> bool:
        """Whether what is typed goes into the draft."""
        return isinstance(self.focused, PromptEditor)

    def on_descendant_focus(self) -> None:
        self._say_where_keys_go()

    def on_descendant_blur(self) -> None:
        self._say_where_keys_go()

    def _say_where_keys_go(self) -> None:
        self._title()
        self._show_about()
        self.refresh_bindings()

    def action_leave(self) -> None:
        """Leave the editor, so that letters and digits are keys; never returns to it."""
        if self.is_editing:
            self._first_view().focus()

    def _first_view(self) -> TextView:
        """The first visible pane beside the editor."""
        views = list(self.query(TextView).results(TextView))
        return next((view for view in views if view.display and view.region.area), views[0])

    def action_edit(self) -> None:
        """Into the editor."""
        self.query_one(PromptEditor).focus()  # which does nothing while it is disabled
