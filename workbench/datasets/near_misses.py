"""Finds columns and splits that look like misspelled keys of a case."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator

from workbench.datasets.values import CASE_KEYS, Case, Dataset
from workbench.errors import DatasetError

_DECIDES = frozenset({"expected", "split", "group"})
"""Keys that decide on which cases and answers a verdict rests."""
_SPLITS = frozenset({"gate", "dev"})
_BETWEEN = re.compile(r"[\W_]+")

_SIMILARITY = 0.75
"""Similarity, from 0 to 1, from which an unused column resembles a key."""


def meant_key(name: str) -> str:
    """The key of a case that `name` misspells (`Split`, `tag`, `expected:`); else empty."""
    return "" if name in CASE_KEYS else _near(name, CASE_KEYS)


def check_names(dataset: Dataset, used: Collection[str]) -> None:
    """Raise DatasetError, with its location, for a column or split like one that decides.

    `used` are the prompts' inputs: a column that a template uses is not a misspelled key.
    """
    for name, place in dataset.unread.items():
        key = meant_key(name)
        if key in _DECIDES:
            raise _meant(f"{dataset.source}: {place}", name, key)
    for name, (where, key) in _columns(dataset, used).items():
        if key in _DECIDES:
            raise _meant(where, name, key)
    for case in dataset.cases:
        split = case.split or ""
        if split not in _SPLITS and _near(split, _SPLITS):
            raise DatasetError(
                f"{dataset.place_of(case)}: case {case.id!r} is in a split {split!r}",
                hint=f"did you mean {_near(split, _SPLITS)!r}?",
            )


def name_notes(dataset: Dataset, used: Collection[str]) -> Iterator[str]:
    """Yield notes about unused columns that resemble a key of a case."""
    for name in _unused(dataset, used):
        near = difflib.get_close_matches(_form(name), sorted(CASE_KEYS), n=1, cutoff=_SIMILARITY)
        key = meant_key(name) or "".join(near)
        if key:
            yield f"the column {name!r} is no {key!r}: rename it if it is meant as such"


def split_notes(dataset: Dataset) -> Iterator[str]:
    """Yield a note if there are splits but none for the gate, so that every case decides."""
    if dataset.splits and "gate" not in dataset.splits and not dataset.rows:
        those = ", ".join(repr(name) for name in dataset.splits)
        yield f"no case is in the split 'gate', so all of them decide, those of {those} too"


def _columns(dataset: Dataset, used: Collection[str]) -> dict[str, tuple[str, str]]:
    """Unused columns that resemble keys: location of the first value, and the key."""
    first = _unused(dataset, used)
    meant = {name: meant_key(name) or _by_values(dataset, name) for name in first}
    return {name: (dataset.place_of(first[name]), key) for name, key in meant.items() if key}


def _unused(dataset: Dataset, used: Collection[str]) -> dict[str, Case]:
    """Unused columns, each with the first case that has it."""
    first: dict[str, Case] = {}
    for case in dataset.cases:
        for name in case.inputs:
            if name not in used:
                first.setdefault(name, case)
    return first


def _by_values(dataset: Dataset, name: str) -> str:
    """`split` for a column of any name with the values gate and dev; else empty."""
    values = {_form(str(case.inputs.get(name) or "")) for case in dataset.cases}
    return "split" if "gate" in values and values <= {*_SPLITS, ""} else ""


def _meant(where: str, name: str, key: str) -> DatasetError:
    return DatasetError(
        f"{where}: {name!r} is read by nothing, and a verdict depends on {key!r}",
        hint=f"did you mean {key!r}? Else give it a name that is not so near",
    )


def _near(name: str, known: Collection[str]) -> str:
    form = _form(name)
    return next(
        (key for key in sorted(known) if form in (key, f"{key}s", key.removesuffix("s"))), ""
    )


def _form(name: str) -> str:
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", name).casefold())
