"""Versions of datasets in runs.db: each case stored once, small, found again, and forgotten."""

from __future__ import annotations

import random
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.specs import make_cases, make_spec
from workbench.datasets.values import Case, Dataset
from workbench.errors import UsageError
from workbench.fingerprints import canonical_json
from workbench.runs.forgetting.forgetter import Forgetter
from workbench.runs.spec.suite import Suite
from workbench.runs.store.contents import snapshots
from workbench.runs.store.database import open_database
from workbench.runs.store.dataset_versions import DatasetVersions
from workbench.runs.store.forgetting import FORGOTTEN, inputs_digest

LONE = Case("lone", {"ticket": "half \ud83d of a pair"})


def suite_of(*cases: Case, name: str = "echoes") -> Suite:
    return replace(make_spec().suite, name=name, dataset=Dataset("cases", cases))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
def versions(path: Path) -> Iterator[DatasetVersions]:
    database = open_database(path, create=True)
    yield DatasetVersions(database)
    database.close()


def record(versions: DatasetVersions, *cases: Case, name: str = "echoes") -> int:
    return versions.record(suite_of(*cases, name=name), "ana", "read", "cases.jsonl").number


def stored_lines(path: Path) -> list[bytes]:
    with closing(sqlite3.connect(path)) as runs:
        packs = runs.execute("SELECT body FROM snapshot_packs ORDER BY first").fetchall()
    return [line for (body,) in packs for line in zlib.decompress(body).split(b"\n")]


def test_each_content_is_a_version_once_until_it_changes(versions: DatasetVersions) -> None:
    cases = make_cases(4)
    changed = replace(cases[1], expected="other")
    assert [
        record(versions, *cases),
        record(versions, *cases),
        record(versions, cases[0], changed, cases[2], *make_cases(5)[4:]),
        record(versions, *cases),
    ] == [1, 1, 2, 3]
    last, middle, first = versions.versions("echoes")
    assert (first.added, first.removed, first.changed) == (4, 0, 0)
    assert (middle.added, middle.removed, middle.changed) == (1, 1, 1)
    assert last.snapshot == first.snapshot
    for version, expected in ((first, cases), (last, cases)):
        assert versions.read(version).cases == expected
        assert versions.is_whole(version)
    assert versions.read(middle).cases[1] == changed


def test_cases_are_stored_once_whatever_suite_and_version_has_them(
    versions: DatasetVersions, path: Path
) -> None:
    cases = make_cases(6)
    record(versions, *cases[:4])
    record(versions, *reversed(cases))
    record(versions, *cases[2:], name="another")
    record(versions, *cases[:4])
    assert len(stored_lines(path)) == 6


def test_numbers_keep_their_spelling_and_text_its_lone_surrogates(
    versions: DatasetVersions,
) -> None:
    from workbench.json_text import loads

    case = Case("n", loads('{"price": 1.50, "e": 1e3}'), None)
    record(versions, case, LONE)
    version = versions.newest("echoes")
    assert version is not None
    assert canonical_json([c.content() for c in versions.read(version).cases]) == canonical_json(
        [case.content(), LONE.content()]
    )


