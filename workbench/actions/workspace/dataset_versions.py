"""Versions of a suite's dataset: recorded when it is read, listed, compared, restored, exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.actions.session import Session
from workbench.actions.workspace.dataset_contents import (
    DatasetContent,
    Opened,
    find_content,
    open_suite,
)
from workbench.datasets.snapshots.changes import DatasetChanges, changes_between
from workbench.errors import NotFound, UsageError
from workbench.files import write_atomically
from workbench.runs.store.dataset_versions import DatasetVersion

if TYPE_CHECKING:
    from workbench.datasets.values import Case
    from workbench.registry.models.records import DatasetUse
    from workbench.verdicts.values import Evidence


@dataclass(frozen=True, slots=True)
class LoggedVersion:
    """A version, and the evaluations that were made on it."""

    version: DatasetVersion
    evaluations: tuple[DatasetUse, ...]


@dataclass(frozen=True, slots=True)
class DatasetLog:
    """The versions of a suite's dataset, newest first."""

    suite: str
    versions: tuple[LoggedVersion, ...]
    problem: str = ""
    """Why the file as it is could not be read, or not be recorded."""


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """How much of an evaluation holds for other cases than those that it was made on."""

    evaluation: DatasetUse
    asked: int
    kept: int
    """Asked cases that are the same there."""
    score: float | None
    """Mean headline score on the kept cases; None if there is none."""


@dataclass(frozen=True, slots=True)
class DatasetDiff:
    """Two contents of a suite's dataset, and what changed."""

    before: DatasetContent
    after: DatasetContent
    changes: DatasetChanges
    evidence: tuple[KeptEvidence, ...]
    """Evaluations made on the content before, against the cases after."""


def log(session: Session, name: str) -> DatasetLog:
    """The versions of the suite's dataset, that of its file included. Raises NotFound."""
    opened = open_suite(session, name)
    made = [_logged(opened, version) for version in opened.versions()]
    problem = opened.problem or opened.unrecorded
    return DatasetLog(opened.head.name, tuple(made), problem)


def diff(session: Session, name: str, before: str = "", after: str = "") -> DatasetDiff:
    """What changed between two contents; without them, between the last version and the one before.

    Raises NotFound where a content is not to be had, DatasetError for an unreadable file.
    """
    opened = open_suite(session, name, read=False)
    if not (opened.keeps(before) and opened.keeps(after)):
        opened = open_suite(session, name)
        if not (before and after):
            opened.check()
    new = find_content(opened, after) if after else opened.newest()
    old = find_content(opened, before) if before else _before(opened, new)
    store = opened.store
    if store is not None and old.version is not None and new.version is not None:
        changes = store.changes(old.version, new.version)
    else:
        changes = _changes(old.cases, new.cases)
    return DatasetDiff(old, new, changes, _kept(session, opened, old, new))


def restore(session: Session, name: str, ref: str, reason: str = "") -> DatasetContent:
    """Write a content back into the suite's file, where it becomes the newest version.

    Lines of cases that are the same stay as they are. Raises UsageError where the suite takes its
    cases from elsewhere or changes them, and where the file's format cannot hold them.
    """
    from workbench.datasets.snapshots.writing import written

    opened = open_suite(session, name)
    path = opened.file
    content = find_content(opened, ref)
    opened.check_whole(content)
    if not opened.head.dataset.is_plain:
        raise UsageError(
            f"{opened.head.path}: its dataset is no plain file, so nothing is written into it",
            hint=f"workbench dataset export {opened.head.name} --snapshot {ref}",
        )
    opened.writable()  # else what the file holds now would be lost
    if opened.problem and path.exists():
        raise UsageError(
            f"{path} cannot be read, so what it holds cannot be kept: {opened.problem}",
            hint="mend it, or move it away",
        )
    write_atomically(path, written(path, content.cases, content.fingerprint))
    done = f"restored {content.name}" + (f": {reason}" if reason.strip() else "")
    return open_suite(session, name, done).newest()


def tag(
    session: Session, name: str, label: str, ref: str = "", *, move: bool = False
) -> DatasetVersion:
    """Name a version, by default the newest. Raises UsageError, see `DatasetVersions.tag`."""
    opened = open_suite(session, name)
    if not ref:
        opened.check()
    content = find_content(opened, ref) if ref else opened.newest()
    if content.version is None:
        raise UsageError(f"{content.name} is no version in runs.db", hint="dataset log lists them")
    opened.writable().tag(content.version, label, session.author, move=move)
    return content.version


def export(
    session: Session, name: str, ref: str = "", target: Path | None = None
) -> tuple[Path, DatasetContent]:
    """Write a content; returns the file, by default a JSONL file that `find_content` looks into.

    Raises UsageError where the text of a case is missing, and for the dataset's own file.
    """
    from workbench.datasets.snapshots.writing import written

    opened = open_suite(session, name)
    if not ref:
        opened.check()
    content = find_content(opened, ref) if ref else opened.newest()
    opened.check_whole(content)
    path = target or opened.exports / f"{content.fingerprint[:12]}.jsonl"
    if path.resolve() == opened.file:
        raise UsageError(f"{path} is the dataset itself", hint="dataset restore writes it")
    write_atomically(path, written(path, content.cases, content.fingerprint))
    return path, content


def show(session: Session, name: str, ref: str = "", source: Path | None = None) -> DatasetContent:
    """A content with its cases, by default the newest; `source` is a file to look into first.

    Raises NotFound, which says who had it.
    """
    opened = open_suite(session, name)
    if ref:
        return find_content(opened, ref, source)
    opened.check()
    return opened.newest()


def _before(opened: Opened, new: DatasetContent) -> DatasetContent:
    """The version before a content."""
    versions = opened.versions()
    earlier = [v for v in versions if new.version is None or v.number < new.version.number]
    if not earlier:
        raise NotFound(
            f"{opened.head.name} has no version before {new.name}",
            hint="every content that is read from now on becomes one",
        )
    return opened.content_of(earlier[0])


def _changes(old: Sequence[Case], new: Sequence[Case]) -> DatasetChanges:
    same = {_identity(case) for case in old} & {_identity(case) for case in new}
    return changes_between(
        [case for case in old if _identity(case) not in same],
        [case for case in new if _identity(case) not in same],
        reordered=[case.id for case in old] != [case.id for case in new],
    )


def _identity(case: Case) -> str:
    return repr(case.content())


def _logged(opened: Opened, version: DatasetVersion) -> LoggedVersion:
    uses = (use for use in opened.evaluations if use.dataset == version.gate)
    return LoggedVersion(version, tuple(uses))


def _kept(
    session: Session, opened: Opened, old: DatasetContent, new: DatasetContent
) -> tuple[KeptEvidence, ...]:
    uses = [use for use in opened.evaluations if use.dataset == old.gate]
    if not uses:
        return ()
    there = {case.digest for case in new.cases}
    return tuple(
        _kept_of(use, session.registry.evaluation(use.seq).evidence, there) for use in uses
    )


def _kept_of(use: DatasetUse, evidence: Evidence, there: set[str]) -> KeptEvidence:
    pairs = next(iter(evidence.pairs.values()), ())
    kept = [digest in there for digest in evidence.cases]
    scores = [
        score
        for pair, is_kept in zip(pairs, kept, strict=False)
        if is_kept
        for score in pair.b
        if score is not None
    ]
    mean = sum(scores) / len(scores) if scores else None
    return KeptEvidence(use, len(kept), sum(kept), mean)
