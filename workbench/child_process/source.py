"""Reads a Python file of the workspace with all that decides what it computes, and hashes it.

The standard library alone: apps call it to hash the definition of a feature.
"""

from __future__ import annotations

import ast
import io
import os
import stat
import sys
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.child_process.installed import (
    brought_by,
    folders_of_no_package,
    is_editable,
    is_installed,
)
from workbench.errors import CodeError
from workbench.fingerprints import fingerprint
from workbench.links import SETTINGS_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import importlib.metadata

MAX_BYTES = 1_000_000
"""Maximum size of one file."""
MAX_MODULES = 200
"""Maximum number of workspace files that one file may import, directly or not."""
_INIT = "__init__.py"


@dataclass(frozen=True, slots=True)
class Module:
    """A file of the workspace: its path below the workspace, and its text with LF line ends."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """An installed package that the code imports."""

    name: str
    version: str
    record: str
    """sha256 of its RECORD, which lists its files with their hashes; empty if it has none."""


@dataclass(frozen=True)
class Source:
    """A file of the workspace and what it imports. What is hashed is what runs: the child process
    gets these texts and reads no file of the workspace.
    """

    path: str
    name: str
    """The dotted name of its module: `scorers.totals`."""
    modules: Mapping[str, Module]
    """By dotted name: the file itself and the workspace's files that it imports."""
    distributions: tuple[Distribution, ...] = ()
    folder: str = ""
    """The workspace that it was read in; not hashed."""
    python: str = f"{sys.version_info.major}.{sys.version_info.minor}"

    @cached_property
    def parts(self) -> dict[str, str]:
        """What the hash covers, by name: each file, each distribution, and Python."""
        files = {module.path: fingerprint(module.text) for module in self.modules.values()}
        installed = {
            f"package {item.name}": f"{item.version} {item.record}".rstrip()
            for item in self.distributions
        }
        return {**files, **installed, "python": self.python}

    @cached_property
    def hash(self) -> str:
        """sha256 of the file's own path and the parts."""
        return fingerprint({"file": self.path, "parts": self.parts})

    @cached_property
    def text_hash(self) -> str:
        """sha256 of the file's own path and of the workspace's files alone: what a user reads."""
        files = {module.path: module.text for module in self.modules.values()}
        return fingerprint({"file": self.path, "files": files})

    @cached_property
    def content(self) -> dict[str, Any]:
        """All of it but its folder as plain JSON values, see `source_of`."""
        return {
            "file": self.path,
            "modules": {name: [m.path, m.text] for name, m in self.modules.items()},
            "packages": {d.name: [d.version, d.record] for d in self.distributions},
            "python": self.python,
        }

    def functions(self) -> frozenset[str]:
        """Names of the functions that the file defines at its top level."""
        tree = ast.parse(self.modules[self.name].text)
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        return frozenset(node.name for node in tree.body if isinstance(node, functions))


