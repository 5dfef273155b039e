"""What the keys of the draft screen do."""

from __future__ import annotations

from pathlib import Path

from workbench.datasets.values import Case
from workbench.prompts.values import Model
from workbench.runs.spec.suite import Suite
from workbench.tui.base.screen import ModeScreen
from workbench.tui.draft.autosave import Autosave
from workbench.tui.draft.checks import Checked
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.tui.draft.queries import DraftPage
from workbench.tui.draft.trial import Trial
from workbench.tui.services.model_names import known_models

NEEDS_DRAFT = (
    *("try_case", "try_inputs", "tries", "try_models"),
    *("register", "editor", "examples", "undo"),
)
"""Actions that work on an open draft."""


class DraftActions(ModeScreen):
    """The actions of the table; the screen has what they act on."""

    autosave: Autosave
    trial: Trial
    page: DraftPage | None
    checked: Checked | None
    prompt_id: str
    case_at: int

    @property
    def ref(self) -> str:
        """The prompt or variant that is edited."""
        raise NotImplementedError

    @property
    def path(self) -> Path | None:
        """The draft's file; None: no draft is open."""
        raise NotImplementedError

    @property
    def case(self) -> Case | None:
        """The case that the preview shows and `ctrl+t` tries: the suite's, or typed inputs."""
        raise NotImplementedError

    @property
    def suite(self) -> Suite | None:
        """The suite whose cases are tried."""
        raise NotImplementedError

    @property
    def is_editing(self) -> bool:
        """Whether what is typed goes into the draft."""
        raise NotImplementedError

    def show_case(self, case: Case) -> None:
        """Make it the case that the preview shows, among the others if it is new."""
        raise NotImplementedError

    def take_text(self, text: str) -> None:
        """Another text, as one edit that undo takes back."""
        raise NotImplementedError

    def check(self) -> None:
        """Check what stands in the editor."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        if action == "case":
            return self.page is not None and len(self.page.cases) > 1
        if action == "better":
            progress = self.app.tour.progress
            is_its = progress is not None and progress.tour.prompt_id == self.prompt_id
            return bool(is_its and progress and progress.better)
        if action in ("edit", "leave"):
            return self.autosave.file is not None and self.is_editing == (action == "leave")
        if action in NEEDS_DRAFT:
            return self.autosave.file is not None
        return True

    def action_case(self, way: int) -> None:
        self.case_at += way
        if self.case:
            self.app.select(case_id=self.case.id)
        self.check()

    async def action_try_case(self) -> None:
        if await self.autosave.saved():
            await self.trial.start()

    async def action_try_inputs(self) -> None:
        """Type inputs, or fill them from a case, and try those."""
        if await self.autosave.saved():
            await self.trial.start(always_ask=True)

    def action_tries(self) -> None:
        """What was tried before."""
        from workbench.tui.draft.tries_dialog import open_tries

        open_tries(self.app, self.prompt_id, self)

    def action_better(self) -> None:
        """Take the sample's next draft, as one edit that undo takes back."""
        progress = self.app.tour.progress
        if progress and progress.better:
            self.take_text(progress.better)
            self.app.tell("the sample's next draft: ^s registers it, ctrl+z takes it back")

    async def action_try_models(self) -> None:
        """The same case on several models, side by side."""
        model = self.checked.prompt.model if self.checked and self.checked.prompt else None
        if model is None or not await self.autosave.saved():
            return
        from workbench.tui.draft.models_dialog import Models

        def chosen(models: list[Model] | None) -> None:
            if models:
                self.run_worker(self.trial.start(models), exclusive=True, group="models")

        def ask(known: tuple[str, ...]) -> None:
            self.app.push_screen(Models(model, self.app.workspace.settings, known), chosen)

        self.app.in_thread(known_models, done=ask, group="models", opens=True)

    async def action_register(self) -> None:
        if self.autosave.file is None or not await self.autosave.saved():
            return
        from workbench.tui.draft.register_dialog import open_register

        open_register(self.app, self.ref)

    async def action_editor(self) -> None:
        if self.autosave.file is not None and await self.autosave.saved():
            from workbench.tui.draft.editor import edit_outside

            await edit_outside(self.app, self.autosave)

    async def action_examples(self) -> None:
        """The rows of the few-shot examples."""
        if self.path is not None and await self.autosave.saved():
            from workbench.tui.draft.examples_dialog import open_examples

            open_examples(self.app, self.path, self.suite, self.check)

    def action_panes(self) -> None:
        """Toggle preview and answer on narrow screens."""
        self.remove_class("-models")
        self.toggle_class("-answering")

    def action_undo(self) -> None:
        self.query_one(PromptEditor).undo()
