"""Finds cases that are not independent: duplicates, which count once, and undeclared groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from workbench.datasets.conversation_groups import (
    beginnings,
    conversation_groups,
    conversation_inputs,
)
from workbench.datasets.questions import as_json, seen_text, sent_by
from workbench.datasets.values import Case
from workbench.errors import DatasetError
from workbench.prompts.values import Prompt
from workbench.units import plural

SENT_ALIKE = "sent alike: "
"""Prefix of the names of groups that were not declared."""
_MARKS = ".,;:!?…'\""
_LONG = 40
"""Characters from which a text shared by several cases is unlikely to be a coincidence."""


def distinct(cases: Iterable[Case], prompts: Sequence[Prompt] = ()) -> tuple[Case, ...]:
    """The cases without duplicates, which have the same visible inputs and expected answer.

    With `prompts`, cases for which all of these send the same messages get a common group, and so
    do the turns of one conversation, if no case has a group. They are not independent, but all of
    them count: otherwise a template that omits an input could remove hard cases.
    """
    first: dict[str, Case] = {}
    for case in cases:
        first.setdefault(seen_text(as_json([case.question, case.expected])), case)
    kept = tuple(first.values())
    if not prompts or any(case.group is not None for case in kept):
        return kept
    sent = sent_by(prompts)
    keys = [sent(case) for case in kept]
    times = Counter(keys)
    turns = conversation_groups(kept, conversation_inputs(prompts))
    groups = (
        turns.get(case.id) or (f"{SENT_ALIKE}{key}" if times[key] > 1 else None)
        for case, key in zip(kept, keys, strict=True)
    )
    return tuple(
        replace(case, group=group) if group else case
        for case, group in zip(kept, groups, strict=True)
    )


def questions(cases: Iterable[Case]) -> int:
    """The number of independent cases; a group counts once."""
    return len({case.group if case.group is not None else (case.id,) for case in cases})


def check_consistent(cases: Sequence[Case], place_of: Callable[[Case], str]) -> None:
    """Raise DatasetError for two cases with the same inputs and different expected answers."""
    first: dict[str, Case] = {}
    for case in cases:
        other = first.setdefault(as_json(case.question), case)
        if as_json(other.expected) != as_json(case.expected):
            raise DatasetError(
                f"{place_of(case)}: case {case.id!r} asks the same as {other.id!r} and expects"
                " another answer",
                hint="where both are right, list them: expected: [first, second]",
            )


def _normalised(case: Case) -> str:
    """A case in a normal form that near copies share."""
    inputs = {
        name: " ".join(word.strip(_MARKS) for word in value.split()).strip()
        if isinstance(value, str)
        else value
        for name, value in case.inputs.items()
    }
    return as_json([inputs, case.expected]).casefold()


def remarks(cases: Sequence[Case], distinct_cases: Sequence[Case] | None = None) -> Iterator[str]:
    """Yield notes about duplicates, and about inputs shared by cases without a declared group.

    `distinct_cases` are the distinct cases for certain prompts; None: computed without prompts.
    """
    known = distinct(cases) if distinct_cases is None else distinct_cases
    equal = len(cases) - len(known)
    if equal == 1:
        yield "1 case asks and expects the same as another: the two count as one"
    elif equal:
        yield f"{equal} cases ask and expect the same as others: each question counts once"
    alike = [case.group for case in known if (case.group or "").startswith(SENT_ALIKE)]
    if alike:
        yield (
            f"{len(alike)} cases are sent as {plural(len(set(alike)), 'prompt')}: those that are"
            " sent alike count as one group"
        )
    turns = list(beginnings(known))
    if turns:
        case, most = max(turns, key=lambda turn: turn[1])
        yield (
            f"{sum(times for _, times in turns)} cases are turns of"
            f" {plural(len(turns), 'conversation')}: those of one count as one group, as"
            f" {plural(most - 1, 'case')} with case {case.id!r}, whose messages they begin with;"
            " if that is wrong, declare the `group` of each"
        )
    if any(case.group is not None for case in cases):
        return
    near = Counter(_normalised(case) for case in known)
    copies = sum(times for times in near.values() if times > 1) if not alike else 0
    if copies:
        yield (
            f"{copies} cases ask what another does but for capitals, blanks or marks at the end of"
            " a word: give those that are one question the same group, else they count as several"
        )
    for name in sorted({name for case in cases if len(case.inputs) > 1 for name in case.inputs}):
        values = Counter(
            case.inputs[name]
            for case in cases
            if isinstance(case.inputs.get(name), str) and len(case.inputs[name]) >= _LONG
        )
        shared = [times for times in values.values() if times > 1]
        if shared and len(values) > 1:
            yield (
                f"{sum(shared)} cases share their {name} with another, and no group is declared:"
                f" give those of one {name} the same group, else they count as independent"
            )
