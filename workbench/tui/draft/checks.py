"""What is checked while a draft is typed. Pure: text in, findings out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from workbench.datasets.attachments import media_kinds, with_files
from workbench.datasets.fit import previewed_inputs
from workbench.datasets.values import Case
from workbench.errors import DatasetError, TemplateError, WorkbenchError
from workbench.present.case_values import readable
from workbench.prompts.contract import Bump, Change, changes, implied_bump
from workbench.prompts.files.parts import NO_FILES, PromptFiles
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.inputs.sent import file_tokens
from workbench.prompts.lint.lint import finding_of, lint
from workbench.prompts.lint.rules import (
    NOTHING_KNOWN,
    PROVIDER,
    UNREADABLE,
    WHITE_SPACE,
    Finding,
    LintContext,
    Severity,
)
from workbench.prompts.numbering import next_version
from workbench.prompts.sizes import about_tokens
from workbench.prompts.templates.templates import ExampleTexts, Renderer, variables
from workbench.prompts.values import Message, Prompt

_WHERE = "the draft"

ContextOf = Callable[[Prompt], LintContext]
"""What the rules of lint need to know of a prompt's model."""
WithProvider = Callable[[Prompt, str, str], tuple[Prompt, str]]
"""`Workspace.with_provider`."""

State = Literal["ok", "undeclared", "unused", "missing", "default"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, on a line of the file (from 1) where that is known."""

    text: str
    line: int | None = None
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class Variable:
    """One input of the prompt, and what the current case puts there."""

    name: str
    value: str
    state: State


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a draft's contract is compared with."""

    live: Prompt
    live_version: str
    where: str
    """The environment, or "newest"."""
    newest: Prompt
    newest_version: str
    release: tuple[str, Prompt] | None = None
    """What the next number is measured against, where the newest version is a candidate."""
    known: tuple[str, ...] = ()
    """Version numbers in use."""


@dataclass(frozen=True)
class Checked:
    """The checked draft. `prompt` is None if it cannot be read."""

    prompt: Prompt | None
    problems: tuple[Problem, ...] = ()
    """The errors first."""
    variables: tuple[Variable, ...] = ()
    messages: tuple[Message, ...] = ()
    """Rendered with the current case; empty when that is not possible."""
    case: Case | None = None
    """The case with the files that it names."""
    bump: Bump = Bump.NONE
    changes: tuple[Change, ...] = ()
    """Against what is live."""
    version: str = ""
    """The version number that registering would propose."""

    @property
    def example_tokens(self) -> int:
        """About how many of them the few-shot examples are; 0: there are none, or they fail."""
        try:
            return ExampleTexts(self.prompt).tokens if self.prompt and self.prompt.examples else 0
        except TemplateError:
            return 0

    @property
    def tokens(self) -> int:
        """About how many tokens the rendered messages have, and the files in them."""
        text = about_tokens("".join(message.content for message in self.messages))
        return text + file_tokens(self.messages)


def check(
    text: str,
    default_id: str,
    case: Case | None = None,
    baseline: Baseline | None = None,
    with_provider: WithProvider | None = None,
    context_of: ContextOf | None = None,
    typing: int | None = None,
    files: PromptFiles = NO_FILES,
    folder: Path | None = None,
) -> Checked:
    """Everything about a draft's text. Never raises for what the text says.

    `typing` is the line that is being typed: the blank that was just typed there is not reported.
    `folder` has the files that the case names; without one, the user named them.
    """
    try:
        prompt = parse_prompty(text, where=_WHERE, default_id=default_id, files=files)
    except WorkbenchError as error:
        return Checked(None, (_problem(finding_of(error, _WHERE)),))
    problems: list[Problem] = []
    if with_provider:
        try:
            prompt, note = with_provider(prompt, _WHERE, text)
            problems += [Problem(note, is_error=False)] if note else []
        except WorkbenchError as error:
            problems.append(_problem(finding_of(error, _WHERE, PROVIDER)))
    messages: tuple[Message, ...] = ()
    cannot_render = ""
    if case is not None:
        try:
            kinds = media_kinds([prompt])
            case = with_files(case, kinds, folder or Path(), anywhere=folder is None)
            messages = Renderer(prompt).render(previewed_inputs(prompt, case.inputs))
        except (TemplateError, DatasetError) as error:
            cannot_render = f"case {case.id}: {error.message}"
    of = f"case {case.id}" if case else "the prompt"
    context = context_of(prompt) if context_of else NOTHING_KNOWN
    findings = lint(text, prompt, context, messages, of)
    if any(finding.rule is UNREADABLE for finding in findings):
        return Checked(prompt, tuple(map(_problem, findings)))
    problems += [_problem(each) for each in findings if not _is_being_typed(each, typing)]
    problems += [Problem(cannot_render)] if cannot_render else []
    if prompt.model is None:
        problems.append(Problem("no model: write model: {id: NAME, provider: NAME}"))
    problems.sort(key=lambda problem: not problem.is_error)
    checked = Checked(prompt, tuple(problems), _variables(prompt, case), messages, case=case)
    return checked if baseline is None else _with_contract(checked, prompt, baseline)


def _problem(finding: Finding) -> Problem:
    where = f"{finding.file}: " if finding.file else ""
    line = None if finding.file else finding.line
    at = f"line {finding.line}: " if finding.file and finding.line else ""
    is_error = finding.rule.severity is Severity.ERROR
    # Where the draft cannot be read, nothing else says what to do.
    says = finding.remedy and finding.rule in (UNREADABLE, PROVIDER)
    remedy = f" ({finding.remedy})" if says else ""
    return Problem(f"{where}{at}{finding.message}{remedy}", line, is_error)


def _is_being_typed(finding: Finding, typing: int | None) -> bool:
    return finding.line == typing is not None and finding.rule.id in WHITE_SPACE


def _with_contract(checked: Checked, prompt: Prompt, baseline: Baseline) -> Checked:
    number, before = baseline.release or (baseline.newest_version, baseline.newest)
    version = ""
    if prompt.fingerprint != baseline.newest.fingerprint:
        version = next_version(number, implied_bump(before, prompt), baseline.known)
    return replace(
        checked,
        bump=implied_bump(baseline.live, prompt),
        changes=changes(baseline.live, prompt),
        version=version,
    )


def _variables(prompt: Prompt, case: Case | None) -> tuple[Variable, ...]:
    used = variables(prompt)
    names = dict.fromkeys([*used, *(item.name for item in prompt.inputs)])
    states = []
    for name in names:
        declared = prompt.input_named(name)
        value: object = None
        state: State = "ok"
        if case is not None and name in case.inputs:
            value = case.inputs[name]
        elif declared is not None and (declared.default is not None or not declared.required):
            value, state = declared.default, "default"
        elif case is not None:
            state = "missing"
        if declared is None:
            state = "undeclared"
        elif name not in used:
            state = "unused"
        states.append(Variable(name, readable(value)[:2_000], state))
    return tuple(states)
