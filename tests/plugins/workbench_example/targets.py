"""A target that writes the text of an approved version to a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.errors import UsageError
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Sent, Takes
from workbench.files import write_atomically
from workbench.typed_options import Option


class PlainText:
    """One file, `role:` before each message."""

    summary = "The messages of an approved version as plain text."
    takes = Takes.VERSION
    options: Mapping[str, Option] = {"heading": Option("", "A first line for the file.")}

    def loses(self, export: Export) -> Sequence[Loss]:
        return [
            Loss("model, inputs and tools"),
            Loss("evidence", "the file's name has the version"),
        ]

    def send(self, export: Export, destination: Destination) -> Sent:
        if export.prompt is None:
            raise UsageError("a prompt is needed")
        path = destination.file(f"{export.name}.txt")
        heading = destination.options["heading"]
        parts = [f"{message.role}:\n{message.content}\n" for message in export.prompt.messages]
        write_atomically(path, "\n".join([*([f"{heading}\n"] if heading else []), *parts]))
        return Sent(str(path), path)
