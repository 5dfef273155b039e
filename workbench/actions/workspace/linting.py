"""Lint of drafts, variants and versions, with what the workspace knows of their models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.actions.refs import resolve
from workbench.actions.session import Session
from workbench.actions.workspace.checks import Check, Level
from workbench.datasets.fit import previewed_inputs
from workbench.datasets.leakage import leak_sentences
from workbench.datasets.values import Case
from workbench.errors import NotFound, WorkbenchError
from workbench.prompts.files.prompty import Draft, write_prompty
from workbench.prompts.files.variants import AT, split_name
from workbench.prompts.lint.lint import finding_of, lint, silenced
from workbench.prompts.lint.rules import PROVIDER, Finding, LintContext
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import SNIPPETS, SUFFIX, Message, Prompt
from workbench.providers.pins import is_snapshot
from workbench.runs.spec.suite import Suite
from workbench.settings import LOCAL
from workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Linted:
    """One draft, variant or version, and what was found in it."""

    prompt_id: str
    variant: str
    file: str
    """The path from the workspace's folder, or the REF of a version."""
    findings: tuple[Finding, ...]
    off: tuple[str, ...] = ()
    """The rules that its front matter switches off."""
    root: Path = Path()
    """The workspace's folder."""

    def file_of(self, finding: Finding) -> str:
        """The file of a finding: this one, a snippet, or the example file, beside it or not."""
        if not finding.file or finding.file.startswith(f"{SNIPPETS}/"):
            return finding.file or self.file
        beside = Path(self.file).parent / finding.file
        return str(beside) if (self.root / beside).exists() else finding.file


def lint_context(workspace: Workspace, prompt: Prompt, suites: Sequence[Suite] = ()) -> LintContext:
    """What the rules need besides the text. An unknown provider is another check's problem.

    The prompt's examples are looked for among the cases of these suites.
    """
    from workbench.providers.prices import context_window

    window = None
    try:
        prompt, _ = workspace.with_provider(prompt, prompt.prompt_id)
        if prompt.model:
            settings = workspace.settings.provider(prompt.model.provider)
            window = context_window(settings, prompt.model.id)
    except WorkbenchError:
        window = None
    return LintContext(window, schema_error, tuple(_leaks(prompt, suites)))


def _leaks(prompt: Prompt, suites: Sequence[Suite]) -> Iterator[str]:
    """A draft that does not render and a suite that does not fit are other checks' problems."""
    for suite in suites if prompt.examples else ():
        try:
            yield from leak_sentences(prompt, suite.dataset)
        except WorkbenchError:
            continue


def schema_error(outputs: Any, value: Any) -> str | None:
    """What a value breaks of a prompt's `outputs`; None if nothing, or if they are no schema."""
    from referencing.exceptions import Unresolvable

    from workbench.providers.openai_chat.parameters import response_format
    from workbench.scorers.json_schemas import first_error, schema_problem

    schema = response_format(outputs)["json_schema"]["schema"]
    if schema_problem(schema):
        return None
    try:
        return first_error(schema, value)
    except (Unresolvable, RecursionError, TimeoutError):
        return None  # the schema cannot be followed


def lint_ref(session: Session, ref: str | None) -> tuple[Linted, ...]:
    """Lint everything, a prompt with its variants, or what else a REF names.

    The longest case of the prompt's suites is counted against the context window, and its examples
    are looked for among their cases. Raises NotFound, UsageError.
    """
    workspace = session.workspace
    suites = _Suites(workspace)
    if ref is None:
        return tuple(lint_file(workspace, path, suites) for path in workspace.draft_paths())
    if AT not in ref and "/" not in ref and not ref.endswith(SUFFIX):
        draft, variants = workspace.draft_path(ref), workspace.variant_paths(ref)
        paths = [*([draft] if draft else []), *variants.values()]
        if paths:
            return tuple(lint_file(workspace, path, suites) for path in paths)
    path = Path(ref) if ref.endswith(SUFFIX) or "/" in ref else None
    prompt_id, _, variant = ref.partition(AT)
    path = path or workspace.variant_paths(prompt_id).get(variant)
    if path:
        return (lint_file(workspace, path, suites),)
    source = resolve(session, ref)
    if source.path:
        return (lint_file(workspace, source.path, suites),)
    return (_linted(workspace, source.prompt, write_prompty(source.prompt), source.name, suites),)


