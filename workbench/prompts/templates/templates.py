"""Compiles and renders templates.

Rendering is a single pass: a `{{ 7 * 7 }}` inside a value stays text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.errors import TemplateError
from workbench.prompts.kinds import MEDIA, MESSAGES
from workbench.prompts.templates.placed import Placed, check_kept, cut, printed
from workbench.prompts.templates.uses import how_to_leave_out
from workbench.prompts.values import (
    BRACES,
    FIRST_REVISION,
    JINJA2,
    REVISION,
    SLOT,
    Message,
    Prompt,
)
from workbench.suggestions import did_you_mean

if TYPE_CHECKING:
    from jinja2 import Template, nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_RENDERED_CHARS = 10_000_000
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")

_Fill = Callable[[Mapping[str, Any]], Any]
"""The text of a message; of a slot, its conversation."""


def variables(prompt: Prompt) -> tuple[str, ...]:
    """The names that the templates use, in order of first appearance.

    Raises TemplateError with the line when a template does not compile.
    """
    names: dict[str, None] = {}
    for message in prompt.messages:
        found = (
            [message.content] if message.role == SLOT else _variables_of(message.content, prompt)
        )
        names.update(dict.fromkeys(found))
    return tuple(names)


class Renderer:
    """Renders one prompt for many cases."""

    def __init__(self, prompt: Prompt) -> None:
        """Raises TemplateError when a template does not compile."""
        self._prompt = prompt
        self._used = frozenset(variables(prompt))
        self._fills: tuple[tuple[str, _Fill], ...] = tuple(
            (
                message.role,
                _slot(message) if message.role == SLOT else _compiled(message.content, prompt),
            )
            for message in prompt.messages
        )
        self._media = {item.name: item.kind for item in prompt.inputs if item.kind in MEDIA}
        self._defaults = {
            item.name: item.default
            for item in prompt.inputs
            if item.default is not None or not item.required
        }
        declared = {item.name for item in prompt.inputs}
        self.names = declared | self._used
        """Every name that the prompt declares or uses."""

    def render(self, inputs: Mapping[str, Any], *, strict: bool = False) -> tuple[Message, ...]:
        """The messages to send; files are read when these are sent, see `inputs.sent`.

        Raises TemplateError when an input is missing; with `strict` also when one is unknown or
        does not fit what is declared.
        """
        values = self._with_defaults(inputs)
        if strict:
            self._check(inputs)
        messages = self._messages(values)
        if sum(len(message.content) for message in messages) > MAX_RENDERED_CHARS:
            raise TemplateError(
                f"{self._prompt.prompt_id} renders to more than {MAX_RENDERED_CHARS:,} characters"
            )
        return messages

    def _check(self, inputs: Mapping[str, Any]) -> None:
        """Raise TemplateError for an unknown input and for a value that does not fit."""
        for name in inputs:
            if name not in self.names:
                raise TemplateError(
                    f"{self._prompt.prompt_id} has no input {name!r}",
                    hint=did_you_mean(name, self.names),
                )
        for item in self._prompt.inputs:
            if item.name in inputs and (item.enum or item.kind != "string"):
                from workbench.prompts.inputs.checks import misfit

                problem = misfit(item, inputs[item.name])
                if problem:
                    raise TemplateError(f"{item.name} {problem}", hint=f"its kind is {item.kind}")

    def _messages(self, values: dict[str, Any]) -> tuple[Message, ...]:
        placed, parts = _placed(self._media, values)
        values |= placed
        messages: list[Message] = []
        for (role, fill), template in zip(self._fills, self._prompt.messages, strict=True):
            filled = fill(values)
            if role == SLOT:
                messages += _conversation(template.content, filled)
            elif placed:
                messages.append(cut(role, filled, placed, parts))
            else:
                messages.append(Message(role, filled))
        check_kept(placed)
        if self._fills[-1][0] == SLOT and (not messages or messages[-1].role == "assistant"):
            name = self._prompt.messages[-1].content
            raise TemplateError(
                f"{name} ends with nothing that asks for an answer",
                hint="its last message is the user's, or the result of a tool",
            )
        return tuple(messages)

    def missing(self, inputs: Mapping[str, Any]) -> tuple[str, ...]:
        """The needed inputs that are neither given nor have a default."""
        required = {item.name for item in self._prompt.inputs if item.required}
        known = self._defaults.keys() | inputs.keys()
        return tuple(sorted((self._used | required) - known))

    def _with_defaults(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        lacking = self.missing(inputs)
        if lacking:
            usual = "give it a value, or a default in the front matter"
            raise TemplateError(
                f"{self._prompt.prompt_id} needs the input {', '.join(lacking)}",
                hint=how_to_leave_out(self._prompt, lacking) or usual,
            )
        values = {**self._defaults, **inputs}
        null: Any = ""
        if self._prompt.revision != FIRST_REVISION and self._prompt.template_format == JINJA2:
            from jinja2 import Undefined

            from workbench.prompts.templates.sandbox import Null

            null = Null()
            for item in self._prompt.inputs:
                if item.default is None and not item.required and values[item.name] is None:
                    values[item.name] = Undefined(name=item.name)
        return {name: null if value is None else value for name, value in values.items()}


def _variables_of(template: str, prompt: Prompt) -> list[str]:
    if prompt.template_format == BRACES:
        return [match.group(1) for match in _PLACEHOLDER.finditer(template)]
    from jinja2 import meta

    with _compiling():
        tree = _environment(prompt).parse(template)
        names = meta.find_undeclared_variables(tree)
    _refuse_other_files(tree)
    return sorted(names, key=template.find)


@contextmanager
def _compiling() -> Iterator[None]:
    """Convert errors that Jinja2 or Python raise for an invalid template to TemplateError."""
    from jinja2 import TemplateSyntaxError

    try:
        yield
    except TemplateSyntaxError as error:
        raise TemplateError(f"line {error.lineno} of the template: {error.message}") from error
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise TemplateError("the template is nested too deeply") from error
    except ValueError as error:
        raise TemplateError(f"the template: {error}") from error


def _refuse_other_files(tree: nodes.Template) -> None:
    from jinja2 import nodes

    reaching = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
    for node in tree.find_all(reaching):
        raise TemplateError(
            f"line {node.lineno} of the template: {type(node).__name__.lower()} is refused",
            hint="a prompt is one file: put the text itself here",
        )


def _compiled(template: str, prompt: Prompt) -> _Fill:
    if prompt.template_format == BRACES:
        return lambda values: _PLACEHOLDER.sub(lambda m: _as_text(values[m.group(1)]), template)
    if prompt.template_format != JINJA2:
        raise TemplateError(
            f"template format {prompt.template_format!r} is not supported",
            hint=did_you_mean(prompt.template_format, (JINJA2, BRACES)),
        )
    if "{{" not in template and "{%" not in template and "{#" not in template:
        return lambda _values: template
    with _compiling():
        return _filling(_environment(prompt).from_string(template))


def _filling(template: Template) -> _Fill:
    from jinja2 import TemplateError as JinjaError

    from workbench.prompts.templates.sandbox import render

    def fill(values: Mapping[str, Any]) -> str:
        try:
            return render(template, values)
        except JinjaError as error:
            problem = error.message or type(error).__name__
            raise TemplateError(f"{_place(error)}: {problem}") from error
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise TemplateError(f"{_place(error)}: {error}") from error
        except (RecursionError, MemoryError) as error:
            raise TemplateError(f"{_place(error)} needs too much memory or depth") from error
        except (AssertionError, RuntimeError) as error:
            raise TemplateError(f"{_place(error)}: {error}") from error

    return fill


def _place(error: BaseException) -> str:
    """The line that was being rendered: Jinja2's frames have the template's line numbers."""
    line, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"line {line} of the template" if line else "the template"


def _slot(message: Message) -> _Fill:
    return lambda values: values[message.content]


def _conversation(name: str, value: Any) -> tuple[Message, ...]:
    from workbench.prompts.inputs.conversations import conversation_problem, messages_of

    if not value:  # an optional one that is not given
        return ()
    problem = conversation_problem(value)
    if problem:
        raise TemplateError(f"{name} {problem}", hint=f"its kind is {MESSAGES}")
    return messages_of(value)


def _placed(
    kinds: Mapping[str, str], values: Mapping[str, Any]
) -> tuple[dict[str, Placed], dict[str, dict[str, Any]]]:
    """What stands in templates for the given files, and their parts of a message, by input."""
    given = {name: kind for name, kind in kinds.items() if values.get(name)}
    if not given:
        return {}, {}
    from workbench.prompts.inputs.media import media_of, part_of

    placed, parts = {}, {}
    for name, kind in given.items():
        try:
            parts[name] = part_of(media_of(values[name], kind), kind)
        except ValueError as error:
            raise TemplateError(f"{name} {error}", hint=f"its kind is {kind}") from error
        placed[name] = Placed(name)
    return placed, parts


def _as_text(value: Any) -> str:
    if isinstance(value, Placed):
        return printed(value)
    return value if isinstance(value, str) else str(value)


def _environment(prompt: Prompt) -> ImmutableSandboxedEnvironment:
    from workbench.prompts.templates.sandbox import environment

    if prompt.revision not in (FIRST_REVISION, REVISION):
        raise TemplateError(
            f"{prompt.prompt_id} is of template revision {prompt.revision}, which is unknown here",
            hint="upgrade prompt-workbench",
        )
    return environment(prompt.revision)
