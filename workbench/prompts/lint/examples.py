"""Example answers in a prompt: against its output schema and its stop sequences.

An example answer is a message of the assistant that a further message follows (the last one may be
the beginning of an answer), text of another message after a label such as `Output:`, or what the
few-shot examples become by their template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.prompts.files.options import MORE, NAMES
from workbench.prompts.lint.places import FENCE, Placed, PlacedText
from workbench.prompts.lint.rules import (
    EXAMPLE_LEAK,
    EXAMPLE_SCHEMA,
    EXAMPLE_STOP,
    Finding,
    LintContext,
)
from workbench.prompts.templates.templates import ExampleTexts
from workbench.prompts.values import SLOT, Prompt

_LABEL = re.compile(
    r"[ \t]*(?:[-*>][ \t]*)?[*_]{0,2}(?:(?:example|expected|sample|correct|desired)[ \t]+)?"
    r"(?:answer|output|response|reply|assistant|A)(?:[ \t]+\d+)?[*_]{0,2}[ \t]*:[*_]{0,2}[ \t]*"
    r"(?P<rest>.*)",
    re.I,
)
_OTHER_LABEL = re.compile(r"[ \t]*(?:[-*>][ \t]*)?[*_]{0,2}[A-Z][\w ]{0,30}[*_]{0,2}:(?:[ \t]|$)")
_EXPECTED = re.compile(r"\{\{-?\s*expected\s*(?:\|\s*tojson\s*)?-?\}\}")
"""What makes the rest of a label's line the whole answer, in the template of a row."""
_WHERE = "the example answer"


@dataclass(frozen=True, slots=True)
class ExampleAnswer:
    """An answer as the prompt shows it, and the line where it begins."""

    text: str
    line: int | None
    where: str
    is_whole: bool
    """Whether it is certainly a whole answer, as a message is."""
    file: str = ""
    """Empty: the draft's own."""


def example_findings(placed: Placed, prompt: Prompt, context: LintContext) -> Iterator[Finding]:
    """Examples that no answer may look like."""
    stops = stop_sequences(prompt)
    for answer in (*example_answers(placed), *few_shot_answers(prompt)):
        yield from _against_schema(answer, prompt.outputs, context)
        stop = next((stop for stop in stops if stop in answer.text), None)
        if stop is not None:
            message = f"{answer.where} contains the stop sequence {stop!r}, where it would be cut"
            yield Finding(EXAMPLE_STOP, message, answer.line, file=answer.file)
    for sentence in context.leaks:
        yield Finding(EXAMPLE_LEAK, sentence, file=prompt.examples.file if prompt.examples else "")


def stop_sequences(prompt: Prompt) -> tuple[str, ...]:
    """The stop sequences of the model's options, under any of their names."""
    options: dict[str, Any] = dict(prompt.model.options) if prompt.model else {}
    more = options.get(MORE)
    everything = {**options, **(more if isinstance(more, Mapping) else {})}
    stops: list[str] = []
    for name, value in everything.items():
        if NAMES.get(name, name) == "stop":
            listed = [value] if isinstance(value, str) else value or []
            stops += [stop for stop in listed if isinstance(stop, str) and stop]
    return tuple(stops)


def example_answers(placed: Placed) -> Iterator[ExampleAnswer]:
    """Every example answer that is written out in a draft or a snippet."""
    for at, message in enumerate(placed.messages):
        if message.role == "assistant":
            if at + 1 < len(placed.messages) and not _is_template(message.content):
                yield ExampleAnswer(message.content, message.line, _WHERE, is_whole=True)
        elif message.role not in ("tool", SLOT):
            yield from _labelled(message)
    for snippet in placed.snippets:
        yield from _labelled(snippet)


def few_shot_answers(prompt: Prompt) -> Iterator[ExampleAnswer]:
    """The answers of the few-shot examples, by their template. Raises TemplateError."""
    examples = prompt.examples
    if examples is None or not examples.rows or not examples.template:
        return
    of = f" of {examples.file}" if examples.file else ""
    texts = ExampleTexts(prompt)
    for at, message in enumerate(texts.messages):
        if message.role == "assistant":
            number = at * len(examples.rows) // len(texts.messages) + 1
            yield ExampleAnswer(message.content, None, f"example {number}{of}", True, examples.file)
    if texts.messages:
        return
    last_line = examples.template.strip().rpartition("\n")[2]
    label = _LABEL.fullmatch(last_line)
    if label and _EXPECTED.fullmatch(label["rest"]):
        for number, row in enumerate(examples.rows, 1):
            expected = row.get("expected")
            text = expected if isinstance(expected, str) else json.dumps(expected)
            yield ExampleAnswer(text, None, f"example {number}{of}", True, examples.file)
    else:
        for answer in _labelled(PlacedText("user", texts.value, 1)):
            yield replace(answer, line=None, where=f"an example{of}", file=examples.file)


def _is_template(text: str) -> bool:
    return any(mark in text for mark in ("{{", "{%", "{#"))


def _labelled(message: PlacedText) -> Iterator[ExampleAnswer]:
    """The text after `Output:` and the like, to the next label or blank line; a fenced block whole.
    Labels without text of their own and instructions about the answer are no examples.
    """
    lines = list(message.lines())
    for at, (number, line) in enumerate(lines):
        label = _LABEL.fullmatch(line)
        if label is None:
            continue
        rest, following = label["rest"].strip(), lines[at + 1 :]
        if not rest and following and FENCE.match(following[0][1]):
            block = []
            for _, text in following[1:]:
                if FENCE.match(text):
                    break
                block.append(text)
            yield from _answer("\n".join(block), number + 2, message)
            continue
        texts = [rest] if rest else []
        for _, text in following:
            if not text.strip() or _OTHER_LABEL.match(text):
                break
            texts.append(text)
        if texts:
            yield from _answer("\n".join(texts), number if rest else number + 1, message)


def _answer(text: str, line: int, message: PlacedText) -> Iterator[ExampleAnswer]:
    if not _is_template(text):
        yield ExampleAnswer(text, line, _WHERE, is_whole=False, file=message.file)


def _against_schema(answer: ExampleAnswer, outputs: Any, context: LintContext) -> Iterator[Finding]:
    if outputs is None or context.schema_error is None:
        return
    try:
        value = json.loads(answer.text)
    except ValueError:
        if answer.is_whole:
            message = f"{answer.where} is no JSON, and outputs asks for it"
            yield Finding(EXAMPLE_SCHEMA, message, answer.line, file=answer.file)
        return
    except RecursionError:
        return
    # `Output: 5` in the middle of an explanation is no whole answer.
    if not answer.is_whole and not isinstance(value, (dict, list)):
        return
    error = context.schema_error(outputs, value)
    if error:
        message = f"{answer.where} breaks the output schema: {error}"
        yield Finding(EXAMPLE_SCHEMA, message, answer.line, file=answer.file)
