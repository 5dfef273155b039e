"""The kinds of export targets and of importers: one module each, and those of plug-ins."""

from __future__ import annotations

from functools import partial
from typing import Any

from workbench.errors import SettingsError
from workbench.exchange.importers.base import Importer
from workbench.exchange.targets.base import Takes, Target
from workbench.plugins import Entry, KindTable, one_module_each
from workbench.settings import FILE_NAME, TargetSettings
from workbench.typed_options import options_problem, read_options


def _takes_problem(takes: object) -> str:
    return "" if isinstance(takes, Takes) else f"its takes is {takes!r}, not one of Takes"


TARGETS: KindTable[Target] = KindTable(
    "workbench.targets",
    "target kind",
    Target,
    partial(one_module_each, "workbench.exchange.targets"),
    lambda kind: options_problem(kind.options) or _takes_problem(kind.takes),
)
IMPORTERS: KindTable[Importer] = KindTable(
    "workbench.importers",
    "import format",
    Importer,
    partial(one_module_each, "workbench.exchange.importers"),
)


def kind_of_table(table: TargetSettings) -> tuple[Entry[Target], dict[str, Any]]:
    """The kind of a [targets.NAME] table, with the options that it sets or leaves as they are.

    Raises SettingsError for an unknown kind or a wrong option, or PluginError.
    """
    where = f"{FILE_NAME} [targets.{table.name}]"
    if not table.kind:
        raise SettingsError(f"{where} names no kind", hint=f"kind: {', '.join(TARGETS.names())}")
    entry = TARGETS.get(table.kind, where, SettingsError)
    options = read_options(table.options, entry.kind.options, f"{where}: options", SettingsError)
    return entry, options
