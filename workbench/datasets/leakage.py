"""Few-shot examples that are cases of a dataset, or nearly: such a case measures no skill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.datasets.near_texts import LEAST_CONTAINED, NearTexts, form
from workbench.datasets.questions import as_json
from workbench.datasets.values import Case, Dataset
from workbench.errors import DatasetError
from workbench.prompts.templates.templates import ExampleTexts, variables
from workbench.prompts.values import Prompt
from workbench.units import plural

_DEPTH = 8
"""Levels of a nested input whose texts are looked at one by one."""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Leak:
    """An example that gives a case away."""

    number: int
    """The example's, from 1, among those that the prompt holds."""
    case: Case
    how: str
    """How it does: `is` (the same but for case, punctuation and blanks), `contains`, or
    `is nearly (94 %)`."""


def leaks(prompt: Prompt, dataset: Dataset, cases: Sequence[Case]) -> tuple[tuple[Leak, ...], bool]:
    """For each example the nearest of these cases of the dataset that it gives away, in the order
    of the examples; and whether near copies were looked for to the end.

    An example gives a case away if one of its texts, as data or rendered, is, contains or nearly is
    a telling text of the case, or if their inputs are equal. Names of inputs make no difference.
    """
    examples = prompt.examples
    if examples is None or not examples.rows or not cases:
        return (), True
    names = frozenset(variables(prompt))
    known = _Cases(names, dataset, cases)
    rendered = ExampleTexts(prompt).by_row
    by_number: dict[int, Leak] = {}
    left: dict[int, tuple[str, ...]] = {}
    for number, row in enumerate(examples.rows, 1):
        inputs = row.get("inputs", {})
        raw = [value for value in _leaves(inputs).values() if isinstance(value, str)]
        texts = tuple(dict.fromkeys(map(form, (*raw, *rendered[number - 1 : number]))))
        leak = known.given_away(number, inputs, texts)
        if leak:
            by_number[number] = leak
        else:
            left[number] = texts
    near, complete = known.index.near(text for texts in left.values() for text in texts)
    for number, texts in left.items():
        matches = [near[text] for text in texts if text in near]
        if matches:
            text, similarity = max(matches, key=lambda match: match[1])
            by_number[number] = Leak(number, known.by_text[text], f"is nearly ({similarity:.0f} %)")
    return tuple(by_number[number] for number in sorted(by_number)), complete


class _Cases:
    """Cases by their inputs and by their telling texts."""

    def __init__(self, names: Collection[str], dataset: Dataset, cases: Sequence[Case]) -> None:
        self._names = names
        main, others = _telling(names, dataset.cases)
        self._whole: dict[tuple[str, ...], Case] = {}
        self.by_text: dict[str, Case] = {}
        for case in cases:
            leaves = _leaves(case.inputs, names)
            if leaves:
                self._whole.setdefault(_values(leaves), case)
            for path, value in leaves.items():
                text = form(value) if isinstance(value, str) else ""
                if text and (path == main or (path in others and len(text) >= LEAST_CONTAINED)):
                    self.by_text.setdefault(text, case)
        self.index = NearTexts(self.by_text)

    def given_away(
        self, number: int, inputs: Mapping[str, Any], texts: Sequence[str]
    ) -> Leak | None:
        """The leak if the example's inputs or texts are, or contain, those of a case."""
        wholes = (_values(_leaves(inputs)), _values(_leaves(inputs, self._names)))
        for case in (*map(self._whole.get, wholes), *map(self.by_text.get, texts)):
            if case:
                return Leak(number, case, "is")
        for text in texts:
            known = self.index.contained(text)
            if known:
                return Leak(number, self.by_text[known], "contains")
        return None


