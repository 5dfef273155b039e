"""What a suite says about its dataset: where it lies, and which cases it takes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from workbench.child_process.source import workspace_of
from workbench.datasets.sources.addresses import is_address
from workbench.errors import SuiteError

FILE = "file"
GIT = "git"
DVC = "dvc"
HUGGINGFACE = "huggingface"
DELTA = "delta"
OBJECT = "object"
KINDS = (FILE, GIT, DVC, HUGGINGFACE, DELTA, OBJECT)


@dataclass(frozen=True, slots=True)
class Sample:
    """A fixed number of cases, chosen by a seed."""

    n: int
    seed: int = 0


@dataclass(frozen=True)
class DatasetSpec:
    """The `dataset` of a suite; a plain path sets nothing else."""

    path: str
    source: str = FILE
    version: str = ""
    """A commit, a tag or a branch of git; a version or a time of Delta Lake; an object's."""
    config: str = ""
    """The configuration of a Hugging Face folder; empty: the default one."""
    sheet: str = ""
    """The sheet of a spreadsheet; empty: the first visible one."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """The column in the file by input, or by `id`, `expected`, `tags`, `split`, `group`."""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Per field the values of which a case must have one."""
    group: str = ""
    """The column whose value is the group."""
    shares: Mapping[str, float] = field(default_factory=dict)
    """Share of each split, by a hash; their sum is 1."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """The split in the file by the split that it becomes."""
    sample: Sample | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the file's cases are taken as they are, so that they can be edited there."""
        return self == DatasetSpec(self.path)


def source_path(spec: DatasetSpec, suite: Path) -> Path:
    """The file or folder that the suite names, resolved. A plain path must lie in the suite's
    folder, others in its workspace. Raises SuiteError.

    For an address it is what a file of that name in the suite's folder would be.
    """
    folder = suite.parent.resolve()
    if is_address(spec.path):
        return folder / (PurePosixPath(spec.path).name or spec.source)
    path = (folder / spec.path).resolve()
    inside = folder if spec.is_plain else workspace_of(suite)
    if not path.is_relative_to(inside):
        raise SuiteError(
            f"{suite}: dataset {spec.path!r} lies outside {inside}", hint="put it beside"
        )
    return path
