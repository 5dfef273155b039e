"""What is checked while a draft is typed. Pure: text in, findings out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from workbench.datasets.attachments import media_kinds, with_files
from workbench.datasets.fit import checked_inputs
from workbench.datasets.values import Case
from workbench.errors import DatasetError, TemplateError, WorkbenchError
from workbench.present.case_values import readable
from workbench.prompts.contract import (
    Bump,
    Change,
    changes,
    implied_bump,
    undeclared,
    unused,
)
from workbench.prompts.files.parts import NO_FILES, PromptFiles
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.inputs.sent import file_tokens
from workbench.prompts.numbering import next_version
from workbench.prompts.roles import split_messages
from workbench.prompts.sizes import about_tokens
from workbench.prompts.templates.templates import ExampleTexts, Renderer, variables
from workbench.prompts.values import SLOT, Message, Prompt
from workbench.tui.draft.role_checks import front_end, role_problems
from workbench.workspace import Workspace

_LINE = re.compile(r": line (\d+) ")
_TEMPLATE_LINE = re.compile(r"line (\d+) of the template: ")

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
    variables: tuple[Variable, ...] = ()
    messages: tuple[Message, ...] = ()
    """Rendered with the current case; empty when that is not possible."""
    bump: Bump = Bump.NONE
    changes: tuple[Change, ...] = ()
    """Against what is live."""
    version: str = ""
    """The version number that registering would propose."""
    case: Case | None = None
    """The case with the files that it names."""

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

    @property
    def is_sendable(self) -> bool:
        return bool(self.messages)


def check(
    text: str,
    default_id: str,
    case: Case | None = None,
    baseline: Baseline | None = None,
    with_provider: WithProvider | None = None,
    files: PromptFiles = NO_FILES,
    folder: Path | None = None,
) -> Checked:
    """Everything about a draft's text. Never raises for what the text says. `folder` has the files
    that the case names; without one, the user named them.
    """
    try:
        prompt = parse_prompty(text, where="the draft", default_id=default_id, files=files)
    except WorkbenchError as error:
        return Checked(None, (_front_problem(error),))
    guessed: tuple[Problem, ...] = ()
    if with_provider:
        try:
            prompt, note = with_provider(prompt, "the draft", text)
            guessed = (Problem(note, is_error=False),) if note else ()
        except WorkbenchError as error:
            guessed = (_front_problem(error),)
    lines = text.replace("\r\n", "\n").split("\n")
    broken = _template_problems(prompt, lines)
    if broken:
        return Checked(prompt, broken)
    problems = (
        *guessed,
        *(Problem(text, line, is_error=False) for text, line in role_problems(lines)),
        *_naming_problems(prompt, lines),
    )
    messages: tuple[Message, ...] = ()
    if case is not None:
        try:
            kinds = media_kinds([prompt])
            case = with_files(case, kinds, folder or Path(), anywhere=folder is None)
            messages = Renderer(prompt).render(checked_inputs(prompt, case.inputs))
        except (TemplateError, DatasetError) as error:
            problems = (*problems, Problem(f"case {case.id}: {error.message}"))
    if prompt.model is None:
        problems = (*problems, Problem("no model: write model: {id: NAME, provider: NAME}"))
    checked = Checked(prompt, problems, _variables(prompt, case), messages, case=case)
    return checked if baseline is None else _with_contract(checked, prompt, baseline)


def check_in(
    workspace: Workspace,
    path: Path,
    text: str,
    case: Case | None,
    baseline: Baseline | None,
    folder: Path | None = None,
) -> Checked:
    """The same for a draft of a workspace, with its providers, snippets and examples."""
    files = workspace.files_of(path)
    return check(text, path.stem, case, baseline, workspace.with_provider, files, folder)


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


def _front_problem(error: WorkbenchError) -> Problem:
    message = str(error).removeprefix("the draft: ")
    match = _LINE.search(str(error))
    if not match:
        return Problem(message)
    return Problem(message, int(match.group(1)))


def _template_problems(prompt: Prompt, lines: list[str]) -> tuple[Problem, ...]:
    """Each message that does not compile, on the file's line."""
    starts = _message_starts(prompt, lines)
    problems = []
    for index, message in enumerate(prompt.messages):
        try:
            variables(replace(prompt, messages=(message,)))
        except TemplateError as error:
            match = _TEMPLATE_LINE.search(error.message)
            start = starts[index] if index < len(starts) else None
            if match and start:
                line = start + int(match.group(1)) - 1
                text = _TEMPLATE_LINE.sub(f"line {line}: ", error.message)
                problems.append(Problem(text, line))
            else:
                problems.append(Problem(error.message, start))
    return tuple(problems)


def _message_starts(prompt: Prompt, lines: list[str]) -> list[int]:
    """The line (from 1) where each message's text begins, as `parse_prompty` cuts them."""
    at = front_end(lines)
    slots = {message.content for message in prompt.messages if message.role == SLOT}
    return [at + placed.line for placed in split_messages("\n".join(lines[at:]), slots)]


def _naming_problems(prompt: Prompt, lines: list[str]) -> tuple[Problem, ...]:
    problems = [
        Problem(
            f"{{{{ {name} }}}} is not declared in inputs",
            _line_of(rf"\{{[{{%][^}}]*\b{re.escape(name)}\b", lines, True),
        )
        for name in undeclared(prompt)
    ]
    problems += [
        Problem(
            f"the input {name} is used by no message",
            _line_of(rf"name:\s*['\"]?{re.escape(name)}\b", lines, False),
            is_error=False,
        )
        for name in unused(prompt)
    ]
    return tuple(problems)


def _line_of(pattern: str, lines: list[str], in_body: bool) -> int | None:
    front = front_end(lines) if in_body else 0
    wanted = re.compile(pattern)
    for number, line in enumerate(lines[front:], front + 1):
        if wanted.search(line):
            return number
    return None


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
