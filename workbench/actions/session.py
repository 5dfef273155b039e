"""A workspace with its registry, run store and providers, on which all actions work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Self

from workbench.errors import DraftError
from workbench.prompts.values import Prompt
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.providers.base import Provider
    from workbench.registry import PromptRegistry
    from workbench.runs.spec.suite import Suite
    from workbench.runs.store.store import RunStore
    from workbench.scorers.base import AsksModels
    from workbench.settings import ProviderSettings


def _embeddings(opener: Callable[[], Provider]) -> Provider:
    from workbench.providers.openai_chat.embeddings import embeddings_of

    return embeddings_of(opener())


class Session:
    """Opens each part on first use; close it when done.

    The registry and the store may be used only in the thread that opened the session; open another
    Session for another thread.
    """

    def __init__(
        self, workspace: Workspace, on_warning: Callable[[str], None] | None = None
    ) -> None:
        """`on_warning` gets, in the session's thread, warnings about side effects of a write."""
        self.workspace = workspace
        self._on_warning = on_warning
        self._typed: dict[tuple[str, str], bool] = {}
        """Whether a version sends cases differently from 0.1.0, by their fingerprints."""

    @property
    def author(self) -> str:
        return self.workspace.author

    @cached_property
    def registry(self) -> PromptRegistry:
        """The workspace's registry, created on first use."""
        from workbench.registry import PromptRegistry

        if not self.workspace.state.exists():
            self.workspace.make_state()
        return PromptRegistry(
            self.workspace.registry_path, create=True, on_warning=self._on_warning
        )

    @cached_property
    def store(self) -> RunStore:
        """The workspace's run store, created on first use."""
        from workbench.runs.store.store import RunStore

        if not self.workspace.state.exists():
            self.workspace.make_state()
        return RunStore(self.workspace.runs_path)

    def provider_settings(self, prompt: Prompt) -> ProviderSettings:
        """The settings of the prompt's provider. Raises UsageError if the prompt names no model."""
        if prompt.model is None:
            raise DraftError(
                f"{prompt.prompt_id} names no model", hint="model: {id: NAME, provider: NAME}"
            )
        if prompt.model.provider:
            return self.workspace.settings.provider(prompt.model.provider)
        prompt, _ = self.workspace.with_provider(prompt, prompt.prompt_id)
        return self.workspace.settings.provider(prompt.model.provider if prompt.model else "")

    def provider_for(self, prompt: Prompt) -> Callable[[], Provider]:
        """A function that opens the prompt's provider, to be called in the thread that uses it."""
        from workbench.actions.trust import check_trust

        settings = self.provider_settings(prompt)
        check_trust(self.workspace, settings)

        def open_it() -> Provider:
            from workbench.providers.opening import open_provider

            return open_provider(settings)

        return open_it

    def judge_providers(self, judges: Sequence[AsksModels]) -> dict[str, Callable[[], Provider]]:
        """Functions that open the providers of judges, by the fingerprint of the judge's prompt.

        Raises DraftError when it is undetermined which that is, SettingsError, UntrustedWorkspace.
        """
        openers = {}
        for judge in judges:
            prompt, _ = self.workspace.with_provider(
                judge.prompt, f"judge {judge.prompt.prompt_id}"
            )
            opener = self.provider_for(prompt)
            opener = partial(_embeddings, opener) if judge.embeds else opener
            openers[judge.prompt.fingerprint] = opener
        return openers

    def with_reading_changes(self, suite: Suite) -> Suite:
        """The suite that evidence must match, marked with how 0.1.0 read it differently.

        It is typed when any version of its prompt sends cases differently because of input kinds,
        and covers the files that any of them takes.
        """
        from workbench.datasets.attachments import media_kinds
        from workbench.datasets.fit import are_spelled, differs_from_0_1, may_differ_from_0_1

        contents = tuple(self.registry.contents(suite.prompt_id))
        suite = suite.with_files(media_kinds(contents))
        cases = suite.gate_cases
        typed = False
        spelled = are_spelled(cases.cases)
        for prompt in contents:
            if not spelled and not may_differ_from_0_1(prompt):
                continue
            key = (prompt.fingerprint, cases.fingerprint)
            if key not in self._typed:
                self._typed[key] = differs_from_0_1(prompt, cases.cases)
            typed = typed or self._typed[key]
        return suite.with_reading_changes(cases.cases, typed=typed)

    def close(self) -> None:
        for name in ("registry", "store"):
            opened = self.__dict__.pop(name, None)
            if opened is not None:
                opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
