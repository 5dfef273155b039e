"""Any prompt as a `.prompty` file: a draft elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from workbench.errors import UsageError
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Sent, Takes
from workbench.files import write_atomically
from workbench.prompts.files.prompty import write_prompty
from workbench.prompts.flat import flattened
from workbench.prompts.values import MESSAGES, SUFFIX, Prompt
from workbench.typed_options import Option


class PromptyTarget:
    """See `Target`."""

    summary = "Any prompt as a .prompty file, a draft elsewhere."
    takes = Takes.PROMPT
    options: Mapping[str, Option] = {}

    def loses(self, export: Export) -> Sequence[Loss]:
        losses = list(_part_losses(export.prompt)) if export.prompt else []
        if export.version:
            losses.append(
                Loss("version, author and date", "the version stands in the usual file name")
            )
            losses.append(Loss("evidence and deployments"))
        return losses

    def send(self, export: Export, destination: Destination) -> Sent:
        if export.prompt is None:
            raise UsageError("a .prompty file is written of a prompt")
        path = destination.file(f"{export.name}{SUFFIX}")
        write_atomically(path, as_prompty(export.prompt))
        return Sent(str(path), path)


KIND = PromptyTarget()


def as_prompty(prompt: Prompt) -> str:
    """The text of a Prompty file that needs no other file: for programs that have no snippets and
    no few-shot sets.
    """
    return write_prompty(flattened(prompt))


def _part_losses(prompt: Prompt) -> Iterator[Loss]:
    if prompt.snippets:
        names = ", ".join(prompt.snippets)
        yield Loss(f"the snippets {names}", "their text stands in the messages")
    if prompt.examples:
        yield Loss("the few-shot examples as data", "they stand in the messages as text")
    for item in prompt.inputs:
        if item.kind == MESSAGES:
            yield Loss(f"the kind of the input {item.name}", f"kind {MESSAGES} is ours alone")
        if item.limits():
            limits = ", ".join(item.limits())
            yield Loss(f"{limits} of the input {item.name}", "other programs read past them")
