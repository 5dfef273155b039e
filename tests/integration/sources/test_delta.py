"""A Delta Lake table with three versions, written by delta-rs, as the source of a suite's cases."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.datasets.test_sources import Folder
from workbench.datasets.sources.reading import moved_on
from workbench.datasets.sources.spec import DatasetSpec
from workbench.errors import DatasetError, SuiteError

pytestmark = pytest.mark.filterwarnings("ignore")


def table(query: str) -> Any:
    """An Arrow stream for delta-rs."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    return connection.sql(query)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "workspace")
    path = str(made.root / "tables" / "tickets")
    row = "'{}' AS id, 'no {}' AS ticket, '{}' AS label, {} AS year"
    first = " UNION ALL ".join(
        f"SELECT {row.format(f't{n}', n, 'bug' if n % 2 else 'sales', 2023 + n % 2)}"
        for n in (2, 0, 1)
    )
    write_deltalake(path, table(first), partition_by=["year"])
    write_deltalake(path, table(f"SELECT {row.format('t3', 3, 'bug', 2024)}"), mode="append")
    DeltaTable(path).delete("id = 't0'")
    return made


SPEC = {"source": "delta", "path": "../../tables/tickets",
        "columns": {"ticket": "ticket", "expected": "label"}}  # fmt: skip


def ids(folder: Folder, **more: Any) -> list[str]:
    return [case.id for case in folder.read({**SPEC, **more}).cases]


def test_each_version_is_what_it_was(folder: Folder) -> None:
    assert ids(folder, version=0) == ["t0", "t1", "t2"]
    assert ids(folder, version="1") == ["t0", "t1", "t2", "t3"]
    assert ids(folder) == ids(folder, version=2) == ["t1", "t2", "t3"]
    dataset = folder.read({**SPEC, "version": 1})
    assert dataset.version == "delta 1"
    assert dataset.cases[3].inputs == {"ticket": "no 3"}
    assert dataset.cases[3].expected == "bug"
    assert dataset.source.endswith("tables/tickets (delta 1)")


def test_a_time_names_the_version_that_was_the_newest_then(folder: Folder) -> None:
    path = folder.root / "tables" / "tickets"
    times = [entry["timestamp"] / 1000 for entry in reversed(DeltaTable(str(path)).history())]
    between = [
        (one + other) / 2 for one, other in pairwise([*times, datetime.now(UTC).timestamp()])
    ]
    for number, at in enumerate(between):
        named = datetime.fromtimestamp(at, UTC).isoformat()
        assert folder.read({**SPEC, "version": named}).version == f"delta {number}"
    before = datetime.fromtimestamp(times[0] - 60, UTC).isoformat()
    with pytest.raises(DatasetError, match="has no version of"):
        ids(folder, version=before)
    with pytest.raises(DatasetError, match="names no version"):
        ids(folder, version=(datetime.now(UTC) + timedelta(days=1)).isoformat())


@pytest.mark.parametrize("version", [7, "yesterday"])
def test_a_version_that_is_not_there_is_refused(folder: Folder, version: Any) -> None:
    with pytest.raises(DatasetError, match=r"tables/tickets"):
        ids(folder, version=version)


def test_a_version_whose_files_are_gone_is_an_error_and_no_other_dataset(folder: Folder) -> None:
    first = DeltaTable(str(folder.root / "tables" / "tickets"), version=0)
    Path(first.file_uris()[0]).unlink()
    with pytest.raises(DatasetError, match="cannot be read as a Delta table"):
        ids(folder, version=0)


def test_rewriting_the_files_changes_the_version_and_not_the_dataset(folder: Folder) -> None:
    before = folder.read(SPEC)
    DeltaTable(str(folder.root / "tables" / "tickets")).optimize.compact()
    after = folder.read(SPEC)
    assert (before.version, after.version) == ("delta 2", "delta 3")
    assert before.fingerprint == after.fingerprint


def test_doctor_says_when_the_table_has_moved_on(folder: Folder) -> None:
    suite = folder.suite / "suite.yaml"
    pinned = DatasetSpec("../../tables/tickets", source="delta", version="1")
    assert moved_on(pinned, suite) == "delta 2"
    assert moved_on(DatasetSpec("../../tables/tickets", source="delta", version="2"), suite) == ""


def test_rows_without_an_id_get_one_that_no_other_row_moves(folder: Folder) -> None:
    path = str(folder.root / "tables" / "plain")
    write_deltalake(path, table("SELECT 'no ' || i AS ticket FROM range(1, 4) t(i)"))
    spec = {"source": "delta", "path": "../../tables/plain"}
    before = {case.id for case in folder.read(spec).cases}
    write_deltalake(path, table("SELECT 'no 0' AS ticket UNION ALL SELECT 'no 1'"), mode="append")
    after = {case.id for case in folder.read(spec).cases}
    assert len(before) == 3
    assert before < after
    assert len(after) == 5


def test_the_types_are_those_of_parquet(folder: Folder) -> None:
    query = (
        "SELECT 'a' AS id, 1.50::DECIMAL(10, 2) AS price, DATE '2026-01-02' AS day,"
        " TIMESTAMPTZ '2026-01-02 03:04:05+00' AS at, {'n': [1, 2]} AS deep, NULL::VARCHAR AS none"
    )
    write_deltalake(str(folder.root / "tables" / "typed"), table(query))
    (case,) = folder.read({"source": "delta", "path": "../../tables/typed"}).cases
    assert json.loads(json.dumps(case.inputs)) == {
        "price": 1.5,
        "day": "2026-01-02",
        "at": "2026-01-02T03:04:05+00:00",
        "deep": {"n": [1, 2]},
        "none": None,
    }
    assert Decimal(str(case.inputs["price"])) == Decimal("1.50")
    assert str(case.inputs["price"]) == "1.50"


def test_a_folder_that_is_no_table_and_one_outside_are_refused(folder: Folder) -> None:
    with pytest.raises(DatasetError, match="cannot be read as a Delta table"):
        folder.read({"source": "delta", "path": "nothing"})
    with pytest.raises(SuiteError, match="lies outside"):
        folder.read({"source": "delta", "path": "../../../elsewhere"})
    with pytest.raises(SuiteError, match="file:// is no object store"):
        folder.read({"source": "delta", "path": "file:///tmp/table"})
