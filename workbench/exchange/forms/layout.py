"""The layout of a folder, a bucket or a git repository that holds versions.

prompts/PROMPT/VERSION.json       the version with its evidence, never changed
prompts/PROMPT/VERSION.prompty    the same for people and for readers of Prompty
environments/ENVIRONMENT.json     which version of each prompt is live there
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import semver

from workbench.exchange.forms.version_json import FORMAT, from_bytes, own_part, to_bytes
from workbench.exchange.forms.version_json import prompt_of as prompt_in
from workbench.prompts.values import Prompt

POINTERS = "workbench.environment/1"
PROMPTS = "prompts"
ENVIRONMENTS = "environments"
MAX_BYTES = 64_000_000
"""Of a file that is read back; four times the largest draft is less."""

_ENVIRONMENT_FILE = re.compile(rf"{ENVIRONMENTS}/([a-z][a-z0-9_-]{{0,63}})\.json")
_VERSION_FILE = re.compile(
    rf"{PROMPTS}/[a-z0-9][a-z0-9_.-]{{0,99}}/([0-9A-Za-z.+-]{{1,200}})\.json"
)


def version_file(prompt_id: str, version: str) -> str:
    """The path of a version's JSON."""
    return f"{PROMPTS}/{prompt_id}/{version}.json"


def prompty_file(prompt_id: str, version: str) -> str:
    """The path of a version's Prompty file."""
    return f"{PROMPTS}/{prompt_id}/{version}.prompty"


def environment_file(environment: str) -> str:
    """The path of an environment's pointers."""
    return f"{ENVIRONMENTS}/{environment}.json"


def environment_of(path: str) -> str:
    """The environment whose pointers a path holds; empty for another path."""
    match = _ENVIRONMENT_FILE.fullmatch(path)
    return match[1] if match else ""


def version_of(path: str) -> str:
    """The version that a path holds as JSON; empty for another path."""
    match = _VERSION_FILE.fullmatch(path)
    return match[1] if match and semver.Version.is_valid(match[1]) else ""


def newest_of(paths: Iterable[str]) -> str:
    """The path of the highest version among them; empty without one."""
    versions = [(semver.Version.parse(version), p) for p in paths if (version := version_of(p))]
    return max(versions)[1] if versions else ""


def content_of(artefact: Mapping[str, Any], prompty: str) -> dict[str, Any]:
    """What is compared: the version itself, and the Prompty file."""
    return {**artefact, "prompty": prompty}


def content_in(json_file: bytes, prompty: bytes | None) -> dict[str, Any]:
    """The same of files that were read; what is no version of ours stands as a text."""
    own = own_part(from_bytes(json_file))
    if own is None:
        own = {"text": json_file.decode("utf-8", "replace")}
    return own if prompty is None else content_of(own, prompty.decode("utf-8", "replace"))


def pointers_in(data: bytes | None) -> dict[str, dict[str, str]]:
    """The pointers in an environment's file: prompt id to version and file. None: no file.

    Raises ValueError for what is no such file.
    """
    if data is None:
        return {}
    content = from_bytes(data)
    prompts = content.get("prompts") if isinstance(content, dict) else None
    if not isinstance(prompts, dict) or content.get("format") != POINTERS:
        raise ValueError(f"it is no file of the format {POINTERS}")
    return {
        str(name): {str(key): str(value) for key, value in entry.items()}
        for name, entry in prompts.items()
        if isinstance(entry, dict)
    }


def with_pointer(data: bytes | None, environment: str, prompt_id: str, ref: str | None) -> bytes:
    """The environment's file with a prompt's pointer set to the version file `ref`, or removed.

    Raises ValueError for what is no such file.
    """
    prompts = pointers_in(data)
    if ref is None:
        prompts.pop(prompt_id, None)
    else:
        prompts[prompt_id] = {"version": version_of(ref), "file": ref}
    return to_bytes({"format": POINTERS, "environment": environment, "prompts": prompts})


def prompt_of(prompt_id: str, content: Mapping[str, Any]) -> Prompt:
    """The prompt that a version over there is. Raises DraftError."""
    return prompt_in({**content, "format": FORMAT}, f"{prompt_id} over there")
