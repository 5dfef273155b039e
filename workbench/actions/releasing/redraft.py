"""Go back to the text of a version: it becomes the draft, and the draft that was there is kept."""

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
"""The folder of the workspace's state for drafts that gave way."""


@dataclass(frozen=True, slots=True)
class Redraft:
    """Which file is the draft now, and where the text is that it had before."""

    path: Path
    kept: Path | None
    """None: there was no draft, or it said the same."""


def draft_from(session: Session, prompt_id: str, version: str) -> Redraft:
    """Make the draft say what that version says. Raises NotInRegistry, OSError."""
    wanted = session.registry.get_version(prompt_id, version)
    text = write_prompty(wanted.prompt)
    workspace = session.workspace
    path = workspace.draft_path(prompt_id) or workspace.root / PROMPTS / f"{prompt_id}{SUFFIX}"
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
