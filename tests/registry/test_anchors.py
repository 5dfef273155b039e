"""Heads of the ledger outside of the registry: an older copy is noticed, a merge is no alarm."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.storage.anchors import Anchor, AnchorFile, parse_anchors, read_anchors

ENVIRONMENT = "development"


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
def path(folder: Path) -> Path:
    """A registry in a workspace, with one deployment."""
    state = folder / "home" / ".workbench"
    state.mkdir(parents=True)
    with PromptRegistry(state / "registry.db", create=True) as registry:
        register(registry, "1.0.0")
        registry.deploy("p", "1.0.0", ENVIRONMENT, "ana")
    return state / "registry.db"


def register(registry: PromptRegistry, *numbers: str) -> None:
    for number in numbers:
        registry.register(PromptVersion("p", number, f"text {number}", author="ana"))


def anchors_of(path: Path) -> Path:
    return path.parent.parent / "registry.anchors"


def problems(path: Path) -> list[str]:
    with PromptRegistry(path) as registry:
        report = registry.verify()
    assert {part.name for part in report.checked if part.ok is False} <= {"anchors"}
    return [finding.problem for finding in report.findings]


def test_each_deployment_rollback_retirement_and_revocation_appends_its_head(path: Path) -> None:
    heads = []
    with PromptRegistry(path) as registry:
        register(registry, "1.1.0")
        before = anchors_of(path).read_text()
        registry.deploy("p", "1.1.0", ENVIRONMENT, "ana")
        heads.append(registry.head())
        registry.rollback("p", ENVIRONMENT, "ana", reason="worse")
        heads.append(registry.head())
        registry.retire("p", ENVIRONMENT, "ana", "over")
        heads.append(registry.head())
        registry.revoke("p", "1.1.0", "ana", "leaks names")
        heads.append(registry.head())
        register(registry, "1.2.0")
        last = registry.history(limit=2)[1]

    text = anchors_of(path).read_text()
    assert text.startswith(before), "the file only grows"
    lines = text.splitlines()
    assert [line.split()[1] for line in lines[1:]] == heads
    assert lines[-1].split()[0] == str(last.seq)
    assert lines[-1].split()[3] == last.at
    assert len({line.split()[2] for line in lines}) == 1, "the registry's id"
    with PromptRegistry(path) as registry:
        report = registry.verify()
    assert report.ok
    assert [(p.ok, p.count) for p in report.checked if p.name == "anchors"] == [(True, 5)]


def test_what_is_live_already_and_what_is_refused_leave_no_anchor(path: Path) -> None:
    before = anchors_of(path).read_bytes()
    with PromptRegistry(path) as registry:
        registry.deploy("p", "1.0.0", ENVIRONMENT, "ana")
        with pytest.raises(ValueError, match="cannot go"):
            registry.deploy("p", "1.0.0", "production", "ana")

    assert anchors_of(path).read_bytes() == before


def test_an_older_backup_in_its_place_is_noticed(path: Path, tmp_path: Path) -> None:
    with PromptRegistry(path) as registry:
        older = registry.backup(tmp_path / "older.db")
        register(registry, "1.1.0")
        registry.deploy("p", "1.1.0", ENVIRONMENT, "ana")
        ahead = len(registry.history())
        registry.restore(older)

    assert problems(path) == [
        f"registry.anchors line 2 knows record {ahead} of"
        f" {anchors_of(path).read_text().split()[-1]}, but the ledger ends at record {ahead - 2}:"
        " records were lost, or this is an older copy"
    ]

    with PromptRegistry(path) as registry:
        for number in ("1.5.0", "1.6.0"):
            register(registry, number)
            registry.deploy("p", number, ENVIRONMENT, "ana")
    assert "line 2 knows another record" in problems(path)[0], "also when it has grown again"


def test_merged_branches_leave_interleaved_and_duplicate_lines_that_hold(path: Path) -> None:
    with PromptRegistry(path) as registry:
        for number in ("1.1.0", "1.2.0", "1.3.0"):
            register(registry, number)
            registry.deploy("p", number, ENVIRONMENT, "ana")
    lines = anchors_of(path).read_text().splitlines()
    merged = [lines[3], lines[0], "", lines[2], lines[0], lines[1], lines[3]]
    for newline in ("\n", "\r\n"):
        anchors_of(path).write_bytes(newline.join(merged).encode())
        assert problems(path) == []


def test_lines_of_another_registry_say_nothing_about_this_one(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / ".workbench"
    other.mkdir(parents=True)
    with PromptRegistry(other / "registry.db", create=True) as registry:
        shutil.copy(anchors_of(path), anchors_of(other / "registry.db"))
        register(registry, "9.0.0")
        assert problems(other / "registry.db") == [], "it deployed nothing yet"
        registry.deploy("p", "9.0.0", ENVIRONMENT, "bob")

    assert problems(other / "registry.db") == []
    shutil.copy(anchors_of(other / "registry.db"), anchors_of(path))
    assert problems(path) == []


def test_another_registry_in_the_place_of_the_anchored_one_is_noticed(
    path: Path, tmp_path: Path
) -> None:
    anchors = anchors_of(path).read_bytes()
    path.unlink()
    anchors_of(path).unlink()
    with PromptRegistry(path, create=True) as registry:
        register(registry, "1.0.0")
        registry.deploy("p", "1.0.0", ENVIRONMENT, "eve")
    anchors_of(path).write_bytes(anchors)

    assert "none of the 1 anchors in registry.anchors is of this registry" in problems(path)[0]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("<<<<<<< HEAD", "a conflict marker of a merge"),
        ("=======", "a conflict marker of a merge"),
        (">>>>>>> branch", "a conflict marker of a merge"),
        ("7 short", "this is no anchor"),
        ("\x00\x00\x00", "this is no anchor"),
        ("7 é", "this is no anchor"),
    ],
)
def test_a_damaged_line_is_named_by_its_number(path: Path, line: str, problem: str) -> None:
    with anchors_of(path).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")

    (reported,) = problems(path)
    assert reported.startswith(f"registry.anchors line 3: {problem}")


def test_half_a_line_does_not_swallow_the_next(path: Path) -> None:
    whole = anchors_of(path).read_text()
    anchors_of(path).write_text(whole + "12 abc")
    with PromptRegistry(path) as registry:
        register(registry, "1.1.0")
        registry.deploy("p", "1.1.0", ENVIRONMENT, "ana")

    file = read_anchors(str(anchors_of(path)))
    assert [anchor.line for anchor in file.anchors] == [1, 3]
    assert [line for line, _ in file.problems] == [2]


KILLED_BEFORE_ITS_ANCHOR = """
import os, signal, sys
from workbench.registry import PromptRegistry
from workbench.registry.storage import anchors

