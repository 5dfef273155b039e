"""Finds a content of a suite's dataset: in runs.db, the file, git, DVC's cache, or an export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.actions.session import Session
from workbench.datasets.sources.spec import source_path
from workbench.errors import DatasetError, NotFound, SuiteError, UsageError
from workbench.runs.spec.suite_head import SuiteHead, read_suite_head
from workbench.runs.store.dataset_versions import (
    FILE,
    NEWEST,
    DatasetVersion,
    DatasetVersions,
    StoredCases,
    is_digest,
)
from workbench.units import plural

if TYPE_CHECKING:
    from workbench.datasets.values import Case, Dataset
    from workbench.registry.models.records import DatasetUse
    from workbench.runs.spec.suite import Suite

READ = "read"
"""Why a version was made that nothing else is known of: the file had changed."""
_EXPORTS = "snapshots"


@dataclass(frozen=True)
class DatasetContent:
    """A content of a suite's dataset, and where it was found."""

    fingerprint: str
    gate: str
    """Fingerprint of the cases that decide."""
    found_in: str
    read: Callable[[], StoredCases]
    version: DatasetVersion | None = None

    @cached_property
    def stored(self) -> StoredCases:
        """The cases, read on first use."""
        return self.read()

    @property
    def cases(self) -> tuple[Case, ...]:
        return self.stored.cases

    @property
    def name(self) -> str:
        """How messages name it."""
        return f"version {self.version.number}" if self.version else self.fingerprint[:12]


def record(session: Session, suite: Suite, reason: str = READ) -> DatasetVersion | None:
    """Keep the content of the suite's dataset, if it is not the last version's.

    None where runs.db cannot be written.
    """
    if session.store.is_read_only:
        return None
    versions = DatasetVersions(session.store.database)
    return versions.record(
        suite, session.author, reason, shown_source(session, suite.dataset.source)
    )


def record_file(session: Session, path: Path, reason: str) -> None:
    """Keep what a dataset's file holds, for every suite that reads it.

    Raises SuiteError or DatasetError for one that cannot be read.
    """
    for suite_path in session.workspace.suite_paths():
        head = read_suite_head(suite_path)
        if source_path(head.dataset, head.path) == path.resolve():
            record(session, session.workspace.suite(str(suite_path)), reason)


def is_edited_in_place(suite: Suite) -> bool:
    """Whether the suite's cases are those of its file, which may be changed there."""
    return suite.dataset_spec is None or suite.dataset_spec.is_plain


class Opened:
    """A suite whose dataset's contents are looked for; its file need not be readable."""

    def __init__(self, session: Session, head: SuiteHead) -> None:
        self.head = head
        self.problem = ""
        """Why the file could not be read."""
        self.unrecorded = ""
        """Why what was read could not be kept."""
        self.dataset: Dataset | None = None
        self._session = session

    @cached_property
    def store(self) -> DatasetVersions | None:
        """The versions in runs.db; None where there is no runs.db yet and none can be made."""
        try:
            return DatasetVersions(self._session.store.database)
        except (UsageError, OSError):
            return None

    @property
    def file(self) -> Path:
        """The file in the workspace that the suite names."""
        return source_path(self.head.dataset, self.head.path)

    @property
    def exports(self) -> Path:
        """The folder of exported snapshots."""
        return self.head.path.parent / _EXPORTS

    def check(self) -> None:
        """Raise DatasetError when the dataset as it is cannot be read."""
        if self.problem:
            raise DatasetError(self.problem)

    def check_whole(self, content: DatasetContent) -> None:
        """Raise UsageError when the texts of some of its cases are gone, or were to be."""
        forgotten = content.stored.forgotten
        if forgotten:
            raise UsageError(
                f"{content.name} cannot be written: it lacks {plural(forgotten, 'forgotten case')}",
                hint="dataset show prints what is left",
            )
        kept = self.store.forgotten(content.cases) if self.store else []
        if kept:
            case_id, by, day = kept[0]
            more = f" and {len(kept) - 1} more" if len(kept) > 1 else ""
            raise UsageError(
                f"{content.name} cannot be written: {case_id!r}{more} was forgotten by {by}"
                f" on {day}",
                hint="delete the file that still has it, or the text in it",
            )
        if content.version and not self.is_whole(content.version):
            raise UsageError(
                f"{content.name} of {self.head.name} is not what was stored: runs.db was edited, or"
                " a group in it was forgotten",
                hint="dataset show prints what is left",
            )

    def is_whole(self, version: DatasetVersion) -> bool:
        """Whether the stored cases are exactly those that were stored."""
        return self.store is not None and self.store.is_whole(version)

    def writable(self) -> DatasetVersions:
        """The versions, to be changed. Raises UsageError where runs.db cannot be written."""
        if self.store is None or self._session.store.is_read_only:
            raise UsageError(f"{self._session.workspace.runs_path} cannot be written")
        return self.store

    def versions(self) -> list[DatasetVersion]:
        """All versions, newest first."""
        return self.store.versions(self.head.name) if self.store else []

    def keeps(self, ref: str) -> bool:
        """Whether runs.db has the version that `ref` names, whatever the file holds now."""
        if not ref or ref in (FILE, NEWEST) or self.store is None:
            return False
        return self.store.find(self.head.name, ref) is not None

    def newest(self) -> DatasetContent:
        """The content as it is, else the last version. Raises NotFound when there is neither."""
        if self.dataset is not None:
            newest = self.store.newest(self.head.name) if self.store else None
            is_newest = newest is not None and newest.fingerprint == self.dataset.fingerprint
            return content_of(self.dataset, self.dataset.source, newest if is_newest else None)
        for version in self.versions()[:1]:
            return self.content_of(version)
        raise NotFound(f"{self.head.name} has no versions", hint=self.problem)

    def content_of(self, version: DatasetVersion) -> DatasetContent:
        """The content of a stored version."""
        store = self.writable() if self.store is None else self.store
        return DatasetContent(
            version.fingerprint, version.gate, "runs.db", lambda: store.read(version), version
        )

    @cached_property
    def evaluations(self) -> list[DatasetUse]:
        """The evaluations on this suite, newest first."""
        if not self._session.workspace.registry_path.exists():
            return []
        return self._session.registry.dataset_uses(self.head.prompt_id, self.head.name)


