"""The kinds of export targets and of importers: one module each, and those of plug-ins."""

from __future__ import annotations

from functools import partial

from workbench.exchange.importers.base import Importer
from workbench.exchange.targets.base import Target
from workbench.plugins import KindTable, one_module_each

TARGETS: KindTable[Target] = KindTable(
    "workbench.targets",
    "target kind",
    Target,
    partial(one_module_each, "workbench.exchange.targets"),
)
IMPORTERS: KindTable[Importer] = KindTable(
    "workbench.importers",
    "import format",
    Importer,
    partial(one_module_each, "workbench.exchange.importers"),
)
