"""Whatever path, names and files are: an answer, `default` or our own error, and in time."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import RegistryError
from workbench.registry import PromptRegistry, PromptVersion

HOSTILE_NAMES: list[Any] = [
    "lone \ud800 surrogate", "\udcff", "nul \0", "", ".", "..", "../../etc/passwd", "Upper", "a\nb",
    "x" * 10_000_000, "\x1b]52;c;\x07", "é", None, 5, b"p", ["p"], {"p": 1},
]  # fmt: skip


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed registry in which p@1.0.0 is live in development."""
    path = tmp_path / "registry.db"
    with PromptRegistry(path, create=True) as registry:
        registry.register(PromptVersion("p", "1.0.0", "Hello {name}", author="ana"))
        registry.deploy("p", "1.0.0", "development", "ana")
    shutil.rmtree(f"{path}.live", ignore_errors=True)
    return path


def remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: ascii(name)[:20])
@pytest.mark.parametrize("there", [True, False])
def test_a_name_that_no_registry_holds_is_not_live(path: Path, name: Any, there: bool) -> None:
    with PromptRegistry(path) as registry:
        if not there:
            remove(path)
        for asked in ((name, "development"), ("p", name), (name, name)):
            assert registry.get_active(*asked) is None
            assert registry.get_active(*asked, at="2026-01-01T00:00:00Z") is None
            assert asyncio.run(registry.aget_active(*asked)) is None
            spare = registry.get_active(*asked, default="spare")
            assert spare is not None
            assert (spare.content, spare.source) == ("spare", "default")
            for call in (
                lambda asked=asked: registry.require_active(*asked),
                lambda asked=asked: registry.get_active(*asked, strict=True),
            ):
                with pytest.raises(RegistryError, match="nothing of") as caught:
                    call()
                assert str(caught.value).isprintable()
                assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("default", ["", "spare", "lone \ud800 surrogate", "{unbalanced", "\0"])
def test_any_default_is_given(path: Path, default: str) -> None:
    remove(path)
    path.write_bytes(b"garbage" * 1000)
    with PromptRegistry(path) as registry:
        for at in (None, "2026-01-01T00:00:00Z", "no time"):
            for requires in (None, ">=1", "latest", 5, [">=1"]):
                prompt = registry.get_active("p", "development", at=at, requires=requires,
                                            default=default)  # fmt: skip
                assert prompt is not None
                assert (prompt.content, prompt.source) == (default, "default")
                assert registry.last_error is not None


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


IN_THE_WAY: dict[str, Callable[[Path], object]] = {
    "a named pipe": make_fifo,
    "a folder": lambda path: path.mkdir(),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to nothing": lambda path: path.symlink_to(path.with_name("nothing")),
    "an empty file": lambda path: path.touch(),
}

ASK = """
import json, sys
from workbench.errors import RegistryError
from workbench.registry import PromptRegistry
answers = []
for path in json.load(sys.stdin):
    try:
        registry = PromptRegistry(path)
        answers.append(registry.get_active("p", "development").source)
    except RegistryError as error:
        answers.append("refused")
    else:
        spare = registry.get_active("q", "development", default="spare")
        assert spare.source == "default"
print(json.dumps(answers))
"""


