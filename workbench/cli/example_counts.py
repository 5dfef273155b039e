"""`workbench try --examples`: the same case with different numbers of few-shot examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from workbench.errors import UsageError
from workbench.present import numbers
from workbench.units import plural

if TYPE_CHECKING:
    from workbench.prompts.values import Prompt
    from workbench.providers.base import Answer

MOST_COUNTS = 20


@dataclass(frozen=True, slots=True)
class Shots:
    """A prompt with the first so many of its examples."""

    count: int
    prompt: Prompt
    tokens: int
    """About how many tokens the examples are."""


def parse_counts(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    """`0,2,4` as numbers, each once."""
    if value is None:
        return None
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isdecimal() and len(part) < 6 for part in parts) or len(parts) > MOST_COUNTS:
        raise click.BadParameter(f"{value!r} is no list of numbers: write --examples 0,2,4")
    return tuple(dict.fromkeys(map(int, parts)))


def shots_of(prompt: Prompt, counts: Sequence[int]) -> list[Shots]:
    """The prompt with each of these numbers of examples. Raises UsageError for more than it has."""
    from workbench.prompts.templates.templates import ExampleTexts

    examples = prompt.examples
    if examples is None:
        hint = "examples: {file: examples.jsonl, template: …}"
        raise UsageError(f"{prompt.prompt_id} has no few-shot examples", hint=hint)
    if max(counts) > len(examples.rows):
        has = plural(len(examples.rows), "example")
        raise UsageError(f"{prompt.prompt_id} has {has}, not {max(counts)}", hint="choose: all")
    made = []
    for count in counts:
        few = replace(prompt, examples=replace(examples, rows=examples.rows[:count]))
        made.append(Shots(count, few, ExampleTexts(few).tokens))
    return made


def lines_of(asked: Sequence[tuple[Shots, Answer]]) -> Iterator[str]:
    """A table, with the answers that take more than a line below it."""
    from workbench.present.tables import lay_out

    rows = [
        (
            str(shots.count),
            numbers.tokens(shots.tokens),
            numbers.tokens(answer.prompt_tokens),
            numbers.seconds(answer.latency_s),
            answer.outcome.value,
            answer.error or (answer.text.strip() if _is_short(answer) else "(below)"),
        )
        for shots, answer in asked
    ]
    yield from lay_out(("examples", "≈ tok", "sent", "time", "outcome", "answer"), rows)
    for shots, answer in asked:
        if not _is_short(answer) and not answer.error:
            yield ""
            yield f"{plural(shots.count, 'example')}:"
            yield answer.text


def _is_short(answer: Answer) -> bool:
    return "\n" not in answer.text.strip()
