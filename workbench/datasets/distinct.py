"""Are the cases independent questions? Equal ones count once, and hidden groups are named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from workbench.datasets.questions import as_json, seen_text, sent_by
from workbench.datasets.values import Case
from workbench.errors import DatasetError
from workbench.prompts.values import Prompt
from workbench.units import plural

SENT_ALIKE = "sent alike: "
"""Begins the name of a group that nobody declared."""
_MARKS = ".,;:!?…'\""
_LONG = 40
"""A text of so many characters that stands in several cases is no coincidence."""


def distinct(cases: Iterable[Case], prompts: Sequence[Prompt] = ()) -> tuple[Case, ...]:
    """The cases without those that ask and expect what an earlier one does, column by column, as
    it is seen.

    With `prompts` those for which all of these send the same get a group, where no case has one:
    they are no independent questions, and yet all of them count, since it is a prompt's own
    doing what it sends. A template that leaves out what is hard would else leave out cases.
    """
    first: dict[str, Case] = {}
    for case in cases:
        first.setdefault(seen_text(as_json([case.inputs, case.expected])), case)
    found = tuple(first.values())
    if not prompts or any(case.group is not None for case in found):
        return found
    sent = sent_by(prompts)
    keys = [sent(case) for case in found]
    times = Counter(keys)
    return tuple(
        case if times[key] == 1 else replace(case, group=f"{SENT_ALIKE}{key}")
        for case, key in zip(found, keys, strict=True)
    )


def questions(cases: Iterable[Case]) -> int:
    """How many independent questions these cases are: a group is one."""
    return len({case.group if case.group is not None else (case.id,) for case in cases})


def check_consistent(cases: Sequence[Case], place_of: Callable[[Case], str]) -> None:
    """Raises DatasetError for two cases that ask the same and expect different answers."""
    first: dict[str, Case] = {}
    for case in cases:
        other = first.setdefault(as_json(case.inputs), case)
        if as_json(other.expected) != as_json(case.expected):
            raise DatasetError(
                f"{place_of(case)}: case {case.id!r} asks the same as {other.id!r} and expects"
                " another answer",
                hint="where both are right, list them: expected: [first, second]",
            )


def _roughly(case: Case) -> str:
    """A case without what a copy in other dress would have changed."""
    asked = {
        name: " ".join(word.strip(_MARKS) for word in value.split()).strip()
        if isinstance(value, str)
        else value
        for name, value in case.inputs.items()
    }
    return as_json([asked, case.expected]).casefold()


def remarks(cases: Sequence[Case], asked: Sequence[Case] | None = None) -> Iterator[str]:
    """Notes about equal cases, and about inputs that several cases share and no group declares.

    `asked` are the distinct ones; None: those of no prompt in particular.
    """
    known = distinct(cases) if asked is None else asked
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
    if any(case.group is not None for case in cases):
        return
    near = Counter(_roughly(case) for case in known)
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
