"""Targets by the names that users give them: a kind, or a [targets.NAME] table."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.actions.trust import check_target_trust, target_place
from workbench.errors import TargetError, UsageError
from workbench.exchange.addresses import stated_address
from workbench.exchange.kinds import TARGETS, kind_of_table
from workbench.exchange.targets.base import Destination, Target
from workbench.plugins import Entry
from workbench.providers.redact import one_line
from workbench.settings import FILE_NAME, TargetSettings
from workbench.suggestions import did_you_mean
from workbench.workspace import Workspace

_SHOWN_CHARS = 400
_USER = re.compile(r"//[^/@\s]+@")
"""User and password in an address."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """A target with where it is."""

    entry: Entry[Target]
    destination: Destination
    secrets: tuple[str, ...] = ()
    """Never shown: values of the variables that its settings name."""

    @property
    def name(self) -> str:
        return self.destination.name

    @property
    def kind(self) -> Target:
        return self.entry.kind

    def to(self, output: str) -> Addressed:
        """The same, with the file or folder that a command line named; empty: none."""
        path = Path(output) if output else None
        return replace(self, destination=replace(self.destination, path=path))

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Makes what the target's code raises one line without secrets."""
        try:
            with self.entry.calling():
                yield
        except (TargetError, UsageError) as error:
            error.message, error.hint = self.shown(error.message), self.shown(error.hint)
            raise

    def shown(self, text: str) -> str:
        """One line without secrets: neither the values of variables, nor what stands in the uri
        beside the address.
        """
        uri = self.destination.uri
        bare = uri.partition("?")[0] if "://" in uri else uri
        return one_line(_USER.sub("//", text.replace(uri, bare)), self.secrets, _SHOWN_CHARS)


def target_named(
    workspace: Workspace, name: str, output: Path | None = None, *, unasked: bool = False
) -> Addressed:
    """The target of that name; `output` is what the command line names, `unasked` says that the
    settings and not the user chose it.

    Raises UsageError for an unknown one, SettingsError, and UntrustedWorkspace for a table that the
    user has not agreed to.
    """
    table = _table(workspace, name)
    entry, options = kind_of_table(table)
    check_target_trust(workspace, table, unasked=unasked)
    destination = Destination(
        output, stated_address(table, "targets"), workspace.root, options, name
    )
    named = [value for key, value in options.items() if key.endswith("_env")]
    secrets = [os.environ.get(str(value), "") for value in named]
    return Addressed(entry, destination, tuple(secret for secret in secrets if secret))


def find_target(workspace: Workspace, name: str) -> Entry[Target]:
    """The kind behind a target's name: that of its table, else the kind of that name."""
    return kind_of_table(_table(workspace, name))[0]


def target_lines(workspace: Workspace | None) -> list[tuple[str, str]]:
    """Each target that can be named, a workspace's own tables first, with what it does."""
    tables = workspace.settings.targets.values() if workspace else ()
    own = [
        (table.name, f"{FILE_NAME}: {table.kind or 'names no kind'} {target_place(table)}".rstrip())
        for table in tables
    ]
    kinds = []
    for entry in TARGETS.all():
        if isinstance(entry, Entry):
            mark = f" ({entry.plugin})" if entry.plugin else ""
            kinds.append((entry.name, f"{entry.kind.summary}{mark}"))
    return own + kinds


def _table(workspace: Workspace, name: str) -> TargetSettings:
    """The table of that name, else one that sets nothing for the kind of that name."""
    table = workspace.settings.targets.get(name)
    if table is None and name not in TARGETS.names():
        known = [*TARGETS.names(), *workspace.settings.targets]
        raise UsageError(f"no target {name!r}", hint=did_you_mean(name, known))
    return table or TargetSettings(name, name)
