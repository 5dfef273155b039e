"""Any prompt as a `.prompty` file: a draft elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.errors import UsageError
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Sent, Takes
from workbench.files import write_atomically
from workbench.prompts.files.prompty import write_prompty
from workbench.prompts.values import SUFFIX
from workbench.typed_options import Option


class PromptyTarget:
    """See `Target`."""

    summary = "Any prompt as a .prompty file, a draft elsewhere."
    takes = Takes.PROMPT
    options: Mapping[str, Option] = {}

    def loses(self, export: Export) -> Sequence[Loss]:
        if not export.version:
            return ()
        return (
            Loss("version, author and date", "the version stands in the usual file name"),
            Loss("evidence and deployments"),
        )

    def send(self, export: Export, destination: Destination) -> Sent:
        if export.prompt is None:
            raise UsageError("a .prompty file is written of a prompt")
        path = destination.file(f"{export.name}{SUFFIX}")
        write_atomically(path, write_prompty(export.prompt))
        return Sent(str(path), path)


KIND = PromptyTarget()
