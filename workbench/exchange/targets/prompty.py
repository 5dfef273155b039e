"""Any prompt as a `.prompty` file: a draft elsewhere. A version brings its evidence along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.errors import UsageError
from workbench.exchange.forms import front_matter
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Held, Sent, Takes
from workbench.exchange.versions import evidence_of
from workbench.files import write_atomically
from workbench.prompts.files.prompty import write_prompty
from workbench.prompts.values import MESSAGES, SUFFIX, Prompt
from workbench.typed_options import Option

_METADATA = "metadata"
_OWN = "workbench"
_FIXED = ("version", "fingerprint")


class PromptyTarget:
    """See `VersionTarget`."""

    summary = "Any prompt as a .prompty file, a draft elsewhere."
    takes = Takes.PROMPT
    options: Mapping[str, Option] = {}

    def refuses(self, export: Export, destination: Destination) -> Sequence[str]:
        del export, destination
        return ()

    def loses(self, export: Export) -> Sequence[Loss]:
        prompt = _prompt(export)
        losses = list(_input_losses(prompt))
        if isinstance(prompt.outputs, Mapping) and {"type", "$schema"} & prompt.outputs.keys():
            shown = "as here; Prompty's own loader takes a list alone"
            losses.append(Loss("outputs as JSON Schema", shown))
        if export.version:
            losses += [
                Loss("that the version is fixed", f"its number and hash in {_METADATA}.{_OWN}"),
                Loss("evidence and deployments", f"the evidence in short in {_METADATA}.{_OWN}"),
            ]
        return losses

    def content(self, export: Export) -> Mapping[str, Any]:
        return _compared(front_matter.read(_text(export)))

    def read_back(self, export: Export, destination: Destination) -> Held | None:
        path = destination.file(f"{export.name}{SUFFIX}")
        try:
            content = _compared(front_matter.read(path.read_text("utf-8", errors="replace")))
        except OSError:
            return None
        own = _own(content["front"])
        if content["front"].get("name") != _prompt(export).prompt_id or (
            str(own.get("version", "")) != export.version
        ):
            return None  # another prompt or version: it is replaced, like any older file
        return Held(str(path), export.version, content)

    def send(self, export: Export, destination: Destination) -> Sent:
        path = destination.file(f"{export.name}{SUFFIX}")
        write_atomically(path, _text(export))
        return Sent(str(path), path, str(path))


KIND = PromptyTarget()


def _prompt(export: Export) -> Prompt:
    if export.prompt is None:
        raise UsageError("a .prompty file is written of a prompt")
    return export.prompt


def _text(export: Export) -> str:
    """The draft; of a version, `metadata` says which it is, and what it was tested by."""
    prompt, evidence = _prompt(export), evidence_of(export)
    if not evidence:
        return write_prompty(prompt)
    given = prompt.extra.get(_METADATA)
    metadata: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
    author = evidence.pop("author", "")
    if author and "authors" not in metadata:
        metadata["authors"] = [author]
    own = {key: text for key, text in evidence.items() if key not in ("prompt_id", "description")}
    metadata |= {"version": export.version, _OWN: own}
    return write_prompty(replace(prompt, extra={**prompt.extra, _METADATA: metadata}))


def _own(front: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = front.get(_METADATA)
    own = metadata.get(_OWN) if isinstance(metadata, Mapping) else None
    return own if isinstance(own, Mapping) else {}


def _compared(content: Mapping[str, Any]) -> dict[str, Any]:
    """The file without the evidence, which may change."""
    front = dict(content["front"])
    own = {key: value for key, value in _own(front).items() if key in _FIXED}
    if isinstance(front.get(_METADATA), Mapping):
        front[_METADATA] = {**front[_METADATA], _OWN: own}
    return {"front": front, "body": content["body"]}


def _input_losses(prompt: Prompt) -> Iterator[Loss]:
    for item in prompt.inputs:
        if item.kind == MESSAGES:
            yield Loss(f"the kind of the input {item.name}", f"kind {MESSAGES} is ours alone")
        if item.limits():
            limits = ", ".join(item.limits())
            yield Loss(f"{limits} of the input {item.name}", "other programs read past them")
