"""Reads the first cases of a JSONL or Parquet file that is too large to be read for a few cases."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

from workbench.datasets.distinct import distinct
from workbench.datasets.readers import Row, dataset_from_rows
from workbench.datasets.streaming.blocks import (
    PARQUET,
    Wanted,
    count_lines,
    is_large,
    numbered_rows,
)
from workbench.datasets.tables.parquet import summary
from workbench.datasets.values import Dataset
from workbench.units import plural

_EVERY = "all"


def first_cases(path: Path, number: int, split: str) -> Dataset | None:
    """The first cases of the split, `number` distinct ones if it has as many.

    Where no case is in the split, the first ones of the file. None for a file of another kind or
    one that is not large. Raises DatasetError for what is read and broken.
    """
    if not is_large(path):
        return None
    suffix = path.suffix.lower()
    # The rows of Parquet are counted at no cost; lines only where they are needed.
    rows, columns = summary(path, str(path)) if suffix == PARQUET else (0, {"split"})
    begun = None
    if "split" in columns and split != _EVERY and split.isascii():
        # A line whose bytes lack the name, and which has no escapes, is in no split of that name.
        name = split.encode()
        begun = _first(path, number, lambda line: name in line or b"\\u" in line, split)
    dataset = begun or _first(path, number, lambda _line: True, "")
    if dataset is None:
        return None
    return replace(dataset, rows=rows or count_lines(path))


def with_note(dataset: Dataset) -> Dataset:
    """The first cases, with the note that no others were read."""
    note = (
        f"of {plural(dataset.rows, 'row')} only the first {len(dataset.cases):,} that the run may"
        " need were read and checked: the file is large"
    )
    return replace(dataset, notes=(*dataset.notes, note))


def _first(path: Path, number: int, wanted: Wanted, split: str) -> Dataset | None:
    """The first cases, those of the split if one is named; None if there is none."""
    of_split = (
        (place, row)
        for place, row in numbered_rows(path, wanted)
        if not split or str(row.get("split") or "").strip() == split
    )
    kept: list[Row] = []
    step = 2 * number + 16
    while more := list(islice(of_split, step)):
        kept += more
        dataset = dataset_from_rows(path.stem, iter(kept), str(path))
        if len(distinct(dataset.cases)) >= number:
            return dataset
        step = len(kept)
    return dataset_from_rows(path.stem, iter(kept), str(path)) if kept else None
