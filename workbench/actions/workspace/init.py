"""Creates a workspace: empty, or from a bundled sample suite."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from workbench.actions.trust import trust
from workbench.actions.workspace.git_attributes import ATTRIBUTES, add_union_merge, in_git
from workbench.child_process.allowed import allow
from workbench.child_process.source import read_source
from workbench.datasets.prompt_files import WorkspaceFiles
from workbench.errors import NotFound, UsageError
from workbench.files import write_atomically
from workbench.links import STATE
from workbench.prompts.files.prompty import read_draft
from workbench.prompts.values import SNIPPETS, SUFFIX
from workbench.settings import FILE_NAME
from workbench.suggestions import did_you_mean
from workbench.workspace import (
    EVALS,
    PROMPTS,
    SUITE_FILE,
    Workspace,
    open_workspace,
)

STEPS = "steps"
SCORERS, JUDGES = "scorers", "judges"
_KEPT = frozenset({".git", ATTRIBUTES})
"""Files that may exist in a new workspace's folder: a repository and its settings."""
_STEP = re.compile(r"\d+")

_SETTINGS = """\
# Settings of this workspace. Keys never stand here: name the variable that holds one.

[workspace]
# author = "ana"                # default: git's user.name, else the login
# confirm_above = 1.00          # ask before a run that is estimated to cost more US dollars

# The embedded model answers as the provider "local", without a key. Any OpenAI-compatible
# endpoint is a table:
#
# [providers.openai]
# base_url = "https://api.openai.com/v1"
# api_key_env = "OPENAI_API_KEY"

[environments.production]
from = "staging"                # what goes here must be live there first
"""

_IGNORED = f"""\
# {STATE}/runs.db holds every answer and the answer cache: big, and yours alone.
# {STATE}/registry.db is small and precious. It changes with every deployment, and a binary file
# cannot be merged: share it by a snapshot (workbench export sqlite) or back it up, not by git.
{STATE}/
"""

_DRAFT = """\
---
name: {prompt_id}
description: Say in one line what this prompt is for
model:
  id: gemma-3-270m
  provider: local
  options: {{temperature: 0, maxOutputTokens: 64}}
inputs:
  - {{name: text, kind: string, required: true}}
---
system:
Answer in one short sentence.

user:
{{{{ text }}}}
"""


def samples() -> tuple[str, ...]:
    """The names of the bundled sample suites."""
    folder = samples_folder()
    return tuple(sorted(path.parent.name for path in folder.glob(f"*/{SUITE_FILE}")))


def samples_folder() -> Path:
    """The folder of the sample suites: in the installed package or the source tree."""
    package = Path(__file__).resolve().parents[2]
    shipped = package / "samples"
    return shipped if shipped.is_dir() else package.parent / EVALS


def sample_steps(name: str) -> tuple[Path, ...]:
    """The drafts of a sample, in the order of its steps. Raises NotFound."""
    folder = _sample(name) / STEPS
    return tuple(sorted(folder.glob(f"*{SUFFIX}"), key=_step_number))


def create_workspace(
    folder: Path, sample: str | None = None, *, with_draft: bool = True
) -> Workspace:
    """Create a workspace in `folder`, which must not exist or hold only git's files, and trust it.

    With `sample` it has that suite, and the first step of its prompt as the draft; else, unless
    `with_draft` is False, a draft to begin with. Raises UsageError for a folder that is not empty,
    NotFound for an unknown sample.
    """
    _check_free(folder)
    source = _sample(sample) if sample else None
    folder.mkdir(parents=True, exist_ok=True)
    if in_git(folder):
        add_union_merge(folder)
    write_atomically(folder / ".gitignore", _IGNORED)
    if source:
        _copy_sample(source, folder)
    else:
        (folder / PROMPTS).mkdir(exist_ok=True)
        (folder / EVALS).mkdir(exist_ok=True)
    if with_draft and not source:
        write_atomically(folder / PROMPTS / f"hello{SUFFIX}", _DRAFT.format(prompt_id="hello"))
    # Last, because this file makes the folder a workspace.
    write_atomically(folder / FILE_NAME, _SETTINGS)
    workspace = open_workspace(folder)
    trust(workspace)
    return workspace


def is_free(folder: Path) -> bool:
    """Whether a folder is empty but for git's files."""
    return all(path.name in _KEPT for path in folder.iterdir())


def _check_free(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", hint="name a folder")
    if (folder / FILE_NAME).exists():
        raise UsageError(f"{folder} is a workspace already", hint="workbench opens it")
    if folder.is_dir() and not is_free(folder):
        raise UsageError(
            f"{folder} is not empty, and nothing in it may be overwritten", hint="name a new folder"
        )


def _sample(name: str) -> Path:
    if name not in samples():
        raise NotFound(f"no sample {name!r}", hint=did_you_mean(name, samples()))
    return samples_folder() / name


def _copy_sample(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder / EVALS / source.name)
    for name in (SNIPPETS, SCORERS, JUDGES):
        if (source / name).is_dir():
            # Drafts and suites name those of the workspace.
            (folder / EVALS / source.name / name).rename(folder / name)
    for code in sorted((folder / SCORERS).glob("*.py")):
        # It is this program's own code, as installed as the rest of it.
        allow(read_source(folder, code.relative_to(folder).as_posix()))
    steps = sample_steps(source.name)
    if steps:
        draft = read_draft(steps[0], WorkspaceFiles(folder, folder / PROMPTS))
        write_atomically(folder / PROMPTS / f"{draft.prompt.prompt_id}{SUFFIX}", draft.text)


def _step_number(path: Path) -> tuple[int, str]:
    number = _STEP.match(path.stem)
    return (int(number.group()) if number else 0, path.stem)
