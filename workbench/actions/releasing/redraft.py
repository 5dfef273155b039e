"""Replaces a draft by the text of a version; the previous draft is kept."""

from __future__ import annotations

from workbench.actions.session import Session
from workbench.actions.workspace.draft_history import Replaced, place_of, replace_text
from workbench.prompts.files.prompty import write_prompty


def draft_from(session: Session, prompt_id: str, version: str) -> Replaced:
    """Replace the draft by that version's text. Raises NotInRegistry, OSError."""
    stored, workspace = session.registry.get_version(prompt_id, version), session.workspace
    path = place_of(workspace, prompt_id)
    text = write_prompty(stored.prompt, workspace.files_of(path))
    return replace_text(workspace, path, text.encode())
