"""Kinds of scorers, providers, targets and importers by name: built in, or of a plug-in.

A plug-in is an installed distribution with an entry point in the group of a kind; the name of the
entry point is the kind's name. Entry points are read only when a name is not built in, or when
all are listed: `importlib.metadata` costs 50 ms.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from workbench.errors import PluginError, UsageError, WorkbenchError
from workbench.suggestions import did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Kind = TypeVar("Kind")
Loaders = Mapping[str, Callable[[], Kind]]
"""Name to what gives the kind, which may import its module."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """The distribution that a kind comes from."""

    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


@dataclass(frozen=True, slots=True)
class Entry(Generic[Kind]):
    """A kind under its name."""

    name: str
    kind: Kind
    plugin: Plugin | None = None
    """None: it is built in."""

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Raises PluginError, naming the plug-in, where its code raises what is not our error."""
        try:
            yield
        except WorkbenchError:
            raise
        except Exception as error:
            if self.plugin is None:
                raise
            raise PluginError(
                f"{self.name!r} of {self.plugin} failed: {_in_words(error)}",
                hint="its authors can mend it",
            ) from error


@dataclass(frozen=True, slots=True)
class KindTable(Generic[Kind]):
    """All kinds of one sort."""

    group: str
    """The entry points' group: `workbench.scorers`."""
    noun: str
    """What one is called in messages: `scorer`."""
    protocol: type
    """What a kind must have; a Protocol."""
    builtin: Callable[[], Loaders[Kind]]
    misfit: Callable[[Kind], str] = lambda _kind: ""
    """What is wrong with a kind that has every member, or nothing."""

    def get(self, name: str, where: str = "", error: type[UsageError] = UsageError) -> Entry[Kind]:
        """The kind of that name. Raises `error` with the nearest known name, or PluginError; both
        begin with `where`.
        """
        place = f"{where}: " if where else ""
        try:
            entry = self.find(name)
        except PluginError as broken:
            raise PluginError(f"{place}{broken.message}", hint=broken.hint) from broken
        if entry is None:
            hint = did_you_mean(name, self.names())
            raise error(f"{place}no {self.noun} {name!r}", hint=hint)
        return entry

    def find(self, name: str) -> Entry[Kind] | None:
        """The kind of that name, or None. Raises PluginError for a plug-in that cannot be used."""
        loaders = self.builtin()
        if name in loaders:
            return Entry(name, loaders[name]())
        points = [point for point in _entry_points(self.group) if point.point.name == name]
        if len(points) > 1:
            raise PluginError(
                f"the {self.noun} {name!r} comes from two plug-ins: "
                f"{' and '.join(str(point.plugin) for point in points)}",
                hint=f"pip uninstall {points[-1].plugin.distribution}, or the other",
            )
        return self._loaded(points[0]) if points else None

    def names(self) -> list[str]:
        """The names of all kinds; imports no plug-in."""
        points = _entry_points(self.group)
        return sorted({*self.builtin(), *(point.point.name for point in points)})

    def all(self) -> list[Entry[Kind] | PluginError]:
        """Every kind by name; for a plug-in that cannot be used, the error that says why."""
        return [*self._hidden(), *self._entries(self.names())]

    def plugins(self) -> list[Entry[Kind] | PluginError]:
        """`all` without those that are built in, which are not imported."""
        return [*self._hidden(), *self._entries(sorted({*self.names()} - {*self.builtin()}))]

    def _hidden(self) -> list[PluginError]:
        """The errors for plug-ins with the name of a kind that is built in."""
        builtin = self.builtin()
        return [
            PluginError(
                f"the {self.noun} {point.point.name!r} of {point.plugin} is not used: "
                "one of that name is built in",
                hint=f"rename it, or pip uninstall {point.plugin.distribution}",
            )
            for point in _entry_points(self.group)
            if point.point.name in builtin
        ]

    def _entries(self, names: Iterable[str]) -> Iterator[Entry[Kind] | PluginError]:
        for name in names:
            try:
                entry = self.find(name)
            except PluginError as error:
                yield error
            else:
                if entry:
                    yield entry

    def _loaded(self, entry_point: _Point) -> Entry[Kind]:
        try:
            kind = entry_point.point.load()
            if isinstance(kind, type):
                kind = kind()
            problem = lacks(kind, self.protocol) or self.misfit(kind)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plug-in may raise anything
            problem = _in_words(error)
        if problem:
            name = entry_point.plugin.distribution
            raise PluginError(
                f"the {self.noun} {entry_point.point.name!r} of {entry_point.plugin}"
                f" cannot be used: {problem}",
                hint=f"pip install --upgrade {name}, or pip uninstall {name}",
            )
        return Entry(entry_point.point.name, cast(Kind, kind), entry_point.plugin)


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


def lacks(kind: Any, protocol: type) -> str:
    """Which member of a Protocol an object does not have, or nothing."""
    for name, wanted in vars(protocol).items():
        if name.startswith("_"):
            continue
        if not hasattr(kind, name):
            return f"it has no {name}"
        if callable(wanted) and not callable(getattr(kind, name)):
            return f"its {name} is not a method"
    return ""


@cache
def one_module_each(package: str) -> Loaders[Any]:
    """The kinds of a package with one module each: its name is the kind's, and it has a KIND."""
    names = [entry_point.name for entry_point in iter_modules(import_module(package).__path__)]
    return {
        name.replace("_", "-"): partial(_kind_in, f"{package}.{name}")
        for name in names
        if name != "base"
    }


def _kind_in(module: str) -> Any:
    return import_module(module).KIND


@dataclass(frozen=True, slots=True)
class _Point:
    point: EntryPoint
    plugin: Plugin


def _entry_points(group: str) -> tuple[_Point, ...]:
    here = Path.cwd().resolve()
    # `python -m workbench` has the current folder on the path: a workspace brings no plug-ins.
    return _read(group, tuple(one for one in sys.path if one and Path(one).resolve() != here))


@lru_cache(maxsize=16)
def _read(group: str, path: tuple[str, ...]) -> tuple[_Point, ...]:
    return tuple(sorted(_points(group, path), key=lambda one: (one.point.name, str(one.plugin))))


def _points(group: str, path: tuple[str, ...]) -> Iterator[_Point]:
    from importlib.metadata import distributions

    seen: set[str] = set()
    for distribution in distributions(path=list(path)):
        try:
            points = distribution.entry_points.select(group=group)
            if not points:
                continue
            name, version = distribution.metadata["Name"], distribution.version
        except Exception:  # noqa: BLE001 - another package's damaged metadata is not ours to report
            continue
        normalized = re.sub(r"[-_.]+", "-", name).lower()
        if normalized not in seen:  # the first on the path is the one that is imported
            seen.add(normalized)
            yield from (_Point(point, Plugin(name, version)) for point in points)
