"""Planned breakages of a prompt, to see whether a suite notices them. Pure functions."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.prompts.values import Message, Prompt

_TEMPLATE = re.compile(r"\{[{%#]")
_SHOWN = 40
MOST_OF_A_KIND = 4


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken prompt and what was broken."""

    kind: str
    """`drop_example`, `drop_line`, `swap_labels` or `truncate`."""
    what: str
    prompt: Prompt


def mutants(
    prompt: Prompt, labels: Sequence[str] = (), most: int = MOST_OF_A_KIND
) -> tuple[Mutant, ...]:
    """The breakages of a prompt, at most `most` of each kind, spread over its length.

    A line or text that holds a placeholder or a control tag stays: without it the prompt could not
    be sent, which no suite is needed for. `labels` are expected answers, the commonest first.
    """
    every = [
        _spread(list(_without_examples(prompt)), most),
        _spread(list(_without_lines(prompt)), most),
        _spread(list(_with_labels_swapped(prompt, labels)), most),
        _spread(list(_truncated(prompt)), most),
    ]
    known = {prompt.fingerprint}
    kept = []
    for mutant in (one for kind in every for one in kind):
        if mutant.prompt.fingerprint not in known:
            known.add(mutant.prompt.fingerprint)
            kept.append(mutant)
    return tuple(kept)


def _without_examples(prompt: Prompt) -> Iterator[Mutant]:
    examples = prompt.examples
    if examples is None:
        return
    for at in range(len(examples.rows)):
        rows = examples.rows[:at] + examples.rows[at + 1 :]
        broken = replace(prompt, examples=replace(examples, rows=rows))
        yield Mutant("drop_example", f"without example {at + 1}", broken)


def _without_lines(prompt: Prompt) -> Iterator[Mutant]:
    for number, message in enumerate(prompt.messages):
        lines = message.content.split("\n")
        for at, line in enumerate(lines):
            if not line.strip() or _TEMPLATE.search(line) or len(lines) < 2:
                continue
            text = "\n".join(lines[:at] + lines[at + 1 :])
            if text.strip():
                what = f"without the line {_shown(line)!r} of {message.role}"
                yield Mutant("drop_line", what, _with(prompt, number, message, text))


def _with_labels_swapped(prompt: Prompt, labels: Sequence[str]) -> Iterator[Mutant]:
    """Two labels that stand in the prompt's own text, one in the place of the other."""
    texts = [message.content for message in prompt.messages]
    named = [label for label in labels if label and any(_word(label).search(t) for t in texts)]
    for one, other in itertools.pairwise(named):
        swap = re.compile(f"{_word(one).pattern}|{_word(other).pattern}")
        other_of = {one: other, other: one}
        messages = tuple(
            replace(message, content=_swapped(swap, other_of, message.content))
            for message in prompt.messages
        )
        what = f"{one!r} and {other!r} swapped"
        yield Mutant("swap_labels", what, replace(prompt, messages=messages))


def _swapped(labels: re.Pattern[str], other_of: Mapping[str, str], text: str) -> str:
    return labels.sub(lambda label: other_of[label[0]], text)


def _truncated(prompt: Prompt) -> Iterator[Mutant]:
    """The longest message that holds no placeholder, cut to its first half."""
    plain = [
        (len(message.content), number)
        for number, message in enumerate(prompt.messages)
        if not _TEMPLATE.search(message.content) and len(message.content.split()) > 1
    ]
    if not plain:
        return
    _, number = max(plain)
    message = prompt.messages[number]
    words = re.findall(r"\S+\s*", message.content)
    text = "".join(words[: max(1, len(words) // 2)]).rstrip()
    what = f"{message.role} cut to its first half"
    yield Mutant("truncate", what, _with(prompt, number, message, text))


def _with(prompt: Prompt, number: int, message: Message, text: str) -> Prompt:
    messages = list(prompt.messages)
    messages[number] = replace(message, content=text)
    return replace(prompt, messages=tuple(messages))


def _word(label: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(label)}(?!\w)")


def _spread(items: list[Mutant], most: int) -> list[Mutant]:
    """At most so many, evenly spread."""
    if len(items) <= most:
        return items
    return [items[at * len(items) // most] for at in range(most)]


def _shown(line: str) -> str:
    text = " ".join(line.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
