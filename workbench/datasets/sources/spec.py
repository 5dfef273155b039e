"""What a suite says about its dataset: where it lies, and which cases it takes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from msgspec import Meta

from workbench.child_process.source import workspace_of
from workbench.datasets.json_values import as_text
from workbench.datasets.sources.addresses import is_address
from workbench.errors import SuiteError, UsageError
from workbench.typed_tables import Text, key
from workbench.units import share_of

FILE: Literal["file"] = "file"
GIT = "git"
DVC = "dvc"
HUGGINGFACE = "huggingface"
DELTA = "delta"
OBJECT = "object"
BY_HASH = "hash"
_TOLERANCE = 1e-6
"""How much shares may differ from 1 together: 33.3333 % thrice."""
Texts = tuple[str, ...]


def _values(value: Any) -> Any:
    """Per field the values as texts; a value may stand alone."""
    if not isinstance(value, Mapping):
        return value
    wanted = {}
    for name, given in value.items():
        values = given if isinstance(given, list) else [given]
        if not values or any(isinstance(one, (Mapping, list)) or one is None for one in values):
            raise UsageError(f"has no value for {name}, or list of values", hint="tags: vip")
        wanted[name] = tuple(map(as_text, values))
    return wanted


def _split(value: Any) -> Any:
    """Shares by split, or names of the file's splits by split."""
    if not isinstance(value, Mapping):
        return value
    parts = {name: given for name, given in value.items() if name != "by"}
    shares = {name: share_of(given) for name, given in parts.items()}
    given = {name: share for name, share in shares.items() if share is not None}
    if not parts and value:
        raise UsageError("names no split", hint="split: {gate: 50 %, dev: 50 %, by: hash}")
    if given:
        if len(given) < len(shares) or abs(sum(given.values()) - 1) > _TOLERANCE:
            raise UsageError("has shares that do not make 100 %", hint="gate: 50 %, dev: 50 %")
        if value.get("by", BY_HASH) != BY_HASH:
            raise UsageError(f"cannot be made by {value['by']!r}", hint=f"by: {BY_HASH}")
        return Split(shares=given)
    if "by" in value:
        raise UsageError("needs shares beside by", hint="gate: 50 %, dev: 50 %, by: hash")
    if not all(isinstance(name, str) and name for name in parts.values()):
        raise UsageError("takes shares or names of the file's splits", hint="gate: test")
    if len({*parts.values()}) < len(parts):
        raise UsageError("makes two of one split of the file", hint="gate: test, dev: train")
    return Split(renamed=parts)


@dataclass(frozen=True, slots=True)
class Sample:
    """A fixed number of cases, chosen by a seed."""

    n: Annotated[int, Meta(ge=1, le=10**9)] = key("Cases.", example=200)
    seed: int = key("Any whole number.", default=0)


@dataclass(frozen=True)
class Split:
    """Splits by their share, or by the file's."""

    shares: Mapping[str, float] = field(default_factory=dict)
    """Share of each split, by a hash; their sum is 1."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """The split in the file by the split that it becomes."""


@dataclass(frozen=True)
class DatasetSpec:
    """The `dataset` of a suite; a plain path sets nothing else."""

    path: Text = key(
        "The file or folder, from the suite's folder; or an address.", example="cases.jsonl"
    )
    source: Literal["file", "git", "dvc", "huggingface", "delta", "object"] = key(
        "What the file lies in.", default=FILE
    )
    version: str = key(
        "A commit, tag or branch of git and dvc; a version or time of delta; a version id or ETag"
        " of object.",
        takes=int | str,
        default="",
    )
    config: str = key("The configuration of a Hugging Face folder; else its default.", default="")
    sheet: str = key("The sheet of an .xlsx file; else its first visible one.", default="")
    columns: Mapping[str, Text] = key(
        "The column by input, or by id, expected, tags, split, group.", default_factory=dict
    )
    where: Mapping[str, Texts] = key(
        "Per field, the values of which a case has one.",
        takes=Mapping[str, str | float | bool | list[Any]],
        read=_values,
        default_factory=dict,
    )
    group: str = key("The column whose value is the group.", default="")
    split: Split = key(
        "Shares by a hash, `by: hash`, or names of the file's splits.",
        takes=Mapping[str, str | float],
        read=_split,
        default_factory=Split,
    )
    sample: Sample | None = key(
        "A number of cases, by a seed.",
        takes=Annotated[int, Meta(ge=1)] | Sample,
        read=lambda value: {"n": value} if isinstance(value, int) else value,
        default=None,
    )

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
