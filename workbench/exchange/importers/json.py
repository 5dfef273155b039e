"""A version that `workbench export json` wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import DraftError
from workbench.exchange.forms.version_json import FORMAT, prompt_of
from workbench.exchange.importers.base import Imported
from workbench.exchange.losses import Loss


class JsonImporter:
    """See `Importer`."""

    summary = "A version that `workbench export json` wrote."
    suffixes = (".json",)

    def recognizes(self, path: Path) -> bool:
        try:
            data = _parsed(path)
        except DraftError:
            return False
        return isinstance(data, Mapping) and data.get("format") == FORMAT

    def read(self, path: Path) -> Imported:
        losses = (Loss("version, evidence and deployments", "register the draft to release it"),)
        return Imported((prompt_of(_parsed(path), str(path)),), losses)


KIND = JsonImporter()


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DraftError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DraftError(f"{path} is not JSON: {error}") from error
