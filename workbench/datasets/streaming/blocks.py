"""Reads a large JSONL or Parquet file in blocks of cases."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from workbench.datasets.readers import (
    Row,
    dataset_from_rows,
    decode,
    jsonl_rows,
    made_up_id,
    read_rows,
    regular_file,
)
from workbench.datasets.tables.parquet import summary
from workbench.datasets.values import Dataset

LARGE_BYTES = 64_000_000
"""From this size a run does not read all of a file before its first call."""
LARGE_PACKED_BYTES = 8_000_000
"""The same for a file that is compressed."""
_MOST_BYTES = 1 << 50
"""Of a file that is never held in memory."""
_COUNTED = 1 << 20
"""Bytes to look through at a time."""
JSONL = ".jsonl"
PARQUET = ".parquet"

Wanted = Callable[[bytes], bool]


def is_large(path: Path) -> bool:
    """Whether it is a JSONL or Parquet file that is read as a whole only where it must be."""
    try:
        status = path.stat()
    except OSError:
        return False
    suffix = path.suffix.lower()
    if suffix not in (JSONL, PARQUET) or not stat.S_ISREG(status.st_mode):
        return False
    return status.st_size >= (LARGE_BYTES if suffix == JSONL else LARGE_PACKED_BYTES)


def count_lines(path: Path) -> int:
    """The number of line breaks, which is that of rows in a file without blank lines."""
    return sum(block.count(b"\n") for block in _parts(path))


def rows_without_splits(path: Path, split: str) -> int:
    """The number of rows of a large file that names no such split; 0 for any other file.

    No row is parsed: a file of JSONL may count as any other because a text has the name.
    """
    if not is_large(path):
        return 0
    if path.suffix.lower() == PARQUET:
        rows, columns = summary(path, str(path))
        return 0 if "split" in columns else rows
    name, before = split.encode(), b""
    for block in _parts(path):
        # The name may lie across two blocks; an escape may spell it.
        if name in before + block or b"\\u" in before + block:
            return 0
        before = block[-len(name) :]
    return count_lines(path)


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(_COUNTED), b"")


def blocks(path: Path, size: int) -> Iterator[Dataset]:
    """The cases of the file, `size` at a time, with the ids that they have in the whole file.

    Raises DatasetError, with the line, for what is broken, and for a file that changes meanwhile.
    """
    rows = numbered_rows(path)
    while part := list(islice(rows, size)):
        yield dataset_from_rows(path.stem, iter(part), str(path))


def numbered_rows(path: Path, wanted: Wanted = lambda _line: True) -> Iterator[Row]:
    """The rows of a file, each with its id; of JSONL those whose line may be wanted."""
    if path.suffix.lower() != JSONL:
        for at, (place, row) in enumerate(read_rows(path)):
            yield place, _with_id(row, at)
        return
    position = -1
    with regular_file(path, _MOST_BYTES) as file:
        for at, line in enumerate(file, 1):
            position += not line.isspace()
            if wanted(line):
                text = decode(line, f"{path}: line {at}")
                for place, row in jsonl_rows([(at, text)], str(path)):
                    yield place, _with_id(row, position)


def _with_id(row: Mapping[str, Any], position: int) -> Mapping[str, Any]:
    return row if row.get("id") is not None else {**row, "id": made_up_id(row, position)}
