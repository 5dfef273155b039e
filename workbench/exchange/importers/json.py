"""A version that `workbench export json` wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.errors import DraftError
from workbench.exchange.importers.base import Imported
from workbench.exchange.losses import Loss
from workbench.exchange.targets.json import FORMAT
from workbench.prompts.codec import template_format
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.files.strict_yaml import dump_yaml
from workbench.prompts.revisions import least_revision
from workbench.prompts.values import FIRST_REVISION, PARTS_REVISION, REVISION, Message, Prompt

_LINE = re.compile(r": line \d+")


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
        return Imported((_prompt(_parsed(path), path),), losses)


KIND = JsonImporter()


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DraftError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DraftError(f"{path} is not JSON: {error}") from error


def _prompt(data: Any, path: Path) -> Prompt:
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise DraftError(f"{path} is no export of a version", hint="workbench export json PROMPT")
    front = {
        "name": data.get("prompt_id"),
        "description": data.get("description") or "",
        "model": data.get("model"),
        "inputs": data.get("inputs"),
        "outputs": data.get("outputs"),
        "tools": data.get("tools"),
        "template": {"format": {"kind": template_format(str(data.get("template")))}},
        "examples": _examples(data.get("examples")),
        "snippets": data.get("snippets") or None,
    }
    included = "".join(f'{{% include "{name}" %}}\n' for name in data.get("snippets") or ())
    # Through the parser of drafts, which checks every part of it.
    try:
        parsed = parse_prompty(f"---\n{dump_yaml(front)}---\nuser:\nx\n{included}", where=str(path))
    except DraftError as error:
        # The line is one of a text that nobody has.
        raise DraftError(_LINE.sub(":", error.message, count=1), hint=error.hint) from error
    messages = _messages(data.get("messages"), path)
    revision = data.get("revision", FIRST_REVISION)
    if revision not in (FIRST_REVISION, REVISION, PARTS_REVISION):
        raise DraftError(f"{path}: template revision {revision!r} is unknown here")
    least = least_revision(
        messages, parsed.inputs, parsed.template_format, has_examples=parsed.examples is not None
    )
    return replace(parsed, messages=messages, revision=min(revision, least))


def _examples(data: Any) -> Any:
    if not isinstance(data, Mapping):
        return data
    return {key: data[key] for key in ("template", "rows") if key in data}


def _messages(items: Any, path: Path) -> tuple[Message, ...]:
    if not isinstance(items, list) or not all(
        isinstance(item, Mapping)
        and isinstance(item.get("role"), str)
        and isinstance(item.get("content"), str)
        for item in items
    ):
        raise DraftError(f"{path}: messages must be a list of role and content")
    return tuple(Message(item["role"], item["content"]) for item in items)
