"""Replaces a draft by the text of a version; the previous draft is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workbench.actions.session import Session
from workbench.files import write_atomically
from workbench.prompts.files.prompty import write_prompty
from workbench.prompts.values import SUFFIX
from workbench.workspace import PROMPTS

KEPT = "drafts"
"""Folder in the workspace's state for replaced drafts."""


@dataclass(frozen=True, slots=True)
class Redraft:
    """The draft's file, and the file with its previous text."""

    path: Path
    kept: Path | None
    """None: there was no draft, or it had the same text."""


def draft_from(session: Session, prompt_id: str, version: str) -> Redraft:
    """Replace the draft by that version's text. Raises NotInRegistry, OSError."""
    stored = session.registry.get_version(prompt_id, version)
    workspace = session.workspace
    path = workspace.draft_path(prompt_id) or workspace.root / PROMPTS / f"{prompt_id}{SUFFIX}"
    text = write_prompty(stored.prompt, workspace.files_of(path))
    kept = None
    if path.exists():
        before = path.read_bytes()
        if before == text.encode():
            return Redraft(path, None)
        now = datetime.now().astimezone()
        kept = workspace.state / KEPT / f"{path.stem}-{now:%Y%m%d-%H%M%S-%f}{path.suffix}"
        write_atomically(kept, before)
    write_atomically(path, text)
    return Redraft(path, kept)
