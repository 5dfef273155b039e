"""What a registry of models says of one artifact."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.exchange.targets.base import Destination
from workbench.fingerprints import canonical_json
from workbench.typed_options import Option


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A model artifact as its registry has it at one moment."""

    uri: str
    """As the draft names it; it may end in an alias."""
    version: str
    digest: str
    """sha256 of what `digest_of` says, or the registry's own digest."""
    digest_of: str
    stage: str = ""
    approval: str = ""

    def content(self) -> dict[str, str]:
        """As plain JSON values, without what is empty."""
        parts = {
            "uri": self.uri,
            "version": self.version,
            "digest": self.digest,
            "digest_of": self.digest_of,
            "stage": self.stage,
            "approval": self.approval,
        }
        return {name: value for name, value in parts.items() if value}


class ModelRegistry(Protocol):
    """A kind of registry of models: what `kind` in a [model_registries.NAME] table chooses."""

    @property
    def options(self) -> Mapping[str, Option]:
        """The options that [model_registries.NAME.options] may set, by name."""

    def resolve(self, uri: str, destination: Destination, /) -> ResolvedModel:
        """What the URI names there, now. Raises UsageError for a URI that is none, ExtraMissing,
        TargetRefused for a model that is not there, TargetUnreachable.
        """


def digest_of(value: Any) -> str:
    """sha256 of plain JSON values."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()
