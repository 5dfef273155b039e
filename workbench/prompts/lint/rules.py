"""The rules, in one table, and what they report."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Severity(enum.StrEnum):
    """`error`: it cannot work as it stands; `warning`: it is likely not what was meant."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it reports and what to do about it."""

    id: str
    severity: Severity
    summary: str
    remedy: str


_E, _W = Severity.ERROR, Severity.WARNING

UNREADABLE = Rule("unreadable", _E, "the draft cannot be read as a prompt", "mend the line")
PROVIDER = Rule(
    "provider",
    _E,
    "the model names no provider that the settings know",
    "write model: {id: NAME, provider: NAME}",
)
UNDECLARED = Rule(
    "undeclared-input",
    _E,
    "a template uses a name that inputs does not declare",
    "declare it in inputs, or take it out of the text",
)
CONTEXT = Rule(
    "context-window",
    _E,
    "the rendered messages and the longest answer are estimated to exceed the model's context",
    "shorten the prompt, lower maxOutputTokens, or choose a model with a larger context",
)
UNUSED = Rule(
    "unused-input",
    _W,
    "a declared input is used by no message",
    "use it, or take it out of inputs",
)
UNUSED_EXAMPLES = Rule(
    "unused-examples",
    _W,
    "the declared examples are used by no message",
    "write {{ examples }} where they belong, or take examples out of the front matter",
)
CONFLICT = Rule(
    "conflicting-instructions",
    _W,
    "two instructions that hold at the same time contradict each other",
    "keep one, or say when each holds",
)
EXAMPLE_SCHEMA = Rule(
    "example-schema",
    _W,
    "an example answer does not follow the output schema",
    "mend the example or the schema",
)
EXAMPLE_STOP = Rule(
    "example-stop",
    _W,
    "an example answer contains a stop sequence, so that such an answer would be cut",
    "choose another stop sequence, or change the example",
)
ROLE_MARKER = Rule(
    "role-marker",
    _W,
    "a line looks like a role marker and is text",
    "write system:, user: or assistant: alone on the line, or reword it",
)
INDENTED_ROLE = Rule(
    "indented-role",
    _W,
    "an indented line is read as a role marker",
    "move it to the start of the line if it begins a message, else reword it",
)
EXAMPLE_LEAK = Rule(
    "example-leak",
    _W,
    "a few-shot example is a case of a suite, or nearly, and so gives its answer away",
    "take the row out of the examples, or the case out of the suite",
)
MISSING_ROLE = Rule(
    "missing-role",
    _W,
    "text before the first role marker goes to system",
    "write system: above it",
)
NO_USER = Rule(
    "no-user-message",
    _W,
    "the messages end without one of the user, which many endpoints refuse",
    "write user: above what the model is asked",
)
EMPTY_MESSAGE = Rule(
    "empty-message",
    _W,
    "a message has no text",
    "write its text, or remove the role marker",
)
TRAILING_SPACE = Rule(
    "trailing-space",
    _W,
    "a line that the model sees ends with white space",
    "remove it",
)
BLANK_LINES = Rule(
    "blank-lines",
    _W,
    "several blank lines in a row, which the model sees",
    "leave one",
)
SPACE_BEFORE_ROLE = Rule(
    "space-before-role",
    _W,
    "a message ends with lines of white space, which are sent",
    "leave the lines before a role marker empty",
)
TAB = Rule("tab", _W, "a tab, which the model sees", "write spaces")
INVISIBLE = Rule(
    "invisible-character",
    _W,
    "characters that readers do not see and models do, or that reverse text",
    "remove them",
)
UNKNOWN_RULE = Rule(
    "unknown-rule",
    _W,
    "x-lint in the front matter is not {off: [rule, …]} with rules of this table",
    "write x-lint: {off: [rule]}",
)

RULES: tuple[Rule, ...] = (
    UNREADABLE,
    PROVIDER,
    UNDECLARED,
    CONTEXT,
    UNUSED,
    UNUSED_EXAMPLES,
    CONFLICT,
    EXAMPLE_SCHEMA,
    EXAMPLE_STOP,
    EXAMPLE_LEAK,
    MISSING_ROLE,
    ROLE_MARKER,
    INDENTED_ROLE,
    NO_USER,
    EMPTY_MESSAGE,
    INVISIBLE,
    TRAILING_SPACE,
    BLANK_LINES,
    SPACE_BEFORE_ROLE,
    TAB,
    UNKNOWN_RULE,
)
"""In the order of importance: findings on one line are listed in it."""

WHITE_SPACE = frozenset({TRAILING_SPACE.id, BLANK_LINES.id, SPACE_BEFORE_ROLE.id, TAB.id})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule reports about a line, counted from 1, of the draft's file; None: about all."""

    rule: Rule
    message: str
    line: int | None = None
    remedy: str = ""
    """Empty: that of the rule."""
    file: str = ""
    """A snippet's or example file's path in the workspace; empty: the draft's own."""

    @property
    def what_to_do(self) -> str:
        return self.remedy or self.rule.remedy


@dataclass(frozen=True, slots=True)
class LintContext:
    """What the rules need besides the draft, where it is known."""

    window: int | None = None
    """The model's context window in tokens."""
    schema_error: Callable[[Any, Any], str | None] | None = None
    """(outputs of a prompt, value) → what the value breaks."""
    leaks: tuple[str, ...] = ()
    """The cases that its few-shot examples give away, as sentences."""


NOTHING_KNOWN = LintContext()
