"""Reads the first cases of a JSONL or Parquet file that is too large to be read for a few cases."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from workbench.datasets.distinct import distinct
from workbench.datasets.readers import (
    Row,
    dataset_from_rows,
    decode,
    jsonl_rows,
    made_up_id,
    read_rows,
)
from workbench.datasets.tables.parquet import summary
from workbench.datasets.values import Dataset
from workbench.units import plural

LARGE_BYTES = 64_000_000
"""From this size a run of a few cases does not read all of a file."""
LARGE_PACKED_BYTES = 8_000_000
"""The same for a file that is compressed."""
_JSONL = ".jsonl"
_PARQUET = ".parquet"
_EVERY = "all"
_COUNTED = 1 << 20
"""Bytes to count lines in at a time."""

Wanted = Callable[[bytes], bool]


def first_cases(path: Path, number: int, split: str) -> Dataset | None:
    """The first cases of the split, `number` distinct ones if it has as many.

    Where no case is in the split, the first ones of the file. None for a file of another kind or
    one that is not large. Raises DatasetError for what is read and broken.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    suffix = path.suffix.lower()
    if suffix not in (_JSONL, _PARQUET) or not stat.S_ISREG(status.st_mode):
        return None
    if status.st_size < (LARGE_BYTES if suffix == _JSONL else LARGE_PACKED_BYTES):
        return None
    # The rows of Parquet are counted at no cost; lines only where they are needed.
    rows, columns = summary(path, str(path)) if suffix == _PARQUET else (0, {"split"})
    begun = None
    if "split" in columns and split != _EVERY and split.isascii():
        # A line whose bytes lack the name, and which has no escapes, is in no split of that name.
        name = split.encode()
        begun = _first(path, number, lambda line: name in line or b"\\u" in line, split)
    dataset = begun or _first(path, number, lambda _line: True, "")
    if dataset is None:
        return None
    rows = rows or _rows(path)
    note = (
        f"of {plural(rows, 'row')} only the first {len(dataset.cases):,} that the run may need were"
        " read and checked: the file is large"
    )
    return replace(dataset, notes=(*dataset.notes, note), rows=rows)


def _first(path: Path, number: int, wanted: Wanted, split: str) -> Dataset | None:
    """The first cases, those of the split if one is named; None if there is none."""
    of_split = (
        (place, row)
        for place, row in _numbered_rows(path, wanted)
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


def _numbered_rows(path: Path, wanted: Wanted) -> Iterator[Row]:
    """The rows that may be wanted, with the ids that they have in the whole file."""
    if path.suffix.lower() != _JSONL:
        for at, (place, row) in enumerate(read_rows(path)):
            yield place, _with_id(row, at)
        return
    position = -1
    with path.open("rb") as file:
        for at, line in enumerate(file, 1):
            position += not line.isspace()
            if wanted(line):
                text = decode(line, f"{path}: line {at}")
                for place, row in jsonl_rows([(at, text)], str(path)):
                    yield place, _with_id(row, position)


def _with_id(row: Mapping[str, Any], position: int) -> Mapping[str, Any]:
    return row if row.get("id") is not None else {**row, "id": made_up_id(row, position)}


def _rows(path: Path) -> int:
    """The number of line breaks, which is that of rows in a file without blank lines."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_COUNTED), b""))