def open_suite(session: Session, name: str, reason: str = READ, *, read: bool = True) -> Opened:
    """The suite, its dataset read and kept as a version, unless `read` is false.

    A dataset that cannot be read is no error here: earlier contents may be asked for.
    Raises NotFound and SuiteError.
    """
    opened = Opened(session, read_suite_head(session.workspace.suite_path(name)))
    if not read:
        return opened
    try:
        suite = session.workspace.suite(str(opened.head.path))
    except (DatasetError, SuiteError) as error:
        opened.problem = str(error)
        return opened
    opened.dataset = suite.dataset
    if opened.store is None or record(session, suite, reason) is None:
        opened.unrecorded = f"{session.workspace.runs_path} cannot be written: nothing is kept"
    return opened


def find_content(opened: Opened, ref: str, source: Path | None = None) -> DatasetContent:
    """The content that `ref` names: a version's number, name or digest, `file`, or `newest`.

    A digest is looked for in runs.db, in the file as it is, its history in git (which for a
    DVC-tracked file names the contents in DVC's cache), and exports; `source` is one more file.
    Raises NotFound, which says who had it.
    """
    if ref == FILE:
        opened.check()
    if ref in (FILE, NEWEST):
        return opened.newest()
    version = opened.store.find(opened.head.name, ref) if opened.store else None
    if version is not None and (not is_digest(ref) or opened.is_whole(version)):
        return opened.content_of(version)
    if is_digest(ref):
        for dataset, place in chain(_in_runs(opened, ref), _elsewhere(opened, source)):
            content = content_of(dataset, place)
            if content.fingerprint.startswith(ref) or content.gate.startswith(ref):
                return content
    if version is not None:
        return opened.content_of(version)
    raise _missing(opened, ref)


def content_of(
    dataset: Dataset, place: str, version: DatasetVersion | None = None
) -> DatasetContent:
    """A dataset that was read, as a content."""
    from workbench.runs.spec.suite import gate_cases_of

    gate = gate_cases_of(dataset).fingerprint
    return DatasetContent(
        dataset.fingerprint, gate, place, lambda: StoredCases(dataset.cases), version
    )


def _in_runs(opened: Opened, ref: str) -> Iterator[tuple[Dataset, str]]:
    """Yield the gate cases that runs in runs.db were asked, in the orders that they may have had.

    A run asks them in an order of its own; a fingerprint tells which one the file had.
    """
    from workbench.datasets.values import Dataset

    if opened.store is None:
        return
    present = opened.dataset.cases if opened.dataset else ()
    place = {case.id: at for at, case in enumerate(present)}
    for cases in opened.store.run_cases(opened.head.name, ref):
        by_file = sorted(cases, key=lambda case: (place.get(case.id, len(place)), case.id))
        for ordered in (cases, by_file, sorted(cases, key=lambda case: case.id)):
            yield Dataset(opened.head.name, tuple(ordered)), "runs.db, the cases of a run"


def _elsewhere(opened: Opened, source: Path | None) -> Iterator[tuple[Dataset, str]]:
    """Yield what can be read outside runs.db, the nearest first."""
    from workbench.datasets.readers import SUFFIXES, read_dataset
    from workbench.datasets.sources.reading import earlier_datasets

    if opened.dataset is not None:
        yield opened.dataset, opened.dataset.source
    for path in (*((source,) if source else ()), *sorted(opened.exports.glob("*"))):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            try:
                yield read_dataset(path), str(path)
            except DatasetError:
                continue  # something else lies there too
    yield from earlier_datasets(opened.head.dataset, opened.head.path)


def _missing(opened: Opened, ref: str) -> NotFound:
    """Why a content is not to be had, and who had it."""
    suite = opened.head.name
    if not is_digest(ref):
        known = ", ".join(str(version.number) for version in opened.versions()[:5])
        hint = f"versions: {known}" if known else "there are no versions yet"
        return NotFound(f"{suite} has no version {ref!r}", hint=hint)
    had = [
        f"{opened.head.prompt_id}@{use.version} was evaluated on it by"
        f" {use.recorded_by or 'somebody'} on {use.recorded_at[:10]}"
        for use in opened.evaluations
        if use.dataset.startswith(ref) or use.snapshot.startswith(ref)
    ]
    where = "runs.db, the file, its history in git, nor an export"
    if not had:
        return NotFound(
            f"no content {ref} of {suite} in {where}, and no evaluation names it",
            hint="workbench dataset log lists what there is",
        )
    return NotFound(
        f"no content {ref} of {suite} in {where}: {'; '.join(had[:3])}",
        hint=f"who did runs: workbench dataset export {suite} --snapshot {ref[:12]}, and you:"
        f" workbench dataset show {suite} {ref[:12]} --from FILE",
    )


def shown_source(session: Session, source: str) -> str:
    """A dataset's source as versions name it."""
    root = session.workspace.root
    return str(Path(source).relative_to(root)) if Path(source).is_relative_to(root) else source
