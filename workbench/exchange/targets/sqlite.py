"""The registry as one read-only SQLite file, for apps that may not write beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.errors import RegistryError
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Sent, Takes, writing
from workbench.files import replacing
from workbench.registry import PromptRegistry
from workbench.typed_options import Option


class SqliteTarget:
    """See `Target`."""

    summary = "The whole registry, read-only, for apps that may not write beside it."
    takes = Takes.REGISTRY
    options: Mapping[str, Option] = {}

    def loses(self, export: Export) -> Sequence[Loss]:
        del export
        return ()

    def send(self, export: Export, destination: Destination) -> Sent:
        path = destination.file("prompts.db")
        with writing(path):
            return Sent(str(path), write_snapshot(export.registry, path))


KIND = SqliteTarget()


def write_snapshot(registry: PromptRegistry, path: Path) -> Path:
    """The registry as a read-only SQLite file without a write-ahead log, for apps that may not
    write beside it.

    Apps read it like the registry itself, with PromptRegistry or the view `active_prompts`; the
    ledger is in it, so it can be verified. An app that has the old file open notices the new one
    within a fiftieth of a second. Raises RegistryError for the registry's own path.
    """
    path = path.absolute()
    if path.resolve() == Path(registry.path):
        raise RegistryError(
            f"{path} is the registry itself", hint="name another file for the snapshot"
        )
    with replacing(path, mode=0o444) as temporary:
        # SQLite makes the copy, and only where there is no file yet.
        temporary.unlink()
        registry.backup(temporary)
    return path
