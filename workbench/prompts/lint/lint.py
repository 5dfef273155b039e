"""All rules on one draft, as far as its front matter leaves them on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from workbench.errors import DraftError, TemplateError, WorkbenchError
from workbench.prompts.files.front_matter import split
from workbench.prompts.files.strict_yaml import line_of
from workbench.prompts.lint.conflicts import conflict_findings
from workbench.prompts.lint.examples import example_findings
from workbench.prompts.lint.inputs import input_findings
from workbench.prompts.lint.places import Placed, place
from workbench.prompts.lint.roles import role_findings
from workbench.prompts.lint.rules import (
    NOTHING_KNOWN,
    RULES,
    UNKNOWN_RULE,
    UNREADABLE,
    Finding,
    LintContext,
    Rule,
)
from workbench.prompts.lint.tokens import context_findings
from workbench.prompts.lint.white_space import white_space_findings
from workbench.prompts.templates.templates import ExampleTexts, variables
from workbench.prompts.values import SLOT, SNIPPETS, Message, Prompt
from workbench.suggestions import did_you_mean

KEY = "x-lint"
"""In the front matter: `x-lint: {off: [rule, …]}`."""
_IDS = tuple(rule.id for rule in RULES)
_ORDER = {rule.id: at for at, rule in enumerate(RULES)}
_LINE = re.compile(r": line (\d+) ")
_TEMPLATE_LINE = re.compile(r"line (?P<line>\d+) of the (?:template|snippet '(?P<name>[^']+)'): ")


def lint(
    text: str,
    prompt: Prompt,
    context: LintContext = NOTHING_KNOWN,
    rendered: Sequence[Message] = (),
    of: str = "the prompt",
) -> tuple[Finding, ...]:
    """What the rules find in a draft that was read as `prompt`, by line.

    `rendered` are its messages with a case, which `of` names; without them the templates are
    counted as they stand.
    """
    placed = place(text, prompt)
    names: dict[str, None] = {}
    broken = tuple(_template_findings(placed, prompt, names))
    if broken:
        return broken
    findings = [
        *input_findings(placed, prompt, names),
        *context_findings(prompt, rendered or prompt.messages, of, context),
        *conflict_findings(placed, prompt),
        *example_findings(placed, prompt, context),
        *role_findings(placed),
        *white_space_findings(placed),
    ]
    off = silenced(prompt)
    kept = [finding for finding in findings if finding.rule.id not in off]
    return tuple(sorted([*kept, *_switch_findings(placed, prompt)], key=_place))


def finding_of(error: WorkbenchError, where: str, rule: Rule = UNREADABLE) -> Finding:
    """The finding for an error about a draft, which `where` names."""
    message = error.message.removeprefix(f"{where}: ").removeprefix(where)
    match = _LINE.search(error.message)
    line = int(match.group(1)) if match else None
    return Finding(rule, message.removeprefix(f"line {line} "), line, error.hint)


def _template_findings(placed: Placed, prompt: Prompt, names: dict[str, None]) -> Iterator[Finding]:
    """Each message whose template does not compile, on the line of its file; the names that the
    others use are put into `names`.
    """
    compiles = True
    for message, own in zip(placed.messages, prompt.messages, strict=True):
        if own.role != SLOT and "{" not in own.content:
            continue
        try:
            alone = replace(prompt, messages=(own,), examples=None)
            names.update(dict.fromkeys(variables(alone)))
        except TemplateError as error:
            match = _TEMPLATE_LINE.search(error.message)
            problem = _TEMPLATE_LINE.sub("", error.message)
            file, line = "", message.line
            if match and match["name"]:
                file, line = f"{SNIPPETS}/{match['name']}.md", int(match["line"])
            elif match:
                line += int(match["line"]) - 1
            yield Finding(UNREADABLE, problem, line, error.hint, file)
            compiles = False
    try:
        if prompt.examples and compiles:
            ExampleTexts(prompt)
    except TemplateError as error:
        yield Finding(UNREADABLE, error.message, None, error.hint)


def silenced(prompt: Prompt) -> frozenset[str]:
    """The ids of the rules that the front matter switches off."""
    switches = prompt.extra.get(KEY)
    off = switches.get("off") if isinstance(switches, Mapping) else None
    return frozenset(item for item in off or () if isinstance(item, str))


def _switch_findings(placed: Placed, prompt: Prompt) -> Iterator[Finding]:
    if KEY not in prompt.extra:
        return
    switches = prompt.extra[KEY]
    try:
        front, _ = split("\n".join(placed.lines), "the draft")
        line = front.first_line - 1 + line_of(front.text, (KEY,))
    except DraftError:
        line = 1
    if not (
        isinstance(switches, Mapping)
        and set(switches) == {"off"}
        and isinstance(switches["off"], (list, tuple))
    ):
        yield Finding(UNKNOWN_RULE, f"{KEY} is {switches!r}", line)
        return
    for name in switches["off"]:
        if name not in _IDS:
            hint = did_you_mean(str(name), _IDS)
            yield Finding(UNKNOWN_RULE, f"{KEY}.off: there is no rule {name!r}", line, hint)


def _place(finding: Finding) -> tuple[str, int, int]:
    return finding.file, finding.line or 0, _ORDER[finding.rule.id]
