"""A judge to begin with, written into the workspace."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import UsageError
from workbench.files import write_atomically
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.values import SUFFIX
from workbench.scorers.judges.ready import READY, ready_text
from workbench.settings import EMBEDDED_MODEL, LOCAL
from workbench.suggestions import did_you_mean
from workbench.workspace import Workspace

JUDGES = "judges"


def new_judge(workspace: Workspace, template: str, name: str, model: str, provider: str) -> Path:
    """Write judges/NAME.prompty from a ready judge. Raises UsageError for a template that is none
    and where the file is there already, and DraftError for a name that is none.
    """
    if template not in READY:
        raise UsageError(f"no judge {template!r} to begin with", hint=did_you_mean(template, READY))
    if not model:
        model, provider = EMBEDDED_MODEL, provider or LOCAL
    if not provider:
        provider = workspace.settings.provider_of(model)
        if not provider:
            raise UsageError(f"which provider has {model!r}?", hint="--provider NAME")
    text = ready_text(template, name, model, provider)
    path = workspace.root / JUDGES / f"{name}{SUFFIX}"
    parse_prompty(text, where=str(path))
    if path.exists():
        raise UsageError(f"{path} is there already", hint="--name another")
    write_atomically(path, text)
    return path