def ask(paths: Iterable[Path]) -> list[str]:
    """What another process, which may not hang, is told of each registry."""
    done = subprocess.run(
        [sys.executable, "-c", ASK], input=json.dumps([str(path) for path in paths]),
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    answers: list[str] = json.loads(done.stdout)
    return answers


@pytest.mark.exhaustive
def test_what_is_no_file_is_not_waited_for(path: Path, tmp_path: Path) -> None:
    paths = []
    for suffix in ("", "-journal", "-wal", "-shm"):
        for kind, stand in IN_THE_WAY.items():
            folder = tmp_path / f"{kind}{suffix}"
            folder.mkdir()
            if suffix:
                shutil.copy(path, folder / "registry.db")
            stand(folder / f"registry.db{suffix}")
            paths.append(folder / "registry.db")

    answers = ask(paths)

    assert answers[: len(IN_THE_WAY)] == ["refused"] * len(IN_THE_WAY)
    assert set(answers) == {"refused", "registry"}


@pytest.mark.parametrize("kind", ["a named pipe", "a folder", "a device", "a link to itself"])
def test_what_stands_in_the_place_of_a_running_registry_is_answered_from_memory(
    path: Path, kind: str
) -> None:
    with PromptRegistry(path) as registry:
        first = registry.get_active("p", "development")
        remove(path)
        IN_THE_WAY[kind](path)
        registry._reader._file.next_stat = 0.0

        prompt = registry.get_active("p", "development")

    assert first is not None
    assert prompt is not None
    assert (prompt.content, prompt.source) == (first.content, "memory")


KEPT: dict[str, Callable[[Path], object]] = {
    **IN_THE_WAY,
    "deep": lambda path: path.write_text("[" * 100_000),
    "huge": lambda path: os.truncate(os.open(path, os.O_RDWR | os.O_CREAT), 10**12),
    "no UTF-8": lambda path: path.write_bytes(b"[\xff\xfe"),
    "a number": lambda path: path.write_text("1" * 5000),
    "another shape": lambda path: path.write_text('[[1, 2, 3, 4], "x", {}, null, [], [], 0]'),
}


@pytest.mark.exhaustive
def test_a_damaged_last_good_answer_is_as_none(path: Path, tmp_path: Path) -> None:
    there, away = [], []
    for kind, stand in KEPT.items():
        for copies in (there, away):
            copy = tmp_path / f"{kind} {len(copies)} {copies is there}" / "registry.db"
            kept = Path(f"{copy}.live") / "development" / "p.live"
            kept.parent.mkdir(parents=True)
            stand(kept)
            copies.append(copy)
        shutil.copy(path, there[-1])

    assert ask(there) == ["registry"] * len(KEPT)
    assert ask(away) == ["refused"] * len(KEPT)


@pytest.mark.parametrize("name", ["nul \0", "lone \ud800", "x" * 5000, "a/" * 3000])
def test_a_path_that_cannot_be_is_our_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(RegistryError):
        PromptRegistry(f"{tmp_path}/{name}").get_active("p")


def test_a_path_that_is_no_text_is_read(tmp_path: Path, path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/\xff registry.db"
    shutil.copy(path, odd)

    for given in (odd, os.fsdecode(odd)):
        with PromptRegistry(given) as registry:
            prompt = registry.get_active("p", "development")
            assert prompt is not None
            assert prompt.source == "registry"


@pytest.mark.exhaustive(keep=3)
@pytest.mark.parametrize("requires", ["latest", 5, [">=1"], "9" * 5000, "lone \ud800"])
def test_what_is_no_range_is_our_error(path: Path, requires: Any) -> None:
    with PromptRegistry(path) as registry:
        with pytest.raises(RegistryError):
            registry.get_active("p", "development", requires=requires)
        assert registry.require_active("p", "development").source == "registry"


def test_what_was_retired_stays_so_when_the_registry_is_away(path: Path) -> None:
    with PromptRegistry(path) as registry:
        registry.get_active("p", "development")
        registry.retire("p", "development", "ana", "not needed")
        assert registry.get_active("p", "development") is None
        remove(path)
        registry._reader._file.next_stat = 0.0
        assert registry.get_active("p", "development") is None
        assert registry.last_error is not None
        with pytest.raises(RegistryError, match="nothing of p is live"):
            registry.require_active("p", "development")
        with pytest.raises(RegistryError, match="there is no registry"):
            registry.get_active("p", "development", strict=True)

    with PromptRegistry(path) as restarted:
        assert restarted.get_active("p", "development") is None
        spare = restarted.get_active("p", "development", default="spare")
        assert spare is not None
        assert spare.source == "default"


def test_a_registry_from_before_a_retirement_does_not_bring_it_back(
    path: Path, tmp_path: Path
) -> None:
    shutil.copy(path, tmp_path / "old.db")
    with PromptRegistry(path) as registry:
        registry.retire("p", "development", "ana", "not needed")
        assert registry.get_active("p", "development") is None
    remove(path)
    shutil.copy(tmp_path / "old.db", path)

    with PromptRegistry(path) as restarted:
        assert restarted.get_active("p", "development") is None
        assert "older or another registry" in str(restarted.last_error)


def test_a_prompt_that_was_never_deployed_stays_absent_when_the_registry_is_away(
    path: Path,
) -> None:
    with PromptRegistry(path) as registry:
        assert registry.get_active("q", "development") is None
        remove(path)
        registry._reader._file.next_stat = 0.0

        assert registry.get_active("q", "development") is None
        with pytest.raises(RegistryError, match="there is no registry"):
            registry.get_active("never_asked", "development")


def test_a_range_is_answered_from_what_was_read_without_one(path: Path) -> None:
    with PromptRegistry(path) as registry:
        registry.get_active("p", "development")
        shutil.rmtree(f"{path}.live")
        remove(path)
        registry._reader._file.next_stat = 0.0

        prompt = registry.get_active("p", "development", requires=">=1")
        assert prompt is not None
        assert prompt.source == "memory"
        with pytest.raises(RegistryError):
            registry.get_active("p", "development", requires=">=2")


def test_a_read_that_would_take_for_ever_is_cut_short(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.registry.reader.connection.LONGEST_READ_S", 0.05)
    with PromptRegistry(path) as registry:
        first = registry.get_active("p", "development")
        other = sqlite3.connect(path, isolation_level=None)
        for (name,) in other.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            other.execute(f"DROP TRIGGER {name}")
        other.execute("DROP TABLE deployments")
        other.execute(
            "CREATE VIEW deployments AS WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT"
            " seq + 1 FROM n) SELECT seq, seq || '' AS prompt_id, seq || '' AS environment FROM n"
        )
        other.close()

        prompt = registry.get_active("p", "development")

        assert first is not None
        assert prompt is not None
        assert (prompt.content, prompt.source) == (first.content, "memory")
        assert "takes longer" in str(registry.last_error)
        again = registry.get_active("p", "development")
        assert again is not None
        assert again.source == "memory"


def kept_by_0_1_0(path: Path) -> Path:
    """What that release left of the reading of p, and nothing else."""
    with PromptRegistry(path) as registry:
        live = registry.require_active("p", "development")
    rows = sqlite3.connect(path)
    query = """
    SELECT json_array('workbench-live-1', v.seq, v.prompt_id, v.version, v.sort_key, v.content,
      v.body, v.fingerprint, v.description, v.author, v.force_reason, vl.digest, vl.at, d.seq,
      dl.hash, d.evaluation, NULL, 0, d.action, dl.at, dl.actor)
    FROM deployments d JOIN versions v USING (prompt_id, version) JOIN ledger vl ON vl.seq = v.seq
    JOIN ledger dl ON dl.seq = d.seq WHERE v.version = ? ORDER BY d.seq DESC"""
    (text,) = rows.execute(query, (live.version,)).fetchone()
    rows.close()
    shutil.rmtree(f"{path}.live")
    kept = Path(f"{path}.live") / "development" / "p.json"
    kept.parent.mkdir(parents=True)
    kept.write_text(text)
    return kept


def test_what_0_1_0_kept_is_served_while_the_registry_is_away(path: Path) -> None:
    kept = kept_by_0_1_0(path)
    remove(path)
    with PromptRegistry(path) as registry:
        prompt = registry.require_active("p", "development")
        assert (prompt.version, prompt.source, prompt.deployed_by) == ("1.0.0", "snapshot", "ana")
    kept.write_text(kept.read_text().replace("Hello", "Evil"))
    with PromptRegistry(path) as registry, pytest.raises(RegistryError, match="no registry"):
        registry.get_active("p", "development")


def test_a_registry_from_before_what_0_1_0_saw_is_noticed(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "old.db")
    with PromptRegistry(path) as registry:
        registry.register(PromptVersion("p", "1.1.0", "newer {name}", author="ana"))
        registry.deploy("p", "1.1.0", "development", "ana")
    kept_by_0_1_0(path)
    with PromptRegistry(path) as registry:
        assert registry.require_active("p", "development").source == "registry"
    kept_by_0_1_0(path)
    remove(path)
    shutil.copy(tmp_path / "old.db", path)

    with PromptRegistry(path) as registry:
        prompt = registry.require_active("p", "development")
        assert (prompt.version, prompt.source) == ("1.1.0", "snapshot")
        assert "older or another registry" in str(registry.last_error)