def test_many_versions_of_a_large_dataset_cost_little_more_than_their_distinct_cases(
    versions: DatasetVersions, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a difference reads only the packs of the cases that differ."""
    chosen = random.Random(5)

    def case(at: int, version: int) -> Case:
        text = " ".join(f"{chosen.getrandbits(40):x}" for _ in range(8))
        return Case(f"c{at}", {"ticket": f"{text} in {version}"}, "billing", split="gate")

    cases = [case(at, 0) for at in range(300)]
    distinct = list(cases)
    for version in range(30):
        if version:
            for at in chosen.sample(range(300), 3):
                cases[at] = case(at, version)
                distinct.append(cases[at])
        record(versions, *cases)
    assert len(versions.versions("echoes")) == 30 > snapshots.LONGEST_CHAIN
    newest = versions.newest("echoes")
    assert newest is not None
    assert versions.read(newest).cases == tuple(cases)
    size = sum(len(canonical_json(case.content())) for case in distinct)
    with closing(sqlite3.connect(path)) as runs:
        used = runs.execute(
            "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'snapshot%' OR name LIKE 'dataset_%'"
        ).fetchone()[0]
    assert used <= 1.3 * size
    oldest = versions.versions("echoes")[-1]
    changes = versions.changes(oldest, newest)
    edited = [case for case in cases if not case.inputs["ticket"].endswith(" in 0")]
    assert [changed.after for changed in changes.changed] == edited
    assert not changes.added and not changes.removed
    last_two = reversed(versions.versions("echoes", 2))
    read = counted(monkeypatch, "unpacked_ranges", "_pack")
    assert len(versions.changes(*last_two).changed) == 3
    # Of 30 packs one has the new cases; of 30 lists those that the newest is made of.
    assert read["_pack"] <= 1 + 3
    assert read["unpacked_ranges"] <= snapshots.LONGEST_CHAIN + 2


def counted(monkeypatch: pytest.MonkeyPatch, *names: str) -> Counter[str]:
    """How often these functions of `snapshots` are called from now on."""
    calls = Counter[str]()

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            calls[name] += 1
            return function(*arguments)

        return call

    for name in names:
        monkeypatch.setattr(snapshots, name, counting(name, getattr(snapshots, name)))
    return calls


def test_two_cases_with_one_short_digest_are_kept_apart(
    versions: DatasetVersions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_digest", lambda line: b"equal!")
    cases = make_cases(5)
    record(versions, *cases[:3])
    record(versions, *cases)
    newest = versions.newest("echoes")
    assert newest is not None
    assert versions.read(newest).cases == cases


def test_versions_are_found_by_number_name_and_digest(versions: DatasetVersions) -> None:
    gate = [replace(case, split="gate") for case in make_cases(3)]
    record(versions, *gate, Case("d", {"ticket": "dev"}, split="dev"))
    record(versions, *gate, Case("d", {"ticket": "dev, edited"}, split="dev"))
    last, first = versions.versions("echoes")
    versions.tag(first, "before-edit", "ben")
    for ref in ("1", "before-edit", first.fingerprint, first.fingerprint[:8]):
        version = versions.find("echoes", ref)
        assert version is not None and version.number == 1, ref
    assert first.gate == last.gate
    for ref in (first.gate, first.gate[:12]):
        by_gate = versions.find("echoes", ref)
        assert by_gate is not None and by_gate.number == 2
    assert versions.find("echoes", "7") is None
    assert versions.find("other", "1") is None


def test_digits_that_two_fingerprints_begin_with_name_none(
    versions: DatasetVersions, path: Path
) -> None:
    record(versions, *make_cases(1))
    record(versions, *make_cases(2))
    with closing(sqlite3.connect(path)) as runs, runs:
        runs.execute("UPDATE snapshots SET fingerprint = 'abcdef' || substr(fingerprint, 7)")
    with pytest.raises(UsageError, match="begins several contents of echoes: versions 2"):
        versions.find("echoes", "abcdef")


def test_a_name_moves_only_when_told_and_cannot_look_like_a_digest(
    versions: DatasetVersions,
) -> None:
    record(versions, *make_cases(2))
    record(versions, *make_cases(3))
    last, first = versions.versions("echoes")
    versions.tag(first, "good", "ana")
    with pytest.raises(UsageError, match="names version 1"):
        versions.tag(last, "good", "ana")
    versions.tag(last, "good", "ana", move=True)
    version = versions.find("echoes", "good")
    assert version is not None and version.number == 2
    for name in ("abcdef", "12", "file", "../x", ""):
        with pytest.raises(UsageError, match="cannot name a version"):
            versions.tag(last, name, "ana")


def test_an_edited_pack_is_noticed(versions: DatasetVersions, path: Path) -> None:
    record(versions, *make_cases(3))
    version = versions.newest("echoes")
    assert version is not None and versions.is_whole(version)
    with closing(sqlite3.connect(path)) as runs, runs:
        body = runs.execute("SELECT body FROM snapshot_packs").fetchone()[0]
        edited = zlib.compress(zlib.decompress(body).replace(b"ticket 1", b"ticket 9"))
        runs.execute("UPDATE snapshot_packs SET body = ?", [edited])
    assert not versions.is_whole(version)


def test_what_a_forgotten_case_said_leaves_every_snapshot_and_digests_stay(
    versions: DatasetVersions, path: Path
) -> None:
    person = Case("p1", {"ticket": "I am Quaderstein", "n": 1}, "to Quaderstein", group="Quader")
    sibling = Case("p2", {"ticket": "another"}, None, group="Quader")
    stranger = Case("x", {"ticket": "elsewhere"}, None, group="Quader")
    record(versions, *make_cases(2), person, sibling)
    record(versions, *make_cases(3), replace(person, id="p9"))
    record(versions, stranger, name="another")
    before = versions.versions("echoes")
    with closing(Forgetter(path)) as store:
        digest = inputs_digest(person)
        assert {held.case.id for held in store.holdings()} >= {"p1", "p9", "x"}
        removed = store.forget("p1", "echoes", {digest}, "ana", "asked to")
        assert "I am Quaderstein" in removed.inputs
        assert store.erase()
        assert not any(inputs_digest(held.case) == digest for held in store.holdings())
    assert b"Quaderstein" not in b"".join(stored_lines(path))
    assert [v.fingerprint for v in versions.versions("echoes")] == [v.fingerprint for v in before]
    first = versions.versions("echoes")[1]
    stored = versions.read(first)
    assert stored.forgotten == 1
    assert stored.cases[2].inputs == {"ticket": FORGOTTEN, "n": FORGOTTEN}
    assert stored.cases[3].group == stored.cases[2].group != "Quader"
    assert not versions.is_whole(first)
    other = versions.newest("another")
    assert other is not None and versions.is_whole(other)


def test_a_forgotten_case_is_not_kept_again(versions: DatasetVersions, path: Path) -> None:
    person = Case("p1", {"ticket": "I am Quaderstein"})
    record(versions, *make_cases(2), person)
    with closing(Forgetter(path)) as store:
        store.forget("p1", "echoes", {inputs_digest(person)}, "ana", "asked to")
    assert record(versions, *make_cases(2), person) == 1
    assert record(versions, *make_cases(3), person) == 2
    assert b"Quaderstein" not in b"".join(stored_lines(path))
    newest = versions.newest("echoes")
    assert newest is not None and versions.read(newest).forgotten == 1