def source_of(content: Mapping[str, Any]) -> Source:
    """The source with that content. Raises CodeError for what is none."""
    try:
        modules = {key: Module(path, text) for key, (path, text) in content["modules"].items()}
        packages = tuple(Distribution(key, *pin) for key, pin in content["packages"].items())
        name = ".".join(PurePosixPath(content["file"]).with_suffix("").parts)
        if modules[name].path != content["file"]:
            raise ValueError("its file is another one")
        if not all(isinstance(module.text, str) for module in modules.values()):
            raise ValueError("one of its files is no text")
        return Source(content["file"], name, modules, packages, python=content["python"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CodeError(f"the code that is kept cannot be read: {error}") from error


def feature_hash(path: str | os.PathLike[str]) -> str:
    """The hash of the definition of a feature: of `features/NAME.py`, the workspace's files and the
    installed packages that it imports, and Python's minor version. Nothing is run.

    Raises CodeError.
    """
    file = Path(path).resolve()
    root = workspace_of(file)
    if root == file.parent:  # an app need not have the settings beside its features
        root = root.parent
    return read_source(root, file.relative_to(root).as_posix()).hash


def pin_problem(source: Source) -> str:
    """How what is installed differs from what a source was read with; empty if it does not."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    if source.python != python:
        return f"it is pinned to Python {source.python}, and this is {python}"
    if not source.distributions:
        return ""
    import importlib.metadata

    for pinned in source.distributions:
        try:
            installed = _pin(importlib.metadata.distribution(pinned.name))
        except importlib.metadata.PackageNotFoundError:
            return f"it is pinned to {pinned.name} {pinned.version}, which is not installed"
        if installed != pinned:
            other = installed.version if installed.version != pinned.version else "another build"
            return f"it is pinned to {pinned.name} {pinned.version}, and {other} is installed"
    return ""


def workspace_of(path: Path) -> Path:
    """The nearest folder above `path` that is a workspace; else the folder of `path`."""
    here = path.parent.resolve()
    return next((f for f in (here, *here.parents) if (f / SETTINGS_FILE).is_file()), here)


def read_source(root: Path, file: str) -> Source:
    """The source of `file`, a path below the workspace's folder `root`.

    `import NAME` is looked up in the standard library, beside the file, in `root`, in folders of
    the workspace on `sys.path`, and then among the installed packages. Imports that are computed
    at run time are not seen here, and a workspace file among them cannot be imported in the child
    process.

    Raises CodeError, naming the file and line, for what cannot be read or parsed, and for a path
    that leads out of the workspace.
    """
    return _Reader(root.resolve()).read(file)


class _Reader:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._modules: dict[str, Module] = {}
        inside = (f for f in folders_of_no_package() if f.is_relative_to(root))
        self._importable = tuple(PurePosixPath(f.relative_to(root).as_posix()) for f in inside)
        """Folders such as `src`, from which an editable install of the workspace imports."""
        self._installed: dict[str, str] = {}
        """Top-level name of an installed module to the place of its first import."""

    def read(self, file: str) -> Source:
        path = PurePosixPath(file)
        if path.suffix != ".py" or path.is_absolute() or ".." in path.parts:
            raise CodeError(f"{file!r} is no .py file below the workspace")
        if not all(part.isidentifier() for part in (*path.parts[:-1], path.stem)):
            hint = "letters, digits and '_', as in the name of a module"
            raise CodeError(f"{file!r} cannot be imported by its name", hint=hint)
        self._folder = path.parent
        name = ".".join([*path.parts[:-1], path.stem])
        self._add(name, path)
        distributions = _distributions(self._installed)
        modules = dict(sorted(self._modules.items()))
        return Source(str(path), name, modules, distributions, str(self._root))

    def _add(self, name: str, path: PurePosixPath) -> None:
        if len(self._modules) >= MAX_MODULES:
            raise CodeError(f"{path} is one of over {MAX_MODULES} files that are imported")
        text = _text(self._root, path)
        self._modules[name] = Module(str(path), text)
        package = name if path.name == _INIT else name.rpartition(".")[0]
        for imported, line in _imports(text, package, str(path)):
            self._resolve(imported, f"{path} line {line}")

    def _resolve(self, name: str, where: str) -> None:
        """Add a module of the workspace with its packages, or note an installed one.

        `name` may be that of an attribute, which is no module.
        """
        parts = name.split(".")
        if parts[0] in sys.stdlib_module_names:
            return
        for base in dict.fromkeys((self._folder, PurePosixPath(), *self._importable)):
            is_here = False
            for count in range(1, len(parts) + 1):
                path = self._file_of(base.joinpath(*parts[:count]))
                imported = ".".join(parts[:count])
                is_here = is_here or path is not None
                if path is not None and imported not in self._modules:
                    self._add(imported, path)
            if is_here:
                return
        if not self._is_folder_of_modules(parts[0]):
            self._installed.setdefault(parts[0], where)

    def _file_of(self, base: PurePosixPath) -> PurePosixPath | None:
        for path in (base.with_suffix(".py"), base / _INIT):
            if (self._root / path).is_file():
                return path
        return None

    def _is_folder_of_modules(self, name: str) -> bool:
        """Whether it is a package without `__init__.py`, of which `from NAME import b` may be
        resolved by `b`.
        """
        return (self._root / name).is_dir() and not is_installed(name)


def _text(root: Path, relative: PurePosixPath) -> str:
    path = root / relative
    try:
        if not path.resolve(strict=True).is_relative_to(root):
            raise CodeError(f"{relative} is a link that leads out of the workspace")
        # O_NONBLOCK: opening a pipe would block.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
                raise CodeError(f"{relative} is no file of at most {MAX_BYTES // 1000} KB")
            data = file.read(MAX_BYTES + 1)
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except FileNotFoundError as error:
        raise CodeError(f"no file {relative} in the workspace") from error
    except (OSError, SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise CodeError(f"{relative}: {error}") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parsed(text: str, where: str) -> ast.Module:
    """The syntax tree of a file's text. Raises CodeError, with the line."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        message = getattr(error, "msg", None) or str(error) or type(error).__name__
        raise CodeError(f"{where}{f' line {line}' if line else ''}: {message}") from error


def _imports(text: str, package: str, where: str) -> Iterator[tuple[str, int]]:
    """Names that the code imports, absolute and dotted, with their lines. `from a import b` gives
    `a` and `a.b`, which may be a module or an attribute.
    """
    for node in ast.walk(parsed(text, where)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".") if package else []
                if node.level - 1 > len(parts) or not parts:
                    raise CodeError(f"{where} line {node.lineno}: a relative import leads out")
                base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [base])])
            if base:
                yield base, node.lineno
            for alias in node.names:
                if alias.name != "*":
                    yield ".".join(filter(None, [base, alias.name])), node.lineno


def _distributions(wanted: Mapping[str, str]) -> tuple[Distribution, ...]:
    """The distributions that bring these top-level names, each with the place of its import.

    Raises CodeError for a name that none brings, and for one whose changes cannot be seen.
    """
    if not wanted:
        return ()
    import importlib.metadata

    brought = brought_by()
    pins = set()
    for name, where in wanted.items():
        if name not in brought:
            if is_installed(name):
                hint = "install it as a package, or move it into the workspace"
                raise CodeError(f"{where}: {name!r} is of no installed package", hint=hint)
            hint = f"pip install {name}, or mend the import"
            raise CodeError(f"{where}: no module {name!r}", hint=hint)
        for distribution_name in brought[name]:
            installed = importlib.metadata.distribution(distribution_name)
            if is_editable(installed):  # its RECORD does not cover its files
                hint = "install it without -e, or move it into the workspace"
                raise CodeError(f"{where}: {name!r} is installed as editable", hint=hint)
            pins.add(_pin(installed))
    return tuple(sorted(pins, key=lambda item: item.name))


def _pin(installed: importlib.metadata.Distribution) -> Distribution:
    record = installed.read_text("RECORD")
    name = installed.metadata["Name"]
    return Distribution(name, installed.version, fingerprint(record) if record else "")