def killed(path, anchor):
    print(anchor, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

anchors.append_anchor = killed
registry = PromptRegistry(sys.argv[1])
registry.deploy("p", "1.1.0", sys.argv[2], "ana")
print("it lived", flush=True)
"""


@pytest.mark.exhaustive
@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_kill_between_the_commit_and_its_anchor_is_no_tampering(path: Path) -> None:
    with PromptRegistry(path) as registry:
        register(registry, "1.1.0", "1.2.0")
    before = anchors_of(path).read_bytes()

    child = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_ITS_ANCHOR, str(path), ENVIRONMENT],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert child.returncode == -signal.SIGKILL, child.stderr
    (due,) = child.stdout.splitlines()
    assert anchors_of(path).read_bytes() == before
    with PromptRegistry(path) as registry:
        live = registry.get_active("p", ENVIRONMENT)
        assert live is not None
        assert (live.version, live.source) == ("1.1.0", "registry")
        assert due.split()[:2] == [str(registry.history(limit=1)[0].seq), registry.head()]
        assert registry.verify().ok
    assert problems(path) == []

    with PromptRegistry(path) as registry:
        registry.deploy("p", "1.2.0", ENVIRONMENT, "ana")
        head = registry.head()
    lines = anchors_of(path).read_bytes().removeprefix(before).decode().splitlines()
    assert [line.split()[1] for line in lines] == [head], "it covers the one that is missing"
    assert problems(path) == []


def test_an_anchor_that_was_never_written_is_no_finding(path: Path) -> None:
    """As after a kill between the commit and the line: the next one covers what is before it."""
    with PromptRegistry(path) as registry:
        register(registry, "1.1.0")
        before = anchors_of(path).read_bytes()
        registry.deploy("p", "1.1.0", ENVIRONMENT, "ana")
        anchors_of(path).write_bytes(before)
        assert registry.verify().ok
        anchors_of(path).unlink()
        assert registry.verify().ok

        registry.rollback("p", ENVIRONMENT, "ana", reason="worse")

    assert len(anchors_of(path).read_text().splitlines()) == 1
    assert problems(path) == []


def _directory(anchors: Path) -> None:
    anchors.unlink()
    anchors.mkdir()


def _link(anchors: Path) -> None:
    target = anchors.with_name("elsewhere")
    anchors.rename(target)
    anchors.symlink_to(target)


def _fifo(anchors: Path) -> None:
    anchors.unlink()
    os.mkfifo(anchors)


@pytest.mark.parametrize("spoil", [_directory, _link, _fifo])
def test_an_anchor_that_cannot_be_written_is_a_warning_and_no_lost_deployment(
    path: Path, spoil: object
) -> None:
    assert callable(spoil)
    spoil(anchors_of(path))
    elsewhere = path.parent.parent / "elsewhere"
    before = elsewhere.read_bytes() if elsewhere.exists() else None
    told: list[str] = []
    with PromptRegistry(path, on_warning=told.append) as registry:
        register(registry, "1.1.0")
        done = registry.deploy("p", "1.1.0", ENVIRONMENT, "ana")
        assert registry.get_active("p", ENVIRONMENT).version == "1.1.0"
        report = registry.verify()

    (warning,) = told
    assert warning.startswith(f"{anchors_of(path)} did not take the anchor of record {done.seq}:")
    assert report.ok
    if before is not None:
        assert elsewhere.read_bytes() == before, "a link is not followed"
    else:
        assert "could not be read" in report.warnings[0]


def test_without_a_listener_the_warning_is_pythons(path: Path) -> None:
    _directory(anchors_of(path))
    with PromptRegistry(path) as registry, pytest.warns(UserWarning, match="did not take"):
        registry.revoke("p", "1.0.0", "ana", "leaks names")


def test_a_full_disk_leaves_no_half_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = anchors_of(path).read_bytes()
    told: list[str] = []
    whole = os.write

    def half(handle: int, data: bytes) -> int:
        return whole(handle, data[:20])

    with PromptRegistry(path, on_warning=told.append) as registry:
        monkeypatch.setattr(os, "write", half)
        registry.revoke("p", "1.0.0", "ana", "leaks names")
        monkeypatch.undo()

    assert anchors_of(path).read_bytes() == before
    assert "No space left on device" in told[0]


def test_a_disk_that_fails_takes_the_line_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = anchors_of(path).read_bytes()
    told: list[str] = []

    def failing(_handle: int) -> NoReturn:
        raise OSError(5, "Input/output error")

    with PromptRegistry(path, on_warning=told.append) as registry:
        monkeypatch.setattr(os, "fsync", failing)
        registry.revoke("p", "1.0.0", "ana", "leaks names")
        monkeypatch.undo()

    assert anchors_of(path).read_bytes() == before
    assert "Input/output error" in told[0]


def test_a_registry_outside_of_a_workspace_keeps_heads_where_it_is_told(tmp_path: Path) -> None:
    kept = tmp_path / "heads"
    with PromptRegistry(tmp_path / "r.db", create=True, anchors=kept) as registry:
        register(registry, "1.0.0")
        registry.deploy("p", "1.0.0", ENVIRONMENT, "ana")
        assert registry.verify().checked[-2].count == 1
    with PromptRegistry(tmp_path / "r.db") as registry:
        registry.revoke("p", "1.0.0", "ana", "leaks names")
        assert registry.verify().checked[-2].ok is None
        assert registry.verify(anchors=kept).checked[-2].ok is True

    assert len(kept.read_text().splitlines()) == 1
    assert {p.name for p in tmp_path.iterdir() if "anchors" in p.name} == set()


ANCHORS = st.builds(
    Anchor,
    st.integers(1, 10**17),
    st.binary(min_size=32, max_size=32).map(bytes.hex),
    st.uuids().map(lambda value: value.hex),
    st.datetimes().map(lambda at: f"{at.year:04}-" + at.strftime("%m-%dT%H:%M:%S.%fZ")),
)


@given(st.lists(ANCHORS), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_is_written_is_read_back(written: list[Anchor], newline: str, marked: bool) -> None:
    data = "".join(f"{anchor}{newline}" for anchor in written).encode()

    file = parse_anchors("x", b"\xef\xbb\xbf" * marked + data)

    assert file.problems == ()
    assert list(map(str, file.anchors)) == list(map(str, written))
    assert [anchor.line for anchor in file.anchors] == list(range(1, len(written) + 1))


@given(st.binary(max_size=400))
def test_any_bytes_are_anchors_or_numbered_problems(data: bytes) -> None:
    file = parse_anchors("x", data)

    assert isinstance(file, AnchorFile)
    assert all(1 <= line <= data.count(b"\n") + 1 for line, _ in file.problems)
