"""The log files of inspect: `.eval`, a zip of JSON files, and `.json`. Read as data."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from workbench.errors import DraftError, ExtraMissing
from workbench.exchange.forms.foreign import MAX_BYTES, as_list, as_mapping, json_of

SUFFIX = ".eval"
MAX_ALL = 4 * 10**9
"""Bytes of all samples of a log, unpacked."""
_ZSTD = 93
_HEADERS = ("header.json", "_journal/start.json")
_LOCAL_HEADER = struct.Struct("<26xHH")
_ATTACHMENT = "attachment://"
_PROBLEMS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error)


@dataclass(frozen=True)
class Log:
    """A log without its samples."""

    path: Path
    head: Mapping[str, Any]
    """With `eval`, `plan` and `status`; that of a log that never ended has no `status`."""

    @property
    def evaluation(self) -> Mapping[str, Any]:
        return as_mapping(self.head.get("eval"))

    def samples(self) -> Iterator[Mapping[str, Any]]:
        """Each sample that the log holds whole. Raises DraftError."""
        if self.path.suffix != SUFFIX:
            listed: Iterator[Any] = iter(as_list(self.head.get("samples")))
        else:
            listed = _samples_in(self.path)
        for sample in listed:
            if not isinstance(sample, Mapping):
                raise DraftError(f"{self.path}: a sample is no object")
            yield _with_attachments(sample)


def read_log(path: Path) -> Log:
    """Raises DraftError for what is no log, ExtraMissing for one that cannot be unpacked here."""
    if path.suffix != SUFFIX:
        data = json_of(path)
    else:
        with _opened(path) as archive:
            names = set(archive.namelist())
            name = next((one for one in _HEADERS if one in names), None)
            if name is None:
                raise DraftError(f"{path} has no {_HEADERS[0]}: it is no log of inspect")
            data = _member(archive, name, path)
    log = Log(path, as_mapping(data))
    if not isinstance(log.evaluation.get("task"), str) or "model" not in log.evaluation:
        raise DraftError(f"{path} names no task and model: it is no log of inspect")
    return log


def is_log(path: Path) -> bool:
    """Whether a file looks like a log; cheap, and raises nothing."""
    if path.suffix != SUFFIX:
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name in archive.namelist() for name in _HEADERS)
    except _PROBLEMS:
        return False


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _PROBLEMS as error:
        raise DraftError(
            f"{path} is no whole zip file: {error}", hint="inspect log dump FILE says more"
        ) from error


def _samples_in(path: Path) -> Iterator[Any]:
    with _opened(path) as archive:
        names = [n for n in archive.namelist() if n.startswith("samples/") and n.endswith(".json")]
        if sum(archive.getinfo(name).file_size for name in names) > MAX_ALL:
            raise DraftError(f"{path}: its samples are larger than {MAX_ALL // 10**9} GB")
        # A sample that was run again stands twice: the last one counts.
        for name in dict.fromkeys(names):
            yield _member(archive, name, path)


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> Any:
    info = archive.getinfo(name)
    if info.file_size > MAX_BYTES:
        raise DraftError(f"{path}: {name} is larger than {MAX_BYTES // 1_000_000} MB")
    try:
        if info.compress_type == _ZSTD:
            content = _unpacked(path, info)
        else:
            with archive.open(info) as file:
                content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise DraftError(f"{path}: {name} is larger than it says")
        return json.loads(content)
    except (*_PROBLEMS, NotImplementedError, RuntimeError, RecursionError) as error:
        raise DraftError(f"{path}: {name} cannot be read: {error}") from error


def _unpacked(path: Path, info: zipfile.ZipInfo) -> bytes:
    """The content of a member that is packed by zstd, which `zipfile` reads from Python 3.14 on."""
    try:
        import zstandard
    except ImportError as error:
        raise ExtraMissing(
            f"{path} is packed by zstd",
            hint="pip install 'prompt-workbench[inspect]', or inspect log convert --to json",
        ) from error
    with path.open("rb") as file:
        _skip_to_content(file, info)
        try:
            reader = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(file)
            return bytes(reader.read(info.file_size))
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from error


def _skip_to_content(file: IO[bytes], info: zipfile.ZipInfo) -> None:
    file.seek(info.header_offset)
    name, extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    file.seek(name + extra, 1)


def _with_attachments(sample: Mapping[str, Any]) -> Mapping[str, Any]:
    """The sample with long texts in the places of the references to them."""
    attachments = as_mapping(sample.get("attachments"))
    if not attachments:
        return sample
    parts = ("input", "messages", "output", "target", "scores", "error")
    return {**sample, **{k: _put_back(sample[k], attachments) for k in parts if k in sample}}


def _put_back(value: Any, attachments: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value.startswith(_ATTACHMENT):
        held = attachments.get(value.removeprefix(_ATTACHMENT))
        return held if isinstance(held, str) else value
    if isinstance(value, Mapping):
        return {key: _put_back(held, attachments) for key, held in value.items()}
    return [_put_back(held, attachments) for held in value] if isinstance(value, list) else value
