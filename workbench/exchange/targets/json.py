"""An approved version with its evidence as JSON, for apps and auditors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.errors import UsageError
from workbench.exchange.forms.version_json import (
    FORMAT,
    artefact,
    as_json,
    from_bytes,
    own_part,
    to_bytes,
)
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Held, Sent, Takes, writing
from workbench.exchange.travelling import evidence_in_short
from workbench.files import replacing
from workbench.typed_options import Option

__all__ = ["FORMAT", "KIND"]


class JsonTarget:
    """See `Target`."""

    summary = "An approved version with its evidence in short, as JSON."
    takes = Takes.VERSION
    holds_parts = True
    options: Mapping[str, Option] = {}

    def loses(self, export: Export) -> Sequence[Loss]:
        losses = [Loss("the ledger", "its head is kept, to compare with the registry's")]
        if export.approved and export.approved.status.evaluation:
            losses.append(Loss("the scores by case", "their mean and the gate's decision are kept"))
        return losses

    def refuses(self, export: Export, destination: Destination) -> Sequence[str]:
        del export, destination
        return ()

    def content(self, export: Export) -> Mapping[str, Any]:
        """The version's own part of the file: evidence and deployments may change later."""
        return {} if export.approved is None else artefact(export.approved.version)

    def read_back(self, export: Export, destination: Destination) -> Held | None:
        path = destination.file(f"{export.name}.json")
        own = own_part(_read(path)) or {}
        if (own.get("prompt_id"), own.get("version")) != (_id_of(export), export.version):
            return None
        return Held(str(path), export.version, own)

    def send(self, export: Export, destination: Destination) -> Sent:
        if export.approved is None:
            raise UsageError("JSON is written of an approved version")
        path = destination.file(f"{export.name}.json")
        content = as_json(export.registry, export.approved, evidence_in_short(export))
        if _without_head(_read(path)) == _without_head(from_bytes(to_bytes(content))):
            return Sent(str(path), path, str(path), changed=False)
        with writing(path), replacing(path) as temporary:
            temporary.write_bytes(to_bytes(content))
        return Sent(str(path), path, str(path))


KIND = JsonTarget()


def _read(path: Path) -> dict[str, Any]:
    """The export in a file; empty where there is nothing of ours: it is made, or replaced."""
    try:
        content = from_bytes(path.read_bytes())
    except OSError:
        return {}
    return content if isinstance(content, dict) and content.get("format") == FORMAT else {}


def _without_head(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key != "head"}


def _id_of(export: Export) -> str:
    return export.prompt.prompt_id if export.prompt else ""
