"""Into the workspace: other tools' files as drafts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from workbench.errors import DraftError, UsageError
from workbench.exchange.importers.base import Imported, Importer
from workbench.exchange.kinds import IMPORTERS
from workbench.files import write_atomically
from workbench.plugins import Entry
from workbench.prompts.files.prompty import parse_prompty, write_prompty
from workbench.prompts.values import MAX_TEXT_BYTES, SUFFIX, Prompt
from workbench.workspace import PROMPTS, Workspace


def import_drafts(
    workspace: Workspace, path: Path, name: str | None = None, kind: str = ""
) -> tuple[list[Path], Imported]:
    """Make a draft of each prompt in a file; the drafts' paths. `kind` names the file's format
    where it is not to be told by its content.

    What is imported is data: it brings no address, no key and no code. Raises UsageError when a
    draft of a name is there, or a name is given for several prompts.
    """
    imported = read_source(path, kind)
    if name and len(imported.prompts) > 1:
        raise UsageError(f"{path} has {len(imported.prompts)} prompts", hint="leave --as out")
    named = [replace(prompt, prompt_id=name) if name else prompt for prompt in imported.prompts]
    return write_drafts(workspace, named, name or str(path)), imported


def write_drafts(workspace: Workspace, prompts: Iterable[Prompt], where: str) -> list[Path]:
    """Make a draft of each prompt, or of none; their paths. `where` they came from, for messages.

    Raises UsageError when a draft of a name is there, DraftError for what no draft can be.
    """
    texts: dict[Path, str] = {}
    for prompt in prompts:
        text = write_prompty(prompt)
        prompt_id = parse_prompty(text, where=where).prompt_id
        if len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
            raise DraftError(f"{where}: its prompt is larger than {MAX_TEXT_BYTES // 1_000_000} MB")
        target = workspace.root / PROMPTS / f"{prompt_id}{SUFFIX}"
        if target.exists() or target in texts or workspace.draft_path(prompt_id):
            raise UsageError(
                f"there is a draft of {prompt_id} already", hint="give another name: --as NAME"
            )
        texts[target] = text
    for target, text in texts.items():
        write_atomically(target, text)
    return list(texts)


def read_source(path: Path, kind: str = "") -> Imported:
    """What a file brings, read by the importer that recognizes it. Raises DraftError."""
    entry = IMPORTERS.get(kind) if kind else _importer_of(path)
    with entry.calling():
        imported = entry.kind.read(path)
        if not imported.prompts:
            raise DraftError(f"{path} has no prompt")
        return imported


def _importer_of(path: Path) -> Entry[Importer]:
    usable = [entry for entry in IMPORTERS.all() if isinstance(entry, Entry)]
    candidates = []
    for entry in usable:
        with entry.calling():
            if entry.kind.recognizes(path):
                candidates.append(entry)
    if len(candidates) > 1:
        names = " and ".join(entry.name for entry in candidates)
        raise UsageError(f"{path} can be read as {names}", hint=f"--format {candidates[0].name}")
    # By its suffix alone: the importer says what is wrong with the file.
    candidates += [entry for entry in usable if path.suffix in entry.kind.suffixes]
    if not candidates:
        suffixes = sorted({suffix for entry in usable for suffix in entry.kind.suffixes})
        raise DraftError(
            f"{path}: no reader for {path.suffix or 'that'!r}", hint=", ".join(suffixes)
        )
    return candidates[0]
