"""The texts that drafts and variants had before they were replaced or dropped.

Each is a file of `.workbench/drafts`, named after the draft's file and the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workbench.errors import DraftError, NotFound
from workbench.files import write_atomically
from workbench.prompts.files.variants import file_name, own_name, split_name
from workbench.prompts.values import SUFFIX
from workbench.suggestions import did_you_mean
from workbench.workspace import PROMPTS, Workspace

FOLDER = "drafts"
_TIME = "%Y%m%d-%H%M%S-%f"
_KEPT = re.compile(r"(?P<stem>.+)-(?P<time>\d{8}-\d{6}-\d{6})")


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept text."""

    name: str
    """Of the file, without its suffix: what `restore` takes."""
    prompt_id: str
    variant: str
    """Empty: it was the draft's."""
    at: datetime
    """Local time."""
    path: Path


@dataclass(frozen=True, slots=True)
class Replaced:
    """A draft's file, and the file with its previous text."""

    path: Path
    kept: Path | None
    """None: there was no draft, or it had the same text."""


def keep(workspace: Workspace, path: Path) -> Path:
    """Copy the text of a draft to the history. Raises OSError, UsageError."""
    now = datetime.now().astimezone()
    workspace.make_state()
    kept = workspace.state / FOLDER / f"{path.stem}-{now:{_TIME}}{path.suffix}"
    write_atomically(kept, path.read_bytes())
    return kept


def replace_text(workspace: Workspace, path: Path, text: bytes) -> Replaced:
    """Write a draft's file; a different text that it had is kept. Raises OSError, UsageError."""
    kept = None
    if path.exists():
        if path.read_bytes() == text:
            return Replaced(path, None)
        kept = keep(workspace, path)
    write_atomically(path, text)
    return Replaced(path, kept)


def place_of(workspace: Workspace, prompt_id: str, variant: str = "") -> Path:
    """The file of a draft or variant: the existing one, else a new one beside the prompt's others.

    Raises DraftError when that name is taken by the draft of another prompt.
    """
    draft, variants = workspace.draft_path(prompt_id), workspace.variant_paths(prompt_id)
    existing = variants.get(variant) if variant else draft
    if existing:
        return existing
    others = [*([draft] if draft else []), *variants.values()]
    folder = others[0].parent if others else workspace.root / PROMPTS
    path = folder / file_name(prompt_id, variant)
    if path.exists():
        raise DraftError(f"{path} is the draft of another prompt", hint="rename it")
    return path


def history(workspace: Workspace, prompt_id: str) -> tuple[Kept, ...]:
    """The kept texts of a prompt's draft and variants, newest first."""
    folder = workspace.state / FOLDER
    texts = []
    for path in folder.glob(f"*{SUFFIX}") if folder.is_dir() else ():
        match = _KEPT.fullmatch(path.stem)
        if match is None:
            continue
        name, variant = split_name(match["stem"])
        if name == prompt_id or (not variant and _prompt_id(path) == prompt_id):
            at = datetime.strptime(match["time"], _TIME).astimezone()
            texts.append(Kept(path.stem, prompt_id, variant, at, path))
    return tuple(sorted(texts, key=lambda text: (text.at, text.name), reverse=True))


def _prompt_id(path: Path) -> str:
    """The name in the text's front matter; empty without one, or if it cannot be read."""
    try:
        return own_name(path.read_text(encoding="utf-8"), str(path))
    except (DraftError, OSError, UnicodeDecodeError):
        return ""


def restore(workspace: Workspace, prompt_id: str, variant: str = "", name: str = "") -> Replaced:
    """Write a kept text to the file of the draft or variant, whose present text is kept.

    `name`: which text, also one of another variant; by default the newest of this one. Raises
    NotFound, OSError, UsageError.
    """
    texts = history(workspace, prompt_id)
    fitting = [text for text in texts if (text.name == name if name else text.variant == variant)]
    if not fitting:
        what = f"text {name!r}" if name else "text"
        of = file_name(prompt_id, variant).removesuffix(SUFFIX)
        hint = did_you_mean(name, [text.name for text in texts]) if texts else ""
        raise NotFound(f"no {what} of {of} is kept", hint=hint)
    path = place_of(workspace, prompt_id, variant)
    return replace_text(workspace, path, fitting[0].path.read_bytes())