def lint_file(workspace: Workspace, path: Path, suites: _Suites | None = None) -> Linted:
    """Lint a draft or variant. One that cannot be read has that as its finding; NotFound if there
    is no file.
    """
    if not path.is_file():
        raise NotFound(f"no draft at {path}")
    file = _shown(workspace, path)
    try:
        draft = workspace.read_draft(path)
    except WorkbenchError as error:
        prompt_id, variant = split_name(path.stem)
        return Linted(prompt_id, variant, file, (finding_of(error, str(path)),))
    linted = _linted(workspace, draft.prompt, draft.text, file, suites, draft.variant)
    try:
        workspace.with_provider(draft.prompt, str(path), draft.text)
    except WorkbenchError as error:
        finding = finding_of(error, str(path), PROVIDER)
        if finding.rule.id not in linted.off:
            linted = replace(linted, findings=(finding, *linted.findings))
    return linted


def _shown(workspace: Workspace, path: Path) -> str:
    absolute, root = path.absolute(), workspace.root
    return str(absolute.relative_to(root)) if absolute.is_relative_to(root) else str(path)


def lint_checks(workspace: Workspace, draft: Draft) -> Iterator[Check]:
    """The findings in a draft as warnings: they stop no run."""
    file = _shown(workspace, draft.path)
    linted = _linted(workspace, draft.prompt, draft.text, file, None, draft.variant)
    for finding in linted.findings:
        line = f":{finding.line}" if finding.line else ""
        message = f"{linted.file_of(finding)}{line}: {finding.message} [{finding.rule.id}]"
        yield Check("lint", Level.WARNING, message, finding.what_to_do)


def model_checks(workspace: Workspace, prompts: Iterable[Prompt]) -> Iterator[Check]:
    """Drafts that ask for an alias: what answers under it may change."""
    for prompt in prompts:
        model = prompt.model
        if model is None or model.artifact or is_snapshot(model.id):
            continue
        provider = workspace.settings.providers.get(model.provider)
        if not (provider.is_embedded if provider else model.provider == LOCAL):
            message = f"{prompt.prompt_id} asks for {model.id}, an alias: what answers may change"
            what_to_do = 'name a dated snapshot, or demand answering_model = "current"'
            yield Check("model", Level.OK, message, what_to_do)


def _linted(
    workspace: Workspace,
    prompt: Prompt,
    text: str,
    file: str,
    suites: _Suites | None,
    variant: str = "",
) -> Linted:
    context = lint_context(workspace, prompt, suites.of(prompt) if suites else ())
    rendered: tuple[Message, ...] = ()
    of = "the prompt"
    if context.window is not None and suites is not None:
        case, rendered = suites.longest(prompt)
        of = f"case {case.id}" if case and rendered else of
    findings = lint(text, prompt, context, rendered, of)
    off = tuple(sorted(silenced(prompt)))
    return Linted(prompt.prompt_id, variant, file, findings, off, workspace.root)


class _Suites:
    """The suites of each prompt, read when they are asked for."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @cached_property
    def _by_prompt(self) -> dict[str, list[Suite]]:
        """A suite that cannot be read is another check's problem."""
        from workbench.runs.spec.suite_file import read_suite

        suites: dict[str, list[Suite]] = {}
        for path in self._workspace.suite_paths():
            try:
                suite = read_suite(path)
            except WorkbenchError:
                continue
            suites.setdefault(suite.prompt_id, []).append(suite)
        return suites

    def of(self, prompt: Prompt) -> Sequence[Suite]:
        """The suites of a prompt."""
        return self._by_prompt.get(prompt.prompt_id, ())

    def longest(self, prompt: Prompt) -> tuple[Case | None, tuple[Message, ...]]:
        """The longest dev case of its suites, and the messages with it; none where it does not fit
        the prompt.
        """
        cases = [case for suite in self.of(prompt) for case in suite.dev_cases.cases]
        if not cases:
            return None, ()
        case = max(cases, key=_length)
        try:
            return case, Renderer(prompt).render(previewed_inputs(prompt, case.inputs))
        except WorkbenchError:
            return case, ()


def _length(case: Case) -> int:
    return sum(len(str(value)) for value in case.inputs.values())
