"""Langfuse's bulk export of prompts, and lists of versions that scripts write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.errors import DraftError
from workbench.exchange.forms.foreign import (
    each_prompt,
    json_of,
    json_or_none,
    prompt_of,
    unknown_keys,
)
from workbench.exchange.hosted import SLOT
from workbench.exchange.importers.base import Imported
from workbench.exchange.losses import Loss
from workbench.exchange.mustache import LANGFUSE
from workbench.prompts.values import Prompt

_KEYS = frozenset(
    {"name", "type", "prompt", "config", "labels", "tags", "commitMessage", "version", "id"}
    | {"createdAt", "updatedAt", "projectId", "createdBy", "isActive", "resolutionGraph"}
)
_COMPOSED = "@@@langfusePrompt:"
_LIVE = "production"


class LangfuseImporter:
    """See `Importer`."""

    summary = "Prompts as Langfuse exports them: a JSON list of versions."
    suffixes = ()

    def recognizes(self, path: Path) -> bool:
        return bool(_entries(json_or_none(path)))

    def read(self, path: Path) -> Imported:
        entries = _entries(json_of(path))
        if not entries:
            raise DraftError(f"{path} is no list of Langfuse's prompts")
        latest: dict[str, Mapping[str, Any]] = {}
        losses: list[Loss] = []
        for entry in entries:
            losses += unknown_keys(entry, _KEYS, f"of the prompt {entry['name']}")
            held = latest.setdefault(entry["name"], entry)
            if _rank(entry) > _rank(held):
                latest[entry["name"]] = entry
        for entry in entries:
            taken = latest[entry["name"]]
            if entry is not taken:
                what = f"version {entry.get('version')} of {entry['name']}"
                losses.append(Loss(what, f"version {taken.get('version')} became the draft"))
        prompts, more = each_prompt(latest.items(), _prompt, str(path))
        return Imported(prompts, (*more, *losses, *_pointers(latest)))


KIND = LangfuseImporter()


def _entries(data: Any) -> list[Mapping[str, Any]]:
    """The versions in a file; none where it is something else."""
    listed = data.get("prompts") if isinstance(data, Mapping) else data
    if not isinstance(listed, list):
        return []
    return listed if all(_is_version(entry) for entry in listed) else []


def _is_version(entry: Any) -> bool:
    return (
        isinstance(entry, Mapping)
        and isinstance(entry.get("name"), str)
        and isinstance(entry.get("prompt"), (str, list))
        and ("labels" in entry or "type" in entry or "config" in entry)
        and not {"openai_prompt_id", "versions"} & entry.keys()
    )


def _rank(entry: Mapping[str, Any]) -> tuple[bool, float]:
    """What is live comes first, then the newest."""
    version = entry.get("version")
    return _LIVE in _labels(entry), version if isinstance(version, (int, float)) else 0


def _labels(entry: Mapping[str, Any]) -> list[Any]:
    labels = entry.get("labels")
    return labels if isinstance(labels, list) else []


def _prompt(name: str, entry: Mapping[str, Any]) -> Prompt:
    message = entry.get("commitMessage")
    description = message if isinstance(message, str) else ""
    return prompt_of(name, list(_messages(entry)), entry.get("config"), LANGFUSE, description)


def _messages(entry: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    template = entry["prompt"]
    if _COMPOSED in str(template):
        raise DraftError(f"it includes another prompt by {_COMPOSED}…@@@: export it resolved")
    if isinstance(template, str):
        yield "user", template
        return
    for item in template:
        if not isinstance(item, Mapping):
            raise DraftError(f"{item!r} is no message")
        if item.get("type") == "placeholder":
            yield SLOT, item.get("name")
        else:
            yield item.get("role"), item.get("content")


def _pointers(latest: Mapping[str, Mapping[str, Any]]) -> Iterator[Loss]:
    for name, entry in latest.items():
        labels = [str(label) for label in _labels(entry) if label != "latest"]
        if labels:
            instead = "register the draft and deploy it"
            yield Loss(f"the labels {', '.join(labels)} of {name}", instead)
