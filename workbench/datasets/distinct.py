"""Are the cases independent questions? Equal ones count once, and hidden groups are named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from workbench.datasets.questions import as_json, sent_by
from workbench.datasets.values import Case
from workbench.errors import DatasetError
from workbench.prompts.values import Prompt

_LONG = 40
"""A text of so many characters that stands in several cases is no coincidence."""


def distinct(cases: Iterable[Case], prompts: Sequence[Prompt] = ()) -> tuple[Case, ...]:
    """The cases without those that ask and expect what an earlier one does.

    Two answers to one question say no more about a prompt than one does. With `prompts` cases
    ask the same for which all of these send the same, whatever other columns they have.
    """
    first: dict[tuple[object, str], Case] = {}
    sent = sent_by(prompts)
    for case in cases:
        first.setdefault((sent(case), as_json(case.expected)), case)
    return tuple(first.values())


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


def remarks(cases: Sequence[Case], asked: Sequence[Case] | None = None) -> Iterator[str]:
    """Notes about equal cases, and about inputs that several cases share and no group declares.

    `asked` are the distinct ones; None: those of no prompt in particular.
    """
    equal = len(cases) - len(distinct(cases) if asked is None else asked)
    if equal == 1:
        yield "1 case asks and expects the same as another: the two count as one"
    elif equal:
        yield f"{equal} cases ask and expect the same as others: each question counts once"
    if any(case.group is not None for case in cases):
        return
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
