"""Files that cases name: read beside the dataset, checked by content, counted by their digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path, PureWindowsPath
from typing import Any

from workbench.datasets.cells import typed
from workbench.datasets.values import Case, Dataset
from workbench.errors import DatasetError
from workbench.prompts.files.untyped import UntypedText
from workbench.prompts.inputs.media import (
    MAX_BYTES,
    Attachment,
    attach,
    is_attachment,
    is_url,
    media_of,
    read_file,
)
from workbench.prompts.inputs.parts import has_files, with_held
from workbench.prompts.kinds import MEDIA, shown
from workbench.prompts.values import MESSAGES, Prompt

_KNOWN = 50_000
"""How many files' digests are kept, so that a screen does not read them again."""

Kinds = Mapping[str, str]
"""By the name of each input that takes files: image, file or messages."""


def media_kinds(prompts: Sequence[Prompt]) -> dict[str, str]:
    """The inputs of these prompts that take files, conversations among them."""
    kinds = (*MEDIA, MESSAGES)
    return {i.name: i.kind for prompt in prompts for i in prompt.taken if i.kind in kinds}


def attached(dataset: Dataset, kinds: Kinds) -> Dataset:
    """The dataset with an attachment wherever a case names a file for one of these inputs, so that
    its fingerprint covers the files' bytes.

    Raises DatasetError, with the case's place, for a file that is missing, outside of the dataset's
    folder, too large, or of another type, and for a URL that is not sent.
    """
    if not kinds or not any(name in case.inputs for case in dataset.cases for name in kinds):
        return dataset
    folder = Path(dataset.source).parent
    cases = []
    for case in dataset.cases:
        try:
            cases.append(with_files(case, kinds, folder))
        except DatasetError as error:
            where = f"{dataset.place_of(case)}: case {case.id!r}"
            raise DatasetError(f"{where}: {error.message}", hint=error.hint) from error
    return replace(dataset, cases=tuple(cases))


def with_files(case: Case, kinds: Kinds, folder: Path, *, anywhere: bool = False) -> Case:
    """The case with its files attached. `anywhere`: the user named them, not a dataset.

    Raises DatasetError without the case's place.
    """
    given: dict[str, Any] = {}
    for name, kind in kinds.items():
        value = case.inputs.get(name)
        if kind == MESSAGES:
            value = _parsed(value)
            if has_files(value):
                given[name] = with_held(value, partial(_attached_in, name, folder, anywhere))
        elif value is not None and str(value).strip():
            given[name] = _attached(name, value, kind, folder, anywhere)
    return replace(case, inputs={**case.inputs, **given}) if given else case


def _parsed(value: Any) -> Any:
    """A conversation that was given as the text of a cell; anything else as it is."""
    if not isinstance(value, UntypedText):
        return value
    try:
        return typed(value, MESSAGES)
    except DatasetError:
        return value  # said where its kind is checked


def as_written(case: Case) -> Case:
    """The case with the names of its files, as its dataset has them."""
    names: dict[str, Any] = {}
    for name, value in case.inputs.items():
        if is_attachment(value):
            names[name] = value["file"]
        elif has_files(value):
            names[name] = with_held(value, lambda _kind, v: v["file"] if is_attachment(v) else v)
    return replace(case, inputs={**case.inputs, **names}) if names else case


def _attached_in(name: str, folder: Path, anywhere: bool, kind: str, value: Any) -> Any:
    return _attached(name, value, kind, folder, anywhere)


def _attached(name: str, value: Any, kind: str, folder: Path, anywhere: bool) -> Any:
    try:
        if isinstance(value, Attachment):
            return value
        if is_url(value):
            return media_of(value, kind)
        if not isinstance(value, str):
            raise ValueError(f"is {shown(value)}, and the name of a file is needed")
        path = _found(str(value), folder, anywhere)
        status = path.stat()
        key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        held, problem = _checked(str(value), str(path), kind, key)
    except (ValueError, OSError) as error:
        raise _refused(name, value, error, anywhere) from error
    if held is None:
        raise _refused(name, value, ValueError(problem), anywhere)
    return held


def _refused(name: str, value: Any, error: Exception, anywhere: bool) -> DatasetError:
    reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
    shown = f" {str(value)[:80]!r}" if isinstance(value, str) and not is_url(value) else ""
    where = "a file" if anywhere else "a file below the dataset's folder"
    hint = f"{where} of at most {MAX_BYTES // 1_000_000} MB, an https URL, or a data URI"
    return DatasetError(f"{name}{shown} {reason}", hint=hint)


def _found(given: str, folder: Path, anywhere: bool) -> Path:
    """The file, with links resolved. Raises ValueError, OSError."""
    if "\0" in given or len(given) > 1000:
        raise ValueError("is no name of a file")
    root = folder.resolve()
    windows = PureWindowsPath(given)
    leaves = windows.is_absolute() or windows.drive or windows.root or ".." in windows.parts
    if leaves and not anywhere:
        raise ValueError(f"lies outside of {folder}: files stand beside the dataset")
    try:
        path = (root / given).resolve(strict=True)
    except FileNotFoundError as error:
        raise ValueError(f"is not there: no such file below {folder}") from error
    except (OSError, RuntimeError) as error:
        raise ValueError(f"cannot be found: {error}") from error
    if not anywhere and not path.is_relative_to(root):
        raise ValueError(f"is a link that leads out of {folder}")
    return path


@lru_cache(maxsize=_KNOWN)
def _checked(
    name: str, path: str, kind: str, _state: tuple[int, ...]
) -> tuple[Attachment | None, str]:
    """The attachment of a file in this state, or what is wrong with it."""
    try:
        return attach(name, read_file(path), kind, lambda: read_file(path)), ""
    except ValueError as error:
        return None, str(error)
