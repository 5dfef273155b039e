"""An approved version with its evidence as JSON, for apps and auditors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        try:
            own = own_part(from_bytes(path.read_bytes()))
        except OSError:
            own = None
        if own is None or (own.get("prompt_id"), own.get("version")) != (
            _id_of(export),
            export.version,
        ):
            return None  # nothing of ours is there: it is made, or replaced
        return Held(str(path), export.version, own)

    def send(self, export: Export, destination: Destination) -> Sent:
        if export.approved is None:
            raise UsageError("JSON is written of an approved version")
        path = destination.file(f"{export.name}.json")
        evidence = evidence_in_short(export)
        data = to_bytes(as_json(export.registry, export.approved, evidence))
        with writing(path), replacing(path) as temporary:
            temporary.write_bytes(data)
        return Sent(str(path), path, str(path))


KIND = JsonTarget()


def _id_of(export: Export) -> str:
    return export.prompt.prompt_id if export.prompt else ""