def _telling(names: Collection[str], cases: Sequence[Case]) -> tuple[str, frozenset[str]]:
    """The path of the main text input, and of others whose texts tell one case from another.

    A language or a policy that many cases share tells nothing of the case.
    """
    texts: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for case in cases:
        for path, value in _leaves(case.inputs, names).items():
            if isinstance(value, str):
                texts.setdefault(path, set()).add(value)
                counts[path] += 1
    most = max(map(len, texts.values()), default=0)
    main = max(
        (path for path in texts if len(texts[path]) * 2 >= most),
        key=lambda path: sum(map(len, texts[path])),
        default="",
    )
    others = (
        path for path in texts if len(texts[path]) > 1 and len(texts[path]) * 2 > counts[path]
    )
    return main, frozenset(others)


def _leaves(inputs: Mapping[str, Any], names: Collection[str] | None = None) -> dict[str, Any]:
    """The values that are there, of the inputs of these names or of all, by their path. A list is
    one text: a conversation without its roles.
    """
    leaves: dict[str, Any] = {}
    for name, value in inputs.items():
        if names is None or name in names:
            _add_leaves(name, value, leaves, _DEPTH)
    return leaves


def _add_leaves(path: str, value: Any, leaves: dict[str, Any], depth: int) -> None:
    if isinstance(value, Mapping) and depth:
        for key, item in value.items():
            _add_leaves(f"{path}.{key}", item, leaves, depth - 1)
    elif isinstance(value, (list, tuple)) and depth:
        items: dict[str, Any] = {}
        for number, item in enumerate(value):
            _add_leaves(str(number), item, items, depth - 1)
        roles = (".role", ".type")
        kept = [item for key, item in items.items() if not key.endswith(roles)]
        leaves[path] = "\n".join(item if isinstance(item, str) else as_json(item) for item in kept)
    elif isinstance(value, (Mapping, list, tuple)):
        leaves[path] = as_json(value)
    elif value not in (None, ""):
        leaves[path] = value


def _values(leaves: Mapping[str, Any]) -> tuple[str, ...]:
    """The values in an order that does not depend on their names."""
    return tuple(sorted(form(v) if isinstance(v, str) else as_json(v) for v in leaves.values()))


def refuse_leaks(prompt: Prompt, dataset: Dataset, cases: Sequence[Case]) -> tuple[str, ...]:
    """Raise DatasetError, with the case's place, where an example gives away a case that decides;
    else a note if near copies were not looked for to the end.
    """
    leaked, complete = leaks(prompt, dataset, cases)
    if leaked:
        more = f", and {plural(len(leaked) - 1, 'more example')}" if len(leaked) > 1 else ""
        raise DatasetError(
            f"{dataset.place_of(leaked[0].case)}: {_said(prompt, leaked[0])}, and it decides{more}",
            hint="take these rows out of the examples, or the cases out of the gate's split",
        )
    return () if complete else (too_many(cases),)


def leak_notes(prompt: Prompt, dataset: Dataset, cases: Sequence[Case]) -> Iterator[str]:
    """Yield a note where examples give away some of these cases, which then flatter the prompt."""
    leaked, complete = leaks(prompt, dataset, cases)
    if leaked:
        shown = "; ".join(_said(prompt, leak) for leak in leaked[:_SHOWN])
        more = f"; and {len(leaked) - _SHOWN} more" if len(leaked) > _SHOWN else ""
        yield f"the score flatters {prompt.prompt_id}: {shown}{more}"
    if not complete:
        yield too_many(cases)


def leak_sentences(prompt: Prompt, dataset: Dataset) -> Iterator[str]:
    """Each example that gives a case away, with the place of the case; and whether near copies were
    not looked for to the end.
    """
    leaked, complete = leaks(prompt, dataset, dataset.cases)
    for leak in leaked:
        yield f"{_said(prompt, leak)}, {dataset.place_of(leak.case)}"
    if not complete:
        yield too_many(dataset.cases)


def too_many(cases: Sequence[Case]) -> str:
    """The note where near copies were not looked for to the end."""
    return f"{len(cases):,} cases are too many to look for all near copies of the examples among"


def _said(prompt: Prompt, leak: Leak) -> str:
    file = prompt.examples.file if prompt.examples else ""
    of = f" of {file}" if file else ""
    return f"example {leak.number}{of} {leak.how} case {leak.case.id!r}"
