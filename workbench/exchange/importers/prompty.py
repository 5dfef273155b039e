"""A `.prompty` file."""

from __future__ import annotations

from pathlib import Path

from workbench.exchange.importers.base import Imported
from workbench.prompts.files.prompty import read_draft
from workbench.prompts.values import SUFFIX


class PromptyImporter:
    """See `Importer`."""

    summary = "A .prompty file."
    suffixes = (SUFFIX,)

    def recognizes(self, path: Path) -> bool:
        return path.suffix == SUFFIX

    def read(self, path: Path) -> Imported:
        return Imported((read_draft(path).prompt,))


KIND = PromptyImporter()
