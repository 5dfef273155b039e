"""Compiles and renders templates.

Rendering is a single pass: a `{{ 7 * 7 }}` inside a value stays text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import TemplateError
from workbench.prompts.inputs.conversations import check_end, conversation, conversation_problem
from workbench.prompts.roles import first_marker, split_messages
from workbench.prompts.sizes import about_tokens
from workbench.prompts.templates.compiling import (
    check_snippet,
    compiled,
    null_of,
    variables_of,
)
from workbench.prompts.templates.placed import check_kept, cut, place_files
from workbench.prompts.templates.uses import how_to_leave_out
from workbench.prompts.values import (
    EXAMPLES,
    FIRST_REVISION,
    JINJA2,
    SLOT,
    ExampleSet,
    Message,
    Prompt,
)
from workbench.suggestions import did_you_mean

if TYPE_CHECKING:
    pass

MAX_RENDERED_CHARS = 10_000_000

_Part = Callable[[Mapping[str, Any]], tuple[Message, ...]]


def variables(prompt: Prompt) -> tuple[str, ...]:
    """The names that the templates use, in order of first appearance.

    Raises TemplateError with the line when a template does not compile.
    """
    names: dict[str, None] = {}
    for name, text in prompt.snippets.items():
        check_snippet(name, text, prompt)
    for message in prompt.messages:
        if message.role == SLOT:
            names[message.content] = None
        else:
            names.update(dict.fromkeys(variables_of(message.content, prompt)))
    if prompt.examples:
        names.pop(EXAMPLES, None)
    return tuple(names)


class Renderer:
    """Renders one prompt for many cases."""

    def __init__(self, prompt: Prompt) -> None:
        """Raises TemplateError when a template does not compile."""
        self._prompt = prompt
        self._used = frozenset(variables(prompt))
        self._examples = ExampleTexts(prompt) if prompt.examples else None
        self._parts = tuple(map(self._part, prompt.messages))
        self._media = prompt.media
        self._defaults = {
            item.name: item.default
            for item in prompt.inputs
            if item.default is not None or not item.required
        }
        required = {item.name for item in prompt.inputs if item.required}
        self._needed = (self._used | required) - self._defaults.keys()
        declared = {item.name for item in prompt.inputs}
        self.names = declared | self._used
        """Every name that the prompt declares or uses."""

    def render(self, inputs: Mapping[str, Any], *, strict: bool = False) -> tuple[Message, ...]:
        """The messages to send; their files are read when they are sent.

        Raises TemplateError when an input is missing; with `strict` also when one is unknown or
        does not fit what is declared.
        """
        values = self._with_defaults(inputs)
        if strict:
            self._check(inputs)
        placed, media = place_files(self._media, values)
        values |= placed
        messages = tuple(message for part in self._parts for message in part(values))
        if placed:
            messages = tuple(m if m.more else cut(m, placed, media) for m in messages)
            check_kept(placed)
        check_end(self._prompt.messages[-1], messages)
        if sum(len(message.content) for message in messages) > MAX_RENDERED_CHARS:
            raise TemplateError(
                f"{self._prompt.prompt_id} renders to more than {MAX_RENDERED_CHARS:,} characters"
            )
        return messages

    def missing(self, inputs: Mapping[str, Any]) -> tuple[str, ...]:
        """The needed inputs that are neither given nor have a default."""
        return tuple(sorted(self._needed - inputs.keys()))

    def _check(self, inputs: Mapping[str, Any]) -> None:
        """Raise TemplateError for an unknown input, and for a value that does not fit."""
        for name in inputs:
            if name not in self.names:
                raise TemplateError(
                    f"{self._prompt.prompt_id} has no input {name!r}",
                    hint=did_you_mean(name, self.names),
                )
        is_checked = self._prompt.revision != FIRST_REVISION
        if is_checked and any(item.enum or item.kind != "string" for item in self._prompt.inputs):
            from workbench.prompts.inputs.checks import check_values

            check_values(self._prompt.inputs, inputs)

    def _part(self, message: Message) -> _Part:
        if message.role != SLOT:
            fill = compiled(message.content, self._prompt)
            return lambda values: (Message(message.role, fill(values)),)
        if self._examples and message.content == EXAMPLES:
            messages = self._examples.messages
            return lambda _values: messages
        return lambda values: conversation(values[message.content], message.content)

    def _with_defaults(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        lacking = self.missing(inputs)
        if lacking:
            usual = "give it a value, or a default in the front matter"
            raise TemplateError(
                f"{self._prompt.prompt_id} needs the input {', '.join(lacking)}",
                hint=how_to_leave_out(self._prompt, lacking) or usual,
            )
        values = {**self._defaults, **inputs}
        if self._examples:
            values[EXAMPLES] = self._examples.value
        null = null_of(self._prompt)
        if self._prompt.revision != FIRST_REVISION and self._prompt.template_format == JINJA2:
            from jinja2 import Undefined

            for item in self._prompt.inputs:
                if item.default is None and not item.required and values[item.name] is None:
                    values[item.name] = Undefined(name=item.name)
        return {name: null if value is None else value for name, value in values.items()}


class ExampleTexts:
    """The few-shot examples of a prompt, rendered once: as messages, as text, or as rows."""

    def __init__(self, prompt: Prompt) -> None:
        if prompt.template_format != JINJA2:
            raise TemplateError(f"few-shot examples need templates in {JINJA2}")
        self._prompt = prompt
        self._set = prompt.examples or ExampleSet()
        self._are_messages = bool(first_marker(self._set.template))
        from workbench.prompts.templates.metering import together

        with together():
            rendered = tuple(self._rendered())
        self.messages = rendered if self._are_messages else ()
        problem = conversation_problem(
            [{"role": m.role, "content": m.content} for m in self.messages]
        )
        if problem:
            raise TemplateError(
                f"the conversation that examples.template makes {problem}",
                hint="each example has a message of the user, and the assistant's answer",
            )
        """What a slot of examples stands for."""
        size = len(rendered) // len(self._set.rows) if rendered else 1
        made = [rendered[at : at + size] for at in range(0, len(rendered), size)]
        self.by_row = tuple("\n".join(m.content for m in row) for row in made)
        """The text of each row; empty without a template."""
        text = "\n".join(message.content for message in rendered).rstrip("\n")
        rows = [{"inputs": {}, "expected": "", "tags": [], **row} for row in self._set.rows]
        self.value: Any = text if self._set.template else rows
        """What `examples` is in templates."""
        for message in prompt.messages:
            self._check_use(message)

    @property
    def tokens(self) -> int:
        """About how many tokens they are in a prompt; of rows for a loop, those of their values."""
        values = [row.get(key) for row in self._set.rows for key in ("inputs", "expected")]
        texts = [m.content for m in self.messages] or (
            [self.value] if self._set.template else map(str, values)
        )
        return sum(map(about_tokens, texts))

    def _rendered(self) -> Iterator[Message]:
        """The messages of each row; without role markers each row is one text."""
        template = self._set.template
        plain = (Message("", template),) if template else ()
        split = [placed.message for placed in split_messages(template)]
        parts = split if self._are_messages else plain
        fills = [(part.role, compiled(part.content, self._prompt)) for part in parts]
        null, left = null_of(self._prompt), MAX_RENDERED_CHARS
        for number, row in enumerate(self._set.rows, 1):
            values = {**row.get("inputs", {}), "tags": row.get("tags", [])}
            values["expected"] = row.get("expected")
            filled = {name: null if value is None else value for name, value in values.items()}
            try:
                made = [Message(role, fill(filled)) for role, fill in fills]
            except (TemplateError, KeyError) as error:
                where = f" of those from {self._set.file}" if self._set.file else ""
                problem = error.message if isinstance(error, TemplateError) else f"no {error}"
                raise TemplateError(f"example {number}{where}: {problem}") from error
            left -= sum(len(message.content) for message in made)
            if left < 0:
                most = f"{MAX_RENDERED_CHARS:,}"
                raise TemplateError(f"the examples render to more than {most} characters")
            yield from made

    def _check_use(self, message: Message) -> None:
        is_slot = message.role == SLOT and message.content == EXAMPLES
        if self._are_messages:
            if message.role != SLOT and EXAMPLES in variables_of(message.content, self._prompt):
                raise TemplateError(
                    f"{{{{ {EXAMPLES} }}}} stands for messages, and is used in a text",
                    hint="write it on a line of its own, above a role marker",
                )
        elif is_slot:
            raise TemplateError(
                f"{{{{ {EXAMPLES} }}}} stands for a text, and is used between messages",
                hint="examples.template needs lines 'user:' and 'assistant:' to be messages",
            )
