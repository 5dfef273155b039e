"""Export to files in other tools' formats, and import as drafts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.actions.refs import resolve
from workbench.actions.session import Session
from workbench.errors import DraftError, UsageError
from workbench.files import write_atomically
from workbench.prompts.files.prompty import parse_prompty, read_draft, write_prompty
from workbench.prompts.key_like import keys_in
from workbench.prompts.values import (
    FIRST_REVISION,
    MAX_TEXT_BYTES,
    REVISION,
    SUFFIX,
    Message,
    Prompt,
)
from workbench.settings import FILE_NAME
from workbench.suggestions import did_you_mean
from workbench.workspace import PROMPTS, Workspace

SQLITE, JSON, PROMPTY = "sqlite", "json", "prompty"
_LINE = re.compile(r": line \d+")
FORMATS = (SQLITE, JSON, PROMPTY)


def export(
    session: Session, target: str, ref: str | None, path: Path | None, environment: str
) -> Path:
    """Write the registry (`sqlite`), an approved version (`json`) or any prompt (`prompty`) to a
    file, atomically; returns its path.

    Raises GateRefused for JSON of a version that is not approved, UsageError for an unknown target.
    """
    if target not in FORMATS:
        if target in session.workspace.settings.targets:
            raise UsageError(
                f"{FILE_NAME} [targets.{target}]: this version exports to files only",
                hint=f"workbench export {JSON} PROMPT@VERSION",
            )
        raise UsageError(f"no target {target!r}", hint=did_you_mean(target, FORMATS))
    if target == SQLITE:
        if ref:
            raise UsageError("a SQLite file holds the whole registry", hint="leave the prompt out")
        return _sqlite(session, path or Path("prompts.db"))
    if not ref:
        raise UsageError(f"{target} needs a prompt", hint=f"workbench export {target} PROMPT")
    if target == PROMPTY:
        source = resolve(session, ref)
        output = path or Path(f"{source.prompt.prompt_id}-{source.version or source.label}{SUFFIX}")
        write_atomically(output, write_prompty(source.prompt))
        return output
    return _json(session, ref, path, environment)


def keys_exported(session: Session, target: str, ref: str | None) -> Iterator[str]:
    """Yield warnings about apparent keys in what `export` would write."""
    if ref:
        prompts = [(ref, resolve(session, ref).prompt)]
    elif target == SQLITE:
        ids = [listing.prompt_id for listing in session.registry.prompts()]
        prompts = [(v.ref, v.prompt) for name in ids for v in session.registry.versions(name)]
    else:
        return
    for name, prompt in prompts:
        yield from (f"{name}: {warning}" for warning in keys_in(prompt))


def import_draft(workspace: Workspace, path: Path, name: str | None = None) -> Path:
    """Make a draft from a `.prompty` file or a JSON export; returns the draft's path.

    Imported files are data: addresses, keys and code are not imported. Raises UsageError when a
    draft of that name exists, DraftError for an invalid file.
    """
    prompt = read_prompt(path)
    text = write_prompty(prompt)
    if name and name != prompt.prompt_id:
        text = write_prompty(replace(prompt, prompt_id=name))
        prompt = parse_prompty(text, where=name)
    if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise DraftError(f"{path}: its prompt is larger than {MAX_TEXT_BYTES // 1_000_000} MB")
    target = workspace.root / PROMPTS / f"{prompt.prompt_id}{SUFFIX}"
    if target.exists() or workspace.draft_path(prompt.prompt_id):
        raise UsageError(
            f"there is a draft of {prompt.prompt_id} already", hint="give another name: --as NAME"
        )
    write_atomically(target, text)
    return target


def read_prompt(path: Path) -> Prompt:
    """The prompt in a `.prompty` file or in a JSON export. Raises DraftError."""
    if path.suffix == SUFFIX:
        return read_draft(path).prompt
    if path.suffix != ".json":
        raise DraftError(f"{path}: no reader for {path.suffix or 'that'!r}", hint=".prompty, .json")
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise DraftError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DraftError(f"{path} is not JSON: {error}") from error
    return _from_json(data, path)


def _from_json(data: Any, path: Path) -> Prompt:
    from workbench.exchange.snapshot import JSON_FORMAT
    from workbench.prompts.files.strict_yaml import dump_yaml
    from workbench.prompts.revisions import least_revision

    if not isinstance(data, Mapping) or data.get("format") != JSON_FORMAT:
        raise DraftError(f"{path} is no export of a version", hint="workbench export json PROMPT")
    front = {
        "name": data.get("prompt_id"),
        "description": data.get("description") or "",
        "model": data.get("model"),
        "inputs": data.get("inputs"),
        "outputs": data.get("outputs"),
        "tools": data.get("tools"),
        "template": {"format": {"kind": data.get("template")}},
    }
    # The draft parser checks every part.
    try:
        parsed = parse_prompty(f"---\n{dump_yaml(front)}---\nuser:\nx\n", where=str(path))
    except DraftError as error:
        # The line number refers to generated text.
        raise DraftError(_LINE.sub(":", error.message, count=1), hint=error.hint) from error
    messages = data.get("messages")
    if not isinstance(messages, list) or not all(
        isinstance(item, Mapping)
        and isinstance(item.get("role"), str)
        and isinstance(item.get("content"), str)
        for item in messages
    ):
        raise DraftError(f"{path}: messages must be a list of role and content")
    contents = tuple(Message(item["role"], item["content"]) for item in messages)
    revision = data.get("revision", FIRST_REVISION)
    if revision not in (FIRST_REVISION, REVISION):
        raise DraftError(f"{path}: template revision {revision!r} is unknown here")
    least = least_revision(contents, parsed.inputs, parsed.template_format)
    return replace(parsed, messages=contents, revision=min(revision, least))


def _sqlite(session: Session, path: Path) -> Path:
    from workbench.exchange.snapshot import write_snapshot

    try:
        return write_snapshot(session.registry, path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def _json(session: Session, ref: str, path: Path | None, environment: str) -> Path:
    from workbench.exchange.snapshot import write_version_json

    prompt_id, _, where = ref.partition("@")
    environments = [settings.name for settings in session.registry.environments()]
    version = where
    if not where or where in environments:
        environment = where or environment
        version = session.registry.require_active(prompt_id, environment, strict=True).version
    output = path or Path(f"{prompt_id}-{version}.json")
    try:
        return write_version_json(session.registry, prompt_id, version, output, environment)
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror}") from error
